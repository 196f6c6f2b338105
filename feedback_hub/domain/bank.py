"""The information bank: answers people may be given at once (DOMAIN.md, Loop back).

Each is dated, approved by a person and expires: on the day after its last one it has left by
itself, because where it stands is read off the dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from feedback_hub.domain.errors import IllegalMove, Invalid

LONGEST_QUESTION = 200
LONGEST_ANSWER = 600  # characters: what one can read out in a breath or two


class Standing(StrEnum):
    """Where an answer of the bank stands on a day."""

    DRAFT = "draft"
    COMING = "coming"
    CURRENT = "current"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class BankWords:
    """What is written down. ``site`` and ``sector`` empty: every one; both days belong to it.

    ``by_text``: it may also be texted. Its words then stand for themselves, without a site's name.
    """

    question: str
    text: str
    language: str
    valid_from: date
    valid_to: date
    site: str = ""
    sector: str = ""
    by_text: bool = False

    def check(self, today: date) -> None:
        """Raises ``Invalid`` naming what is missing, too long or past already."""
        if not self.question or len(self.question) > LONGEST_QUESTION:
            raise Invalid("question", f"is needed, with at most {LONGEST_QUESTION} characters")
        if not self.text or len(self.text) > LONGEST_ANSWER:
            raise Invalid("text", f"is needed, with at most {LONGEST_ANSWER} characters")
        if self.valid_to < self.valid_from or self.valid_to < today:
            raise Invalid("valid_to", "must be a day to come, not before the first one")


@dataclass(eq=False)
class BankAnswer:
    """One answer in one language. ``replaces_id``: the one it takes the place of once approved."""

    id: str
    question: str
    text: str
    language: str
    site: str
    sector: str
    valid_from: date
    valid_to: date
    by_text: bool
    written_by: str
    written_at: datetime
    replaces_id: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 0

    def standing(self, on: date) -> Standing:
        """Where it stands on a day. Only a current one is ever given to a person."""
        if self.withdrawn_at is not None:
            return Standing.WITHDRAWN
        if on > self.valid_to:
            return Standing.EXPIRED
        if self.approved_at is None:
            return Standing.DRAFT
        return Standing.COMING if on < self.valid_from else Standing.CURRENT

    def approve(self, approver: str, now: datetime, today: date) -> None:
        """Let it be given. Raises ``IllegalMove``, also when its days are over."""
        standing = self.standing(today)
        if standing is not Standing.DRAFT:
            raise IllegalMove("answer", "approve", standing.value)
        self.approved_by, self.approved_at = approver, now

    def withdraw(self, now: datetime) -> None:
        """It is wrong, or no longer true: nobody is given it any more. Raises ``IllegalMove``."""
        if self.withdrawn_at is not None:
            raise IllegalMove("answer", "withdraw", Standing.WITHDRAWN.value)
        self.withdrawn_at = now

    def concerns(self, site: str, sector: str) -> bool:
        """Whether it answers somebody at ``site`` about ``sector``; no sector may be any."""
        return self.site in {"", site} and (not sector or self.sector in {"", sector})


def best_first(answers: Iterable[BankAnswer], site: str, language: str) -> list[BankAnswer]:
    """The person's language first, then what is said for their site, then the latest."""
    latest = sorted(answers, key=lambda one: (one.valid_from, one.id), reverse=True)
    return sorted(latest, key=lambda one: (one.language != language, one.site != site))
