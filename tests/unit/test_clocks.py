"""Deadlines: in working days of the people's own calendar, never before the duty began."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clock import (
    Clock,
    Duty,
    DutyState,
    Ladder,
    Segment,
    Target,
    WorkingCalendar,
)
from feedback_hub.domain.clocks import Targets, keep_case, keep_referral
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Priority

HOUR = 3600
MAPUTO = WorkingCalendar(ZoneInfo("Africa/Maputo"))
LISBON = WorkingCalendar(ZoneInfo("Europe/Lisbon"))
EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 7)})
CALENDARS = st.sampled_from(
    [
        WorkingCalendar(),
        MAPUTO,
        LISBON,
        WorkingCalendar(ZoneInfo("Africa/Maputo"), weekdays=frozenset({5}), holidays=EASTER),
        WorkingCalendar(ZoneInfo("Pacific/Kiritimati"), time(0), time(23, 59), frozenset(range(7))),
        WorkingCalendar(weekdays=frozenset()),
    ]
)
TARGETS = st.builds(
    Target, seconds=st.integers(0, 90 * 24 * HOUR).map(float), working_days=st.integers(0, 30)
)
ZONES = st.sampled_from([UTC, ZoneInfo("Africa/Maputo"), ZoneInfo("Europe/Lisbon")])
MOMENTS = st.builds(
    lambda at, zone: at.replace(tzinfo=UTC).astimezone(zone),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001  made UTC at once
    ZONES,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@given(calendar=CALENDARS, start=MOMENTS, target=TARGETS)
def test_a_deadline_is_never_before_its_start_nor_shorter_than_its_seconds(
    calendar: WorkingCalendar, start: datetime, target: Target
) -> None:
    end = calendar.after(start, target)
    assert end.tzinfo is UTC
    assert end - start.astimezone(UTC) >= timedelta(
        seconds=0 if target.working_days else target.seconds
    )
    assert end >= start


@given(calendar=CALENDARS, one=MOMENTS, two=MOMENTS, target=TARGETS)
def test_what_began_later_is_not_due_earlier(
    calendar: WorkingCalendar, one: datetime, two: datetime, target: Target
) -> None:
    first, second = sorted((one, two))
    assert calendar.after(first, target) <= calendar.after(second, target)


@given(calendar=CALENDARS, start=MOMENTS, target=TARGETS)
def test_more_days_are_later(calendar: WorkingCalendar, start: datetime, target: Target) -> None:
    more = Target(target.seconds, target.working_days + 1)
    assert calendar.after(start, target) < calendar.after(start, more)


@given(calendar=CALENDARS, start=MOMENTS, days=st.integers(1, 30))
def test_working_days_end_at_closing_time_of_a_day_that_is_worked(
    calendar: WorkingCalendar, start: datetime, days: int
) -> None:
    end = calendar.after(start, Target(working_days=days)).astimezone(calendar.zone)
    assert end.time() == calendar.closes
    assert calendar.is_worked(end.date()) or not calendar.weekdays


@given(calendar=CALENDARS, start=MOMENTS, target=TARGETS)
def test_the_zone_in_which_the_start_is_told_does_not_matter(
    calendar: WorkingCalendar, start: datetime, target: Target
) -> None:
    assert calendar.after(start, target) == calendar.after(start.astimezone(UTC), target)


@pytest.mark.parametrize(
    ("calendar", "start", "days", "end"),
    [
        (
            MAPUTO,
            utc(2026, 3, 6, 10),
            3,
            utc(2026, 3, 11, 13, 30),
        ),  # Friday noon, Wednesday's close
        (MAPUTO, utc(2026, 3, 7, 10), 1, utc(2026, 3, 9, 13, 30)),  # Saturday
        (MAPUTO, utc(2026, 3, 5, 22, 30), 1, utc(2026, 3, 9, 13, 30)),  # Friday there already
        (LISBON, utc(2026, 3, 27, 10), 1, utc(2026, 3, 30, 14, 30)),  # summer time began
        (LISBON, utc(2026, 10, 23, 10), 1, utc(2026, 10, 26, 15, 30)),  # and ended
        (WorkingCalendar(holidays=EASTER), utc(2026, 4, 2, 10), 2, utc(2026, 4, 8, 15, 30)),
        (WorkingCalendar(weekdays=frozenset()), utc(2026, 3, 6, 10), 3, utc(2026, 3, 9, 15, 30)),
    ],
)
def test_working_days(calendar: WorkingCalendar, start: datetime, days: int, end: datetime) -> None:
    assert calendar.after(start, Target(working_days=days)) == end


def test_a_day_of_seconds_is_a_day_also_when_the_clocks_change() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Lisbon"))
    assert LISBON.after(start, Target(24 * HOUR)) == utc(2026, 3, 29, 12)


# --- duties --------------------------------------------------------------------------------------

NOW = utc(2026, 3, 4, 9)
DUTIES = Targets(
    accept={priority: Target((priority.rank + 1) * HOUR) for priority in Priority},
    answer={priority: Target((priority.rank + 1) * 100 * HOUR) for priority in Priority},
    acknowledge=Target(24 * HOUR),
)


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def case_in(state: CaseState, priority: Priority = Priority.P3) -> Case:
    case = Case("1", "482913075", "desk", NOW, hours(5), "anna", state, priority=priority)
    if state is CaseState.CLOSED:
        case.outcome = Outcome.RESOLVED
    return case


def kept(case: Case, now: datetime = NOW) -> Case:
    keep_case(case, DUTIES, MAPUTO, now)
    return case


@pytest.mark.parametrize("priority", list(Priority))
@pytest.mark.parametrize("state", list(CaseState))
def test_what_a_case_owes_and_when(state: CaseState, priority: Priority) -> None:
    due = kept(case_in(state, priority)).due_at
    answer = hours((priority.rank + 1) * 100)
    if state in {CaseState.CLOSED, CaseState.LOOP_ATTEMPTED, CaseState.ANSWERED_ON_SPOT}:
        assert due is None
    elif state is CaseState.RECEIVED:
        assert due == hours(24)
    else:
        assert due == answer


def test_once_the_person_knows_that_it_arrived_only_the_answer_is_owed() -> None:
    case = kept(case_in(CaseState.RECEIVED))
    case.acknowledge("delivery", hours(1))
    assert kept(case, hours(1)).due_at == hours((Priority.P3.rank + 1) * 100)


def test_an_answer_due_before_the_acknowledgement_is_the_next_duty() -> None:
    soon = Targets(DUTIES.accept, dict.fromkeys(Priority, Target(8 * HOUR)), DUTIES.acknowledge)
    case = case_in(CaseState.RECEIVED)
    keep_case(case, soon, MAPUTO, NOW)
    assert case.due_at == hours(8)


def test_imported_history_owes_nothing() -> None:
    case = case_in(CaseState.RECEIVED)
    case.from_history = True
    assert (kept(case).due_at, case.clocks, case.alarm_at) == (None, (), None)


def test_a_more_urgent_case_is_due_earlier_from_the_same_start() -> None:
    case = kept(case_in(CaseState.TRIAGED, Priority.P4))
    case.priority = Priority.P0
    assert kept(case, hours(50)).due_at == hours(100)


def test_the_answer_waits_while_the_person_is_sought_and_starts_anew_when_reopened() -> None:
    case = kept(case_in(CaseState.RESPONSE_READY))
    case.state = CaseState.LOOP_ATTEMPTED
    assert kept(case, hours(10)).due_at is None
    case.state = CaseState.CLOSED
    kept(case, hours(20))
    case.state = CaseState.REOPENED
    assert kept(case, hours(1000)).due_at == hours(1400)
    assert [clock.duty for clock in case.clocks] == [Duty.ANSWER, Duty.ANSWER]


def test_a_partners_answer_waiting_to_be_judged_is_the_teams_duty() -> None:
    case = case_in(CaseState.REFERRED)
    keep_case(case, DUTIES, MAPUTO, NOW, to_verify=True)
    assert case.due_at == utc(2026, 3, 6, 13, 30)
    keep_case(case, DUTIES, MAPUTO, hours(1), to_verify=False)
    assert case.due_at == hours(400)


def referred(*, to: ReferralState, at: datetime, before: Referral | None = None) -> Referral:
    referral = before or Referral("1", "1", "AGUA", NOW, "rosa")
    if to is ReferralState.RETURNED:
        referral.returned_from = referral.state
    referral.state = to
    keep_referral(referral, Priority.P3, DUTIES, MAPUTO, at)
    return referral


def test_what_a_partner_owes_and_when() -> None:
    referral = referred(to=ReferralState.SENT, at=hours(1))
    due = [referral.due_at]
    for state, at in (
        (ReferralState.ACCEPTED, 2),
        (ReferralState.IN_ACTION, 3),
        (ReferralState.ANSWERED, 4),
        (ReferralState.IN_ACTION, 10),
        (ReferralState.VERIFIED, 11),
    ):
        due.append(referred(to=state, at=hours(at), before=referral).due_at)
    # While the team judged the answer, six hours, the partner's time stood still.
    assert due == [hours(5), hours(402), hours(402), None, hours(408), None]
    assert referral.alarm_at is None


def test_a_partners_time_waits_while_it_is_returned_for_information() -> None:
    referral = referred(to=ReferralState.SENT, at=NOW)
    referred(to=ReferralState.RETURNED, at=hours(3), before=referral)
    assert (referral.due_at, referral.alarm_at) == (None, None)
    referred(to=ReferralState.SENT, at=hours(100), before=referral)
    assert referral.due_at == hours(101)


# --- one clock -----------------------------------------------------------------------------------

STANDINGS = st.lists(
    st.tuples(st.sampled_from(list(DutyState)), st.timedeltas(timedelta(), timedelta(days=9))),
    max_size=12,
)


def play(target: Target, start: datetime, moves: list[tuple[DutyState, timedelta]]) -> list[Clock]:
    """The clock after each move."""
    clocks = [Clock(Duty.ANSWER, target, (Segment(start),))]
    now = start
    for standing, later in moves:
        now += later
        clocks.append(clocks[-1].become(standing, now))
    return clocks


@given(start=MOMENTS, target=TARGETS, moves=STANDINGS)
def test_segments_never_overlap_and_only_the_last_may_run(
    start: datetime, target: Target, moves: list[tuple[DutyState, timedelta]]
) -> None:
    for clock in play(target, start, moves):
        edges = [edge for one in clock.segments for edge in (one.start, one.end) if edge]
        assert edges == sorted(edges)
        assert all(one.end is not None for one in clock.segments[:-1])
        assert clock.ended_at is None or not clock.runs


@given(start=MOMENTS, moves=STANDINGS)
def test_segments_sum_to_the_time_in_which_it_was_owed(
    start: datetime, moves: list[tuple[DutyState, timedelta]]
) -> None:
    owed, now, running, over = timedelta(), start, True, False
    for standing, later in moves:
        now += later
        owed += later if running else timedelta()
        over = over or standing is DutyState.OVER
        running = standing is DutyState.OWED and not over
    assert play(Target(HOUR), start, moves)[-1].spent(now, MAPUTO) == owed


@given(calendar=CALENDARS, start=MOMENTS, target=TARGETS, moves=STANDINGS)
def test_a_pause_never_brings_the_deadline_nearer_and_never_escalates(
    calendar: WorkingCalendar,
    start: datetime,
    target: Target,
    moves: list[tuple[DutyState, timedelta]],
) -> None:
    last = calendar.after(start, target)
    for clock in play(target, start, moves):
        due, step = clock.deadline(calendar), clock.next_step(calendar, Ladder())
        if clock.runs:
            assert due is not None
            assert step is not None
            assert last <= due
            assert step <= due
            last = due
        else:
            assert (due, step) == (None, None)


@given(
    calendar=CALENDARS,
    start=MOMENTS,
    target=TARGETS,
    away=st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_after_an_outage_each_step_is_taken_once_and_none_before_its_time(
    calendar: WorkingCalendar, start: datetime, target: Target, away: timedelta
) -> None:
    ladder = Ladder()
    clock = Clock(Duty.ANSWER, target, (Segment(start),))
    now, taken = start + away, []
    while (at := clock.next_step(calendar, ladder)) is not None:
        now = max(now, at)
        clock = clock.step(now, calendar)
        taken.append((clock.steps, now))
    steps = [number for number, _ in taken]
    assert steps in ([1, 2, 3, 4, 5], [2, 3, 4, 5])
    due = calendar.after(start, target)
    assert all(moment >= due for number, moment in taken if number > 1)
    rungs = [moment for number, moment in taken if number > 1]
    assert all(later - sooner >= ladder.every for sooner, later in pairwise(rungs))


@given(
    calendar=CALENDARS, start=MOMENTS, work=st.timedeltas(timedelta(seconds=1), timedelta(days=3))
)
def test_when_so_much_was_worked_is_when_so_much_was_worked(
    calendar: WorkingCalendar, start: datetime, work: timedelta
) -> None:
    assert calendar.worked(start, calendar.when_worked(start, work)) == work
