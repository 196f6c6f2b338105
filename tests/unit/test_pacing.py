"""A flood is slowed to a rate and nobody waits who does not flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.pacing import turn

START = datetime(2026, 3, 4, 9, tzinfo=UTC)
GAPS = st.lists(st.timedeltas(timedelta(), timedelta(minutes=3)), min_size=1, max_size=80)


def turns(gaps: list[timedelta], rate: int) -> list[tuple[datetime, datetime]]:
    """When each message came and when it has its turn."""
    now, paced, taken = START, None, []
    for gap in gaps:
        now += gap
        at, paced = turn(paced, now, rate)
        taken.append((now, at))
    return taken


@given(gaps=GAPS, rate=st.integers(1, 30))
def test_nobody_has_a_turn_before_writing_nor_out_of_order(
    gaps: list[timedelta], rate: int
) -> None:
    taken = turns(gaps, rate)
    assert all(at >= came for came, at in taken)
    assert [at for _, at in taken] == sorted(at for _, at in taken)


@given(gaps=GAPS, rate=st.integers(1, 30))
def test_in_no_minute_are_there_more_turns_than_the_rate_and_one_burst(
    gaps: list[timedelta], rate: int
) -> None:
    moments = [at for _, at in turns(gaps, rate)]
    for first in moments:
        within = [at for at in moments if first <= at < first + timedelta(minutes=1)]
        assert len(within) <= 2 * rate


@given(rate=st.integers(1, 30), count=st.integers(1, 100))
def test_who_writes_slower_than_the_rate_never_waits(rate: int, count: int) -> None:
    slow = [timedelta(minutes=1) / rate + timedelta(microseconds=1)] * count
    assert all(at == came for came, at in turns(slow, rate))
