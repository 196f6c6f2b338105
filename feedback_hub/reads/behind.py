"""The cases behind a figure of the measures: the same rule, as a condition on the tables.

``measures`` counts packed rows and knows no case by name; a list wants the cases themselves. For
whoever may see every case that a figure counts, the list is as long as the figure is large: a test
walks through all of them in random worlds. A partner's figures count referrals and those of
satisfaction count answers: there the list holds the cases that these are of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Text, and_, exists, literal, or_, select, true, type_coerce
from sqlalchemy import case as when

from feedback_hub.adapters.column_types import UtcDateTime
from feedback_hub.adapters.moments import later
from feedback_hub.adapters.tables import case, case_event, referral
from feedback_hub.domain.access import GRANTED, Action, Actor, Role
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clock import Target, WorkingCalendar
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.counting import LONGEST, Asked, bounds
from feedback_hub.reads.measures import AGES, TOLD
from feedback_hub.services.rules import Rules

BY_CHANNEL = "channel:%"


class Figure(StrEnum):
    """What is counted, in the measures' own words where they have one."""

    CASES = "cases"
    HANDLED = "handled"
    ACKNOWLEDGED_IN_TIME = "acknowledged_in_time"
    ACKNOWLEDGED_LATE = "acknowledged_late"
    TIME_TO_ANSWER = "time_to_answer"
    ON_THE_SPOT = "on_the_spot"
    TRIAGED = "triaged"
    ANSWER_FOUND = "answer_found"
    TOLD = "told"
    LOOP_CLOSED = "loop_closed"
    OPEN = "open"
    UNDER_7_DAYS = "under_7_days"
    FROM_7_DAYS = "7_to_13_days"
    FROM_14_DAYS = "14_to_29_days"
    FROM_30_DAYS = "30_to_89_days"
    FROM_90_DAYS = "90_days_or_more"
    CLOSED = "closed"
    LOOP_CLOSED_WITH_PERSON = "loop_closed_with_person"
    RESOLVED = "resolved"
    UNREACHABLE = "unreachable"
    REOPENED = "reopened"
    APPEALED = "appealed"
    REFERRAL_SENT = "referral_sent"
    REFERRAL_ACCEPTED = "referral_accepted"
    REFERRAL_ANSWERED = "referral_answered"
    SATISFACTION_ASKED = "satisfaction_asked"
    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"


_OF_ALL = frozenset(
    {Figure.CASES, Figure.SATISFACTION_ASKED, Figure.SATISFIED, Figure.NOT_SATISFIED}
)
"""Figures that imported history is counted in; the others are of what was handled here."""
_OUTCOMES: Mapping[Figure, frozenset[Outcome]] = {
    Figure.CLOSED: frozenset(Outcome),
    Figure.LOOP_CLOSED_WITH_PERSON: TOLD,
    Figure.RESOLVED: frozenset({Outcome.RESOLVED}),
    Figure.UNREACHABLE: frozenset({Outcome.UNREACHABLE}),
}
_REFERRALS: Mapping[Figure, ColumnElement[datetime]] = {
    Figure.REFERRAL_SENT: referral.c.sent_at,
    Figure.REFERRAL_ACCEPTED: referral.c.accepted_at,
    Figure.REFERRAL_ANSWERED: referral.c.answered_at,
}
_TOLD_BY = (EventKind.ANSWERED_ON_SPOT, EventKind.LOOP_ATTEMPTED)
_EVENTS: Mapping[Figure, tuple[tuple[tuple[EventKind, ...], str], ...]] = {
    Figure.TIME_TO_ANSWER: ((_TOLD_BY, ""),),
    Figure.ON_THE_SPOT: (((EventKind.ANSWERED_ON_SPOT,), ""),),
    Figure.REOPENED: (((EventKind.CLOSED,), ""), ((EventKind.REOPENED,), "")),
    Figure.APPEALED: (((EventKind.CLOSED,), ""), ((EventKind.APPEALED,), "")),
    Figure.SATISFACTION_ASKED: (((EventKind.SATISFACTION,), ""),),
    Figure.SATISFIED: (((EventKind.SATISFACTION,), '"satisfied": "yes"'),),
    Figure.NOT_SATISFIED: (((EventKind.SATISFACTION,), '"satisfied": "no"'),),
}
"""What must have happened to a case, all of it: one of these kinds, saying this."""
_STAGES = (Figure.TRIAGED, Figure.ANSWER_FOUND, Figure.TOLD, Figure.LOOP_CLOSED)


@dataclass(frozen=True)
class Behind:
    """A figure, and what of the hub's settings it depends on."""

    figure: Figure
    acknowledge: Target
    calendar: WorkingCalendar


def behind(rules: Rules, figure: Figure) -> Behind:
    """The figure as this hub counts it."""
    return Behind(figure, rules.targets.acknowledge, rules.calendar)


def opens(actor: Actor, period: Asked) -> bool:
    """Whether the actor may see every case that their figures of the period count.

    Each role that counts must be covered by one that reads: somebody who counts everywhere and
    works at one site may open the figures of that site.
    """
    counting = [m for m in actor.memberships if Action.READ_MEASURES in GRANTED[m.role]]
    working = [m for m in actor.memberships if m.role is Role.CASE_MANAGER]
    return bool(counting) and all(
        any(
            work.site in {"", period.site or count.site}
            and work.sector in {"", period.sector or count.sector}
            for work in working
        )
        for count in counting
    )


