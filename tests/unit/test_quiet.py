"""A text waits for morning, and never by day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.contact import Purpose, why_not
from feedback_hub.domain.quiet import QuietHours
from feedback_hub.domain.sensitivity import Sensitivity

MAPUTO = ZoneInfo("Africa/Maputo")
NIGHT = QuietHours(time(21), time(6), MAPUTO)


def at(hour: int, minute: int = 0, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=MAPUTO)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (at(20, 59), at(20, 59)),
        (at(21), at(6, day=5)),
        (at(23, 59), at(6, day=5)),
        (at(0, 0), at(6)),
        (at(5, 59), at(6)),
        (at(6), at(6)),
    ],
)
def test_night_passes_midnight(now: datetime, goes: datetime) -> None:
    assert NIGHT.over(now) == goes


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds the zone
    st.times(),
    st.times(),
)
def test_what_waits_goes_within_a_day_and_then_at_once(
    now: datetime, start: time, end: time
) -> None:
    assume(start != end)
    quiet = QuietHours(start, end, MAPUTO)
    goes = quiet.over(now)
    assert now <= goes <= now + timedelta(days=1)
    assert quiet.over(goes) == goes


@given(
    st.sampled_from(Purpose),
    st.builds(
        Consent,
        st.sampled_from(Answered),
        st.sampled_from(Share),
        st.sampled_from(Answered),
        st.sampled_from(Answered),
    ),
    st.booleans(),
)
def test_nothing_is_ever_texted_about_a_highly_sensitive_case(
    purpose: Purpose, consent: Consent, stopped: bool
) -> None:
    assume(purpose not in {Purpose.STOPPED, Purpose.RESUMED})
    forbidden = why_not(purpose, sensitivity=Sensitivity.L3, consent=consent, stopped=stopped)
    if purpose is not Purpose.STATUS:
        assert forbidden is not None
