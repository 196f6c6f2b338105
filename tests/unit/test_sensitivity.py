"""Levels and priorities: in doubt higher, and a machine only ever raises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.sensitivity import (
    Priority,
    Sensitivity,
    highest,
    most_urgent,
    raised_by_machine,
)

LEVELS = st.sampled_from(Sensitivity)


@given(levels=st.lists(LEVELS, min_size=1))
def test_the_highest_is_one_of_them_and_none_is_higher(levels: list[Sensitivity]) -> None:
    top = highest(*levels)
    assert top in levels
    assert all(level.rank <= top.rank for level in levels)


@given(current=LEVELS, suggested=LEVELS)
def test_a_machine_never_lowers(current: Sensitivity, suggested: Sensitivity) -> None:
    raised = raised_by_machine(current, suggested)
    assert raised.rank >= current.rank
    assert raised in {current, suggested}


@given(priorities=st.lists(st.sampled_from(Priority), min_size=1))
def test_the_most_urgent_comes_first(priorities: list[Priority]) -> None:
    assert most_urgent(*priorities).value == min(priority.value for priority in priorities)


def test_levels_and_priorities_rank_as_they_are_numbered() -> None:
    assert [level.rank for level in Sensitivity] == [1, 2, 3]
    assert [priority.rank for priority in Priority] == [0, 1, 2, 3, 4]
