"""What is called rising: an exact test against the usual level, and few false calls."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.reads.rising import (
    FALSE_CALLS,
    LEAST_TIMES,
    WEEKS_BEFORE,
    Level,
    at_least,
    level,
    rising,
)

LEAST = 5
CHANCE = Fraction(1, WEEKS_BEFORE + 1)
COUNTS = st.integers(0, 60)


@given(COUNTS, COUNTS)
def test_the_chance_is_the_binomial_s_tail_counted_exactly(now: int, before: int) -> None:
    of = now + before
    exact = sum(math.comb(of, k) * CHANCE**k * (1 - CHANCE) ** (of - k) for k in range(now, of + 1))
    assert at_least(now, of, float(CHANCE)) == pytest.approx(float(exact), rel=1e-9)


@given(COUNTS, COUNTS)
def test_more_in_the_week_or_fewer_before_is_never_less_of_a_rise(now: int, before: int) -> None:
    chance = float(CHANCE)
    here = at_least(now, now + before, chance)
    assert at_least(now + 1, now + 1 + before, chance) <= here + 1e-12
    assert at_least(now, now + before + 1, chance) >= here - 1e-12


@given(st.dictionaries(st.sampled_from("abcdefgh"), COUNTS), st.data())
def test_what_is_called_rising_is_said_and_counts(now: dict[str, int], data: st.DataObject) -> None:
    before = data.draw(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 400)))
    called = rising(now, before, LEAST)
    for one in called:
        assert one.count == now[one.name] >= LEAST
        assert one.usual == before.get(one.name, 0) / WEEKS_BEFORE
        assert one.count >= LEAST_TIMES * one.usual
        assert one.chance <= FALSE_CALLS
    assert [one.chance for one in called] == sorted(one.chance for one in called)
    # The order in which codes are counted says nothing.
    assert rising(dict(reversed(now.items())), before, LEAST) == called


@given(COUNTS)
def test_as_many_as_every_week_is_no_rise(usual: int) -> None:
    assert rising({"a": usual}, {"a": usual * WEEKS_BEFORE}, LEAST) == ()
    assert level(usual, usual * WEEKS_BEFORE) is Level.AS_USUAL


def test_a_jump_is_seen_and_a_small_one_of_many_is_not() -> None:
    (jump,) = rising({"pump": 12, "food": 10}, {"pump": 8, "food": 72}, LEAST)
    assert (jump.name, jump.count, jump.usual) == ("pump", 12, 1.0)
    # Sure enough by itself, and still not half as much again.
    assert at_least(1200, 1200 + 8000, float(CHANCE)) < FALSE_CALLS
    assert rising({"a": 1200}, {"a": 8000}, LEAST) == ()
    # What is new has no usual level; a few are not said.
    assert [one.name for one in rising({"new": 9, "few": 4}, {}, LEAST)] == ["new"]


def test_a_week_with_fewer_is_said_too() -> None:
    assert level(0, 80) is Level.FEWER
    assert level(40, 80) is Level.MORE
    assert level(0, 0) is Level.AS_USUAL


def test_where_nothing_changed_hardly_any_world_calls_anything() -> None:
    """Forty codes that come as ever: a false call in at most one world in twenty."""
    chance = random.Random(5)
    worlds, false = 100, 0
    for _ in range(worlds):
        now, before = {}, {}
        for code in range(40):
            of = chance.randint(20, 160)
            now[str(code)] = sum(chance.random() < CHANCE for _ in range(of))
            before[str(code)] = of - now[str(code)]
        false += bool(rising(now, before, LEAST))
    assert false / worlds <= FALSE_CALLS
