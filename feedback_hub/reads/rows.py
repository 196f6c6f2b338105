"""One line for a case or a referral in a list, with its clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.clock import Clock, Duty
from feedback_hub.domain.coding import UNCLEAR
from feedback_hub.domain.consent import Share
from feedback_hub.domain.masking import mask
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.reads.names import Names
from feedback_hub.reads.views import ClockLevel, ClockView, QueueRow, ReferralRow
from feedback_hub.reads.wire import message_text
from feedback_hub.services.records import Message

SOON = timedelta(days=1)
SNIPPET = 160
WITH_PARTNER = frozenset(
    {
        ReferralState.SENT,
        ReferralState.ACCEPTED,
        ReferralState.IN_ACTION,
        ReferralState.RETURNED,
        ReferralState.EXPIRED,
        ReferralState.REFERRED_ON,
    }
)
"""A partner has it and has not answered."""


def code_of(case: Case) -> str:
    """The code a case goes by."""
    return case.codes[0] if case.codes else UNCLEAR


def type_of(case: Case) -> str:
    """The type a case goes by."""
    return case.type or "other"


def clock_to(duty: Duty, at: datetime, now: datetime) -> ClockView:
    """How ``duty`` stands against its deadline ``at`` (UTC)."""
    if at < now:
        return ClockView(duty, ClockLevel.OVERDUE, at)
    return ClockView(duty, ClockLevel.SOON if at - now <= SOON else ClockLevel.RUNNING, at)


def case_clock(case: Case, now: datetime) -> ClockView | None:
    """The clock of a case's next duty; None when nobody owes anything."""
    return _soonest(case.clocks, case.due_at, now)


def referral_clock(referral: Referral, now: datetime) -> ClockView | None:
    """The partner's clock; paused while the case team owes an answer to a question."""
    if referral.state is ReferralState.RETURNED:
        waiting = [clock for clock in referral.clocks if clock.ended_at is None]
        return ClockView(waiting[-1].duty, ClockLevel.PAUSED) if waiting else None
    return _soonest(referral.clocks, referral.due_at, now)


def _soonest(clocks: Sequence[Clock], due_at: datetime | None, now: datetime) -> ClockView | None:
    if due_at is None:
        return None
    first = {clock.duty for clock in clocks if clock.runs}
    # Which of several it is was decided when due_at was set: the shortest target is the soonest.
    duty = next((one for one in Duty if one in first), Duty.ANSWER)
    return clock_to(duty, due_at, now)


def snippets(uow: SqlUnitOfWork, actor: Actor, cases: Sequence[Case]) -> dict[str, str]:
    """The masked beginning of each case's first words, in two queries for the whole page.

    That ``actor`` read it in a list is noted where cases are sensitive.
    """
    if not cases:
        return {}
    uow.saw_list(actor, cases)
    case_ids = [case.id for case in cases]
    first: dict[str, Message] = {}
    messages = uow.session.scalars(
        select(Message)
        .where(tables.message.c.case_id.in_(case_ids))
        .order_by(tables.message.c.received_at)
    )
    for message in messages:
        first.setdefault(message.case_id, message)
    uow.vault.load({message.key_id for message in first.values()})
    # Masked before it is cut: half a number is still a number.
    return {
        case_id: " ".join(mask(message_text(uow, message)).split())[:SNIPPET]
        for case_id, message in first.items()
    }


def wordless(uow: SqlUnitOfWork, snippets_of: Mapping[str, str]) -> dict[str, MessageKind]:
    """What came where the first words are none: a missed call, a recording."""
    silent = [case_id for case_id, words in snippets_of.items() if not words]
    if not silent:
        return {}
    message = tables.message.c
    rows = uow.session.execute(
        select(message.case_id, message.kind)
        .where(message.case_id.in_(silent))
        .order_by(message.received_at.desc())
    )
    return dict(rows.tuples().all())


def queue_row(
    case: Case,
    referrals: Sequence[Referral],
    snippet: str,
    names: Names,
    now: datetime,
    kind: MessageKind = MessageKind.TEXT,
) -> QueueRow:
    """One case in a list."""
    asked = [r.organisation for r in referrals if r.state in WITH_PARTNER]
    return QueueRow(
        ref=case.ref,
        code=code_of(case),
        type=type_of(case),
        state=case.state,
        sensitivity=case.sensitivity,
        priority=case.priority,
        received_at=case.received_at,
        channel=case.channel,
        snippet=snippet,
        kind=kind,
        sector=case.sector,
        site=case.site,
        suggested=case.triaged_at is None,
        clock=case_clock(case, now),
        waiting_for=", ".join(dict.fromkeys(names.organisation(code) for code in asked)),
        owner=names.person(case.owner),
    )


def referral_row(referral: Referral, case: Case, snippet: str, now: datetime) -> ReferralRow:
    """One referral in a focal point's list: words only as far as it carries any."""
    return ReferralRow(
        id=referral.id,
        ref=case.ref,
        code=code_of(case),
        type=type_of(case),
        state=referral.state,
        priority=case.priority,
        sent_at=referral.sent_at or referral.created_at,
        sector=case.sector,
        site=case.site,
        snippet="" if referral.share is Share.NO else snippet,
        clock=referral_clock(referral, now),
    )