def conditions(
    actor: Actor,
    asked: Behind,
    now: datetime,
    partner: str = "",
    period: tuple[datetime | None, datetime | None] = (None, None),
) -> list[ColumnElement[bool]]:
    """What a case must be to be counted in the figure.

    ``partner`` narrows the figures of referrals; ``period`` is when the cases were received, from
    and before.
    """
    figure = asked.figure
    found = [case.c.sensitivity != Sensitivity.L3, *bounds(actor)]
    if figure not in _OF_ALL:
        found.append(~case.c.from_history)
    if figure in {Figure.ACKNOWLEDGED_IN_TIME, Figure.ACKNOWLEDGED_LATE}:
        found.append(_acknowledged(asked, now, period))
    elif figure in _REFERRALS:
        found.append(_referred(figure, partner))
    elif figure in _STAGES:
        found += _stages()[: _STAGES.index(figure) + 1]
    elif figure is Figure.OPEN or figure in _ages():
        found += [case.c.state != CaseState.CLOSED, *_aged(figure, now)]
    elif figure in _OUTCOMES:
        found += [case.c.state == CaseState.CLOSED, _ended_as(_OUTCOMES[figure])]
    found += [_happened(*kinds, saying=said) for kinds, said in _EVENTS.get(figure, ())]
    return found


def _happened(*kinds: EventKind, saying: str = "") -> ColumnElement[bool]:
    event = select(case_event.c.id).where(
        case_event.c.case_id == case.c.id, case_event.c.kind.in_(kinds)
    )
    if saying:
        event = event.where(type_coerce(case_event.c.detail, Text()).contains(saying))
    return exists(event.correlate(case))


def _stages() -> list[ColumnElement[bool]]:
    """Each stage of the funnel beyond received; one holds the cases that passed all before it."""
    found = _happened(EventKind.RESPONSE_READY, *_TOLD_BY)
    closed = and_(case.c.state == CaseState.CLOSED, _ended_as(TOLD))
    return [_happened(EventKind.TRIAGED), found, _happened(*_TOLD_BY), closed]


def _ended_as(outcomes: frozenset[Outcome]) -> ColumnElement[bool]:
    if outcomes == frozenset(Outcome):
        return true()
    return case.c.outcome.in_(sorted(outcomes))


def _ages() -> Mapping[Figure, tuple[timedelta, timedelta]]:
    """From which age until before which."""
    least = timedelta.min
    ages = {}
    for name, until in AGES:
        ages[Figure(name)] = (least, until)
        least = until
    return ages


def _aged(figure: Figure, now: datetime) -> list[ColumnElement[bool]]:
    least, until = _ages().get(figure, (timedelta.min, timedelta.max))
    found: list[ColumnElement[bool]] = []
    if least > timedelta.min:
        found.append(case.c.received_at <= now - least)
    if until < timedelta.max:
        found.append(case.c.received_at > now - until)
    return found


def _referred(figure: Figure, partner: str) -> ColumnElement[bool]:
    sent = select(referral.c.id).where(
        referral.c.case_id == case.c.id,
        referral.c.sent_at.is_not(None),
        _REFERRALS[figure].is_not(None),
    )
    if partner:
        sent = sent.where(referral.c.organisation == partner)
    return exists(sent.correlate(case))


def _acknowledged(
    asked: Behind, now: datetime, period: tuple[datetime | None, datetime | None]
) -> ColumnElement[bool]:
    """Whether the person knew in time; late: of those whose time is over or that heard later."""
    until = _until(asked, now, period)
    by_channel = case.c.entered_by.like(BY_CHANNEL)
    heard = (
        select(case_event.c.id)
        .where(
            case_event.c.case_id == case.c.id,
            case_event.c.kind.in_((EventKind.ACKNOWLEDGED, *_TOLD_BY)),
        )
        .correlate(case)
    )
    # Who hands it in gets the reference at once.
    in_time = or_(
        and_(~by_channel, case.c.entered_at <= until),
        and_(by_channel, exists(heard.where(case_event.c.at <= until))),
    )
    if asked.figure is Figure.ACKNOWLEDGED_IN_TIME:
        return in_time
    return and_(or_(~by_channel, exists(heard), until <= now), ~in_time)


def _until(
    asked: Behind, now: datetime, period: tuple[datetime | None, datetime | None]
) -> ColumnElement[datetime]:
    """Until when the person is to know that the message arrived."""
    target, calendar = asked.acknowledge, asked.calendar
    if not target.working_days:
        return later(case.c.received_at, target.seconds)
    # Counted in working days it is the same moment for all that came on one day.
    first, before = period
    day = (first or now - LONGEST).astimezone(calendar.zone).replace(hour=0, minute=0, second=0)
    last = before or now
    days = []
    while day < last:
        following = day + timedelta(days=1)
        end = calendar.after(day, target)
        days.append((case.c.received_at < following, literal(end, UtcDateTime())))
        day = following
    end = calendar.after(day, target)
    return when(*days, else_=literal(end, UtcDateTime())) if days else literal(end, UtcDateTime())
