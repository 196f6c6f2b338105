"""What concerns many: issues, boards, the information bank, broadcasts, visits, committees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.monitoring import Committee, Visit


class Community(Protocol):
    """What concerns many: issues, boards, the information bank, broadcasts, visits, committees."""

    def broadcast(self, broadcast_id: str) -> Broadcast | None:
        """A broadcast by id."""

    def broadcast_of(self, delivery_id: str) -> Broadcast | None:
        """The broadcast that a text belongs to."""

    def broadcast_fate(self, broadcast_id: str) -> tuple[int, int]:
        """How many of its texts were tried, and how many of those failed."""

    def opted_in(self, broadcast: Broadcast, most: int | None) -> Sequence[Contact]:
        """Who asked for information at its sites and was not told, the longest first."""

    def issue(self, issue_id: str) -> Issue | None:
        """An issue by id."""

    def board_entry(self, entry_id: str) -> BoardEntry | None:
        """An entry of a board by id."""

    def board_entries(self, issue_id: str) -> Sequence[BoardEntry]:
        """Every entry of an issue, on any board, in any state."""

    def keep_visit(self, held: Visit, photo: str, media_type: str, key_id: str) -> None:
        """Keep a visit to a site; ``photo`` is the name its sealed file has, empty for none."""

    def keep_committee(self, held: Committee) -> None:
        """Keep a site's committee in place of what was kept."""

    def bank_answer(self, answer_id: str) -> BankAnswer | None:
        """An answer of the information bank by id."""

    def bank_answers(self, standing_until: date) -> Sequence[BankAnswer]:
        """Every answer that is not withdrawn and whose last day is this one or later."""

    def issue_refs(self, issue_id: str) -> Sequence[str]:
        """The references of every case under an issue, the oldest first, for the hub itself."""

    def ordinary_cases(self, issue_id: str, site: str) -> tuple[int, int]:
        """How many cases under an issue at a site are L1, and of them those that accuse nobody."""

    def link_issue(self, issue_id: str, case_id: str) -> bool:
        """Put a case under an issue, once; False if it is there already."""

    def unlink_issue(self, issue_id: str, case_id: str) -> bool:
        """Take a case from under an issue; False if it is not there."""
