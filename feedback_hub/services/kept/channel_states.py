"""What is kept of each channel account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from feedback_hub.services.records.watching import Checked


class ChannelStates(Protocol):
    """What is kept of each channel account."""

    def claim_duty(
        self, name: str, duty: str, now: datetime, again: timedelta, *, at_once: bool = False
    ) -> bool:
        """Whether an account's ``catch_up`` or ``check`` is due and ours; next after ``again``."""

    def heard(self, name: str, since: datetime | None, most: int) -> Sequence[datetime]:
        """When an account's latest messages came, the newest first; no imported history."""

    def unknown_messages(self, name: str, external_ids: Sequence[str]) -> set[str]:
        """Which of these messages never reached the inbox."""

    def hold_pace(self, name: str) -> tuple[datetime | None, datetime | None]:
        """How far an account's sending is paced, and the turns given out, locked until the end."""

    def set_pace(self, name: str, paced: datetime | None, asked: datetime | None) -> None:
        """Note both anew."""

    def caught_up_at(self, name: str) -> datetime | None:
        """Until when everything the provider lists is here."""

    def set_caught_up(self, name: str, until: datetime) -> None:
        """Everything the provider lists until then is here."""

    def keep_check(self, name: str, checked: Checked, now: datetime) -> None:
        """Keep what asking the provider brought."""
