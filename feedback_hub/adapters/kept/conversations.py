"""People we speak with, and what they said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, select, union_all

from feedback_hub.adapters import tables
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.call_back import CallBack
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import OPEN, CaseState
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.records.messages import Message


class SqlConversations(Transaction):
    """Fulfils ``services.kept.conversations.Conversations``."""

    def contact(self, contact_id: str) -> Contact | None:
        """A contact point by id."""
        return self.session.get(Contact, contact_id)

    def contact_at(self, channel: str, address_index: str, *, hold: bool = False) -> Contact | None:
        """The contact point with this address on this channel account."""
        found = select(Contact).where(
            tables.contact.c.channel == channel,
            tables.contact.c.address_index == address_index,
        )
        # On SQLite a transaction that writes is alone anyway.
        return self._one(found.with_for_update() if hold else found)

    def has_open_l3(self, contact_id: str) -> bool:
        """Whether a highly sensitive case of this contact is open."""
        case = tables.case.c
        one = select(case.id).where(
            case.contact_id == contact_id,
            case.sensitivity == Sensitivity.L3,
            case.state != CaseState.CLOSED,
        )
        return self.session.scalar(one.limit(1)) is not None

    def open_request(self, contact_id: str) -> Case | None:
        """The contact's open case that asks to be called back, the newest; never an L3."""
        case, message = tables.case.c, tables.message.c
        asked = select(message.case_id).where(
            message.contact_id == contact_id, message.kind == MessageKind.MISSED_CALL
        )
        return self._one(
            select(Case)
            .where(
                case.id.in_(asked),
                case.contact_id == contact_id,
                case.state.in_(OPEN),
                case.sensitivity != Sensitivity.L3,
            )
            .order_by(case.received_at.desc(), case.id)
            .limit(1)
        )

    def call_back(self, line_id: str) -> CallBack | None:
        """A line of the call or desk list by id."""
        return self.session.get(CallBack, line_id)

    def open_call_backs(self, case_id: str) -> Sequence[CallBack]:
        """The lines of a case on which the person is still to be reached, the oldest first."""
        line = tables.call_back.c
        open_lines = select(CallBack).where(line.case_id == case_id, line.ended_at.is_(None))
        return self.session.scalars(open_lines.order_by(line.opened_at, line.id)).all()

    def message(self, message_id: str) -> Message | None:
        """A message by id."""
        return self.session.get(Message, message_id)

    def messages_of(self, case_id: str) -> Sequence[Message]:
        """Every inbound message of a case, in the order in which they were said."""
        return self.session.scalars(_messages(), {"case_id": case_id}).all()

    def shown_of(self, case: Case) -> Sequence[Message]:
        """The messages of a case that whoever sees it may see: none that is in doubt."""
        said = self.messages_of(case.id)
        if case.sensitivity is Sensitivity.L3:
            return said
        return [one for one in said if one.doubted_at is None]

    def _in_order(self) -> Select[Message]:
        return _in_order()

    def message_at(self, channel: str, external_id: str) -> Message | None:
        """The message that a channel account's provider knows by this id."""
        known = select(Message).where(
            tables.message.c.channel == channel, tables.message.c.external_id == external_id
        )
        return self.session.scalars(known.limit(1)).one_or_none()

    def talked_about(self, contact_id: str, channel: str, since: datetime) -> Sequence[Case]:
        """The cases talked about on this channel account since then, the latest first."""
        said, told, case = tables.message.c, tables.delivery.c, tables.case.c
        moments = union_all(
            select(said.case_id, said.received_at.label("at")).where(
                said.contact_id == contact_id, said.channel == channel, said.received_at >= since
            ),
            select(told.case_id, told.queued_at).where(
                told.contact_id == contact_id,
                told.channel == channel,
                told.queued_at >= since,
                told.case_id.is_not(None),
                told.withheld.is_(None),
            ),
            select(case.id, case.closed_at).where(
                case.contact_id == contact_id, case.channel == channel, case.closed_at >= since
            ),
        ).subquery()
        last = (
            select(moments.c.case_id, func.max(moments.c.at).label("at"))
            .group_by(moments.c.case_id)
            .subquery()
        )
        return self.session.scalars(
            select(Case)
            .join(last, last.c.case_id == case.id)
            .where(case.from_history.is_(False))
            .order_by(last.c.at.desc(), case.entered_at.desc(), case.id)
        ).all()

    def wrong_tries(self, asked_by: str, about: str, since: datetime) -> int:
        """The larger count of wrong tries, by contact or about this reference, since then."""
        tried = tables.wrong_try.c
        mine = [tried.about == about, *([tried.asked_by == asked_by] if asked_by else ())]
        return max(
            self.session.scalar(select(func.count()).where(which, tried.at >= since)) or 0
            for which in mine
        )


@cache
def _in_order() -> Select[Message]:
    message = tables.message.c
    said_at = func.coalesce(message.sent_at, message.received_at)
    # Parts of one long text are said in one second: then as they came, and as they are numbered
    # by a provider that counts ("chat:9" before "chat:10").
    counted = (func.length(message.external_id), message.external_id)
    return select(Message).order_by(said_at, message.received_at, *counted, message.id)


@cache
def _messages() -> Select[Message]:
    return _in_order().where(tables.message.c.case_id == bindparam("case_id"))
