"""Accounts, who is on call, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from feedback_hub.adapters import notices, rings, tables
from feedback_hub.adapters.accounts import account_id_of, actor_by_id, actors_holding, stand_in
from feedback_hub.adapters.engine import change
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.access import Actor, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.on_call import Ring, Shift
from feedback_hub.services.records.staff import Mailbox, Notice, NoticeKind, RingTry
from feedback_hub.services.records.watching import Alert


class SqlStaff(Transaction):
    """Fulfils ``services.kept.staff.Staff``."""

    def actor(self, actor_id: str) -> Actor | None:
        """An active account or live token by id, or an account by its e-mail address."""
        if "@" in actor_id:
            actor_id = account_id_of(self.session, actor_id) or ""
        return actor_by_id(self.session, actor_id)

    def stand_in(self, case: Case) -> Actor | None:
        """Who outside takes a case that accuses the hub's own organisation; None for any other."""
        named = stand_in(self.session)
        if named is None or case.accused_organisation != named.organisation:
            return None
        return actor_by_id(self.session, named.account_id)

    def accounts(self, role: Role, organisation: str = "") -> Sequence[Actor]:
        """Active accounts that hold ``role``, of one organisation where it is given."""
        return actors_holding(self.session, role, organisation)

    def shifts(self) -> Sequence[Shift]:
        """Everybody on the roster of who is on call, whenever."""
        return rings.shifts(self.session)

    def remove_shift(self, shift_id: str) -> bool:
        """Take a shift off the roster; False if it is not there."""
        return rings.remove_shift(self.session, shift_id)

    def ring_address(self, account_id: str) -> tuple[str, str]:
        """Where an account is rung."""
        return rings.address(self.session, self.vault, account_id)

    def keep_ring_address(self, account_id: str, phone: str, telegram: str) -> None:
        """Keep where an account is rung, sealed."""
        rings.keep_address(self.session, self.vault, account_id, phone, telegram)

    def ring(self, ring_id: str) -> Ring | None:
        """Ringing, by id."""
        return self.session.get(Ring, ring_id)

    def ring_of(self, case_id: str) -> Ring | None:
        """The latest ringing about a case."""
        return rings.of_case(self.session, case_id)

    def ring_try(self, try_id: str) -> RingTry | None:
        """One call or message that rang somebody."""
        return self.session.get(RingTry, try_id)

    def ring_try_by_provider(self, provider_id: str) -> RingTry | None:
        """The one that the provider knows by this id."""
        return rings.try_by_provider(self.session, provider_id)

    def end_ring_try(self, try_id: str, provider_id: str, fault: str) -> None:
        """Note what came of it."""
        rings.end_try(self.session, try_id, provider_id, fault)

    def mailbox(self, account: str) -> Mailbox | None:
        """How an account hears by e-mail, by its id or address, active or not."""
        return notices.mailbox(self.session, account)

    def notice(self, notice_id: str) -> Notice | None:
        """A notice by id."""
        return self.session.get(Notice, notice_id)

    def notices_of(self, case_id: str, kind: NoticeKind) -> Sequence[Notice]:
        """The notices of a kind that a case has caused."""
        return notices.of_case(self.session, case_id, kind)

    def claim_mails(self, notice: Notice, now: datetime) -> Sequence[str]:
        """Take on the e-mail of all that waits for the same person; the ids."""
        return notices.claim_mails(self.session, notice, now)

    def claim_chats(self, notice: Notice) -> Sequence[str]:
        """Take on the message of all that waits for the same account; the ids."""
        return notices.claim_chats(self.session, notice)

    def add_alert(self, alert: Alert) -> bool:
        """Keep an alert; False if the same one lasts already."""
        values = {column.name: getattr(alert, column.name) for column in tables.alert.columns}
        statement = self._insert(tables.alert).values(**values)
        return change(self.session, statement.on_conflict_do_nothing()) == 1

    def lasting_alert(self, lasting: str) -> Alert | None:
        """The alert that lasts under this key."""
        return self._one(select(Alert).where(tables.alert.c.lasting == lasting))

    def lasting_alerts(self) -> Sequence[Alert]:
        """Every alert that lasts, the oldest first."""
        lasting = select(Alert).where(tables.alert.c.lasting.is_not(None))
        return self.session.scalars(lasting.order_by(tables.alert.c.raised_at)).all()
