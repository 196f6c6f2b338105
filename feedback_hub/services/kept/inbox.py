"""What arrived, in the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.services.records.work import InboxKind, InboxRow


class InboxRows(Protocol):
    """What arrived, in the inbox."""

    def add_inbox(self, row: InboxRow) -> bool:
        """Keep an inbox row; False if this delivery is known already (channel, kind, id)."""

    def add_inbox_all(self, rows: Sequence[InboxRow]) -> set[str]:
        """Keep many in one statement; the ids (ours) of those that were not known already."""

    def inbox_row(self, inbox_id: str) -> InboxRow | None:
        """An inbox row by id."""

    def waiting_messages(self, now: datetime) -> Mapping[str, tuple[int, int]]:
        """What waits in the inbox, by channel: how many are ready now, and how many in all."""

    def put_off(self, channel: str, keep: int, now: datetime, until: datetime) -> int:
        """Let all but the oldest ``keep`` ready messages of a channel wait; how many do."""

    def set_inbox_case(self, inbox_id: str, case_id: str) -> None:
        """Note which case a submission became."""

    def accepted(self, channel: str, kind: InboxKind, external_id: str) -> InboxRow | None:
        """The inbox row of something that was accepted before."""

    def accepted_among(
        self, channel: str, kind: InboxKind, external_ids: Sequence[str]
    ) -> Mapping[str, InboxRow]:
        """Those of ``external_ids`` that were accepted before, with their rows."""

    def accepted_between(self, channel: str, kind: InboxKind, first: str, last: str) -> bool:
        """Whether something was accepted whose id sorts from ``first`` to ``last``."""
