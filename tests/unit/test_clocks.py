"""Deadlines: in working days of the people's own calendar, never before the duty began."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.case import Case, CaseState, Outcome
from feedback_hub.domain.clocks import Target, Targets, WorkingCalendar, case_due, referral_due
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


@pytest.mark.parametrize("priority", list(Priority))
@pytest.mark.parametrize("state", list(CaseState))
def test_what_a_case_owes_and_when(state: CaseState, priority: Priority) -> None:
    due = case_due(case_in(state, priority), DUTIES, MAPUTO)
    answer = hours((priority.rank + 1) * 100)
    if state is CaseState.CLOSED:
        assert due is None
    elif state is CaseState.RECEIVED:
        assert due == hours(24)
    else:
        assert due == answer


def test_once_the_person_knows_that_it_arrived_only_the_answer_is_owed() -> None:
    case = case_in(CaseState.RECEIVED)
    case.acknowledge("delivery", hours(1))
    assert case_due(case, DUTIES, MAPUTO) == hours((Priority.P3.rank + 1) * 100)


def test_an_answer_due_before_the_acknowledgement_is_the_next_duty() -> None:
    soon = Targets(DUTIES.accept, dict.fromkeys(Priority, Target(8 * HOUR)), DUTIES.acknowledge)
    assert case_due(case_in(CaseState.RECEIVED), soon, MAPUTO) == hours(8)


def test_imported_history_owes_nothing() -> None:
    case = case_in(CaseState.RECEIVED)
    case.from_history = True
    assert case_due(case, DUTIES, MAPUTO) is None


@pytest.mark.parametrize("state", list(ReferralState))
def test_what_a_partner_owes_and_when(state: ReferralState) -> None:
    referral = Referral("1", "1", "AGUA", NOW, "rosa", state=state)
    referral.sent_at, referral.accepted_at = hours(1), hours(2)
    expected = {
        ReferralState.SENT: hours(1 + 4),
        ReferralState.ACCEPTED: hours(2 + 400),
        ReferralState.IN_ACTION: hours(2 + 400),
    }
    assert referral_due(referral, Priority.P3, DUTIES, MAPUTO) == expected.get(state)


@pytest.mark.parametrize("state", [ReferralState.ACCEPTED, ReferralState.IN_ACTION])
def test_a_partner_who_passed_it_on_at_once_still_owes_an_answer(state: ReferralState) -> None:
    referral = Referral("1", "1", "AGUA", NOW, "rosa", state=state, sent_at=NOW)
    assert referral_due(referral, Priority.P3, DUTIES, MAPUTO) == hours(400)
