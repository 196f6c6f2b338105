"""Accounts, who is on call, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.access import Actor, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.on_call import Ring, Shift
from feedback_hub.services.records.staff import Mailbox, Notice, NoticeKind, RingTry
from feedback_hub.services.records.watching import Alert


class Staff(Protocol):
    """Accounts, who is on call, and what they are told."""

    def add_alert(self, alert: Alert) -> bool:
        """Keep an alert; False if the same one lasts already."""

    def lasting_alert(self, lasting: str) -> Alert | None:
        """The alert that lasts under this key."""

    def lasting_alerts(self) -> Sequence[Alert]:
        """Every alert that lasts, the oldest first."""

    def actor(self, actor_id: str) -> Actor | None:
        """An active account or live token by id, or an account by e-mail; with memberships."""

    def stand_in(self, case: Case) -> Actor | None:
        """Who outside takes a case that accuses the hub's own organisation; None for any other."""

    def accounts(self, role: Role, organisation: str = "") -> Sequence[Actor]:
        """Active accounts that hold ``role``, of one organisation where it is given."""

    def shifts(self) -> Sequence[Shift]:
        """Everybody on the roster of who is on call, whenever."""

    def remove_shift(self, shift_id: str) -> bool:
        """Take a shift off the roster; False if it is not there."""

    def ring_address(self, account_id: str) -> tuple[str, str]:
        """Where an account is rung: telephone number and Telegram chat, either may be empty."""

    def keep_ring_address(self, account_id: str, phone: str, telegram: str) -> None:
        """Keep both, sealed, in place of what was kept."""

    def ring(self, ring_id: str) -> Ring | None:
        """Ringing, by id."""

    def ring_of(self, case_id: str) -> Ring | None:
        """The latest ringing about a case."""

    def ring_try(self, try_id: str) -> RingTry | None:
        """One call or message that rang somebody."""

    def ring_try_by_provider(self, provider_id: str) -> RingTry | None:
        """The one that the provider knows by this id."""

    def end_ring_try(self, try_id: str, provider_id: str, fault: str) -> None:
        """Note what came of it."""

    def mailbox(self, account: str) -> Mailbox | None:
        """How an account hears by e-mail, by its id or address, active or not."""

    def notice(self, notice_id: str) -> Notice | None:
        """A notice by id."""

    def notices_of(self, case_id: str, kind: NoticeKind) -> Sequence[Notice]:
        """The notices of a kind that a case has caused."""

    def claim_mails(self, notice: Notice, now: datetime) -> Sequence[str]:
        """Take on the e-mail of all that waits for the same person, unread and untried; the ids."""

    def claim_chats(self, notice: Notice) -> Sequence[str]:
        """Take on the message of all that waits for the same account, unread, untried; the ids."""
