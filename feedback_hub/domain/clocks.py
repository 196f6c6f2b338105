"""Which duties a case and a referral hold, and until when (DOMAIN.md, Clocks; settings)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clock import (
    Clock,
    Duty,
    DutyState,
    Ladder,
    Segment,
    Target,
    WorkingCalendar,
)
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Priority


@dataclass(frozen=True)
class Targets:
    """What each priority allows, for accepting a referral and for answering the person."""

    accept: Mapping[Priority, Target]
    answer: Mapping[Priority, Target]
    acknowledge: Target
    verify: Target = field(default_factory=lambda: Target(working_days=2))
    call_back: Target = field(default_factory=lambda: Target(working_days=1))
    interim: Target = field(default_factory=lambda: Target(seconds=30 * 86400))
    ladder: Ladder = field(default_factory=Ladder)


def keep_case(
    case: Case,
    targets: Targets,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    to_verify: bool | None = None,
) -> None:
    """Set the case's clocks by where it stands: ``due_at`` is the next running duty's deadline.

    The answer is owed from the moment the matter arrived; it waits while the person was tried to
    be told. That it arrived is owed until the person was told so, or somebody has it in hand.
    ``to_verify``: whether a partner's answer waits to be judged; None leaves that as it is.
    Imported history owes nothing.
    """
    if case.from_history:
        return
    closed = not case.is_open
    standings = {
        Duty.ACKNOWLEDGE: (
            DutyState.OWED
            if case.acknowledged_at is None and case.state is CaseState.RECEIVED
            else DutyState.OVER
        ),
        Duty.ANSWER: _answer_standing(case.state),
    }
    if closed:
        standings[Duty.VERIFY] = standings[Duty.CALL_BACK] = DutyState.OVER
    elif to_verify is not None:
        standings[Duty.VERIFY] = DutyState.OWED if to_verify else DutyState.OVER
    lengths = {
        Duty.ACKNOWLEDGE: targets.acknowledge,
        # Whoever was told that it takes longer waits longer (DOMAIN.md, Clocks).
        Duty.ANSWER: targets.interim if case.interim_at else targets.answer[case.priority],
        Duty.VERIFY: targets.verify,
        Duty.CALL_BACK: targets.call_back,
    }
    clocks = case.clocks
    for duty, standing in standings.items():
        first = not any(clock.duty is duty for clock in clocks)
        began = case.received_at if first and duty is not Duty.VERIFY else now
        clocks = _settle(clocks, duty, standing, lengths[duty], began, now)
    case.clocks = clocks
    _look_ahead(case, targets, calendar)


def keep_call(
    case: Case,
    targets: Targets,
    calendar: WorkingCalendar,
    now: datetime,
    next_at: datetime | None,
) -> None:
    """Set the clock of calling back: a call is owed from ``next_at`` on, or none any more.

    Each try is a duty of its own: tomorrow's call, or the one at an agreed time, is not late today.
    """
    running = [one for one in case.clocks if one.duty is Duty.CALL_BACK and one.ended_at is None]
    if next_at is not None and [one.segments[0].start for one in running] == [next_at]:
        return
    target = targets.call_back
    clocks = _settle(case.clocks, Duty.CALL_BACK, DutyState.OVER, target, now, now)
    if next_at is not None:
        clocks = (*clocks, Clock(Duty.CALL_BACK, target, (Segment(next_at),)))
    case.clocks = clocks
    _look_ahead(case, targets, calendar)


def _look_ahead(case: Case, targets: Targets, calendar: WorkingCalendar) -> None:
    case.due_at, case.alarm_at = _next(case.clocks, targets, calendar)


def keep_referral(
    referral: Referral,
    priority: Priority,
    targets: Targets,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    over: bool = False,
) -> None:
    """Set the partner's clocks by where the referral stands; ``due_at`` is its next deadline.

    They wait while it is returned for information, while another partner has it, and while the
    case team judges the answer. ``over``: nobody waits for this partner any more.
    """
    state = referral.state
    back_from = referral.returned_from if state is ReferralState.RETURNED else None
    accept = answer = DutyState.OVER
    if state in {ReferralState.SENT, ReferralState.EXPIRED} and not over:
        # Silence does not end the duty: it may still be accepted, late, and the ladder goes on.
        accept = DutyState.OWED
    elif back_from is ReferralState.SENT:
        accept = DutyState.WAITS
    if over:
        accept = DutyState.OVER
    elif state in {ReferralState.ACCEPTED, ReferralState.IN_ACTION}:
        answer = DutyState.OWED
    elif back_from or state in {ReferralState.REFERRED_ON, ReferralState.ANSWERED}:
        answer = DutyState.WAITS
    clocks = referral.clocks
    clocks = _settle(clocks, Duty.ACCEPT, accept, targets.accept[priority], now, now)
    clocks = _settle(clocks, Duty.ANSWER, answer, targets.answer[priority], now, now)
    referral.clocks = clocks
    referral.due_at, referral.alarm_at = _next(clocks, targets, calendar)


def running(clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    """Those on which time is passing."""
    return tuple(clock for clock in clocks if clock.runs)


def _answer_standing(state: CaseState) -> DutyState:
    if state in {CaseState.CLOSED, CaseState.ANSWERED_ON_SPOT}:
        return DutyState.OVER
    return DutyState.WAITS if state is CaseState.LOOP_ATTEMPTED else DutyState.OWED


def _settle(
    clocks: tuple[Clock, ...],
    duty: Duty,
    standing: DutyState,
    target: Target,
    began: datetime,
    now: datetime,
) -> tuple[Clock, ...]:
    """``clocks`` with the one of ``duty`` standing so; a duty that comes again is a new clock."""
    last = next((clock for clock in reversed(clocks) if clock.duty is duty), None)
    if last is None or last.ended_at is not None:
        if standing is not DutyState.OWED:
            return clocks
        return (*clocks, Clock(duty, target, (Segment(began),)))
    # A case that turned out more urgent is due earlier, also if it runs already.
    moved = replace(last.become(standing, now), target=target)
    return tuple(moved if clock is last else clock for clock in clocks)


def _next(
    clocks: tuple[Clock, ...], targets: Targets, calendar: WorkingCalendar
) -> tuple[datetime | None, datetime | None]:
    """The next deadline, and when the next one is told."""
    due = [(clock, clock.deadline(calendar)) for clock in clocks]
    steps = (clock.next_step_before(at, targets.ladder) for clock, at in due)
    return _first(at for _, at in due), _first(steps)


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
