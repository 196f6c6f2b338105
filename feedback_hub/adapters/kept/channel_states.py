"""What is kept of each channel account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from feedback_hub.adapters import channel_accounts
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.services.records.watching import Checked


class SqlChannelStates(Transaction):
    """Fulfils ``services.kept.channel_states.ChannelStates``."""

    def claim_duty(
        self, name: str, duty: str, now: datetime, again: timedelta, *, at_once: bool = False
    ) -> bool:
        """Whether an account's duty is due and ours."""
        return channel_accounts.claim(self.session, name, duty, now, again, at_once=at_once)

    def heard(self, name: str, since: datetime | None, most: int) -> Sequence[datetime]:
        """When an account's latest messages came, the newest first."""
        return channel_accounts.heard(self.session, name, since, most)

    def unknown_messages(self, name: str, external_ids: Sequence[str]) -> set[str]:
        """Which of these messages never reached the inbox."""
        return channel_accounts.unknown(self.session, name, external_ids)

    def hold_pace(self, name: str) -> tuple[datetime | None, datetime | None]:
        """How far an account's sending is paced, and the turns given out, locked until the end."""
        return channel_accounts.hold_pace(self.session, name)

    def set_pace(self, name: str, paced: datetime | None, asked: datetime | None) -> None:
        """Note both anew."""
        channel_accounts.set_pace(self.session, name, paced, asked)

    def caught_up_at(self, name: str) -> datetime | None:
        """Until when everything the provider lists is here."""
        return channel_accounts.caught_up_at(self.session, name)

    def set_caught_up(self, name: str, until: datetime) -> None:
        """Everything the provider lists until then is here."""
        channel_accounts.caught_up(self.session, name, until)

    def keep_check(self, name: str, checked: Checked, now: datetime) -> None:
        """Keep what asking the provider brought."""
        channel_accounts.checked(self.session, name, checked, now)
