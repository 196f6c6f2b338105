"""What of a table may be said: no small number, and none that the rest gives away."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.reads import suppression

LEAST = 5


def test_with_a_small_one_goes_the_next_that_hides_it() -> None:
    assert suppression.said({"a": 40, "b": 2, "c": 9, "d": 0}, LEAST) == {
        "a": 40,
        "b": None,
        "c": None,
        "d": 0,
    }


def test_two_small_ones_that_make_a_small_sum_are_not_enough() -> None:
    assert suppression.said({"a": 40, "b": 2, "c": 1}, LEAST) == dict.fromkeys("abc")
    assert suppression.said({"a": 40, "b": 2, "c": 4}, LEAST) == {"a": 40, "b": None, "c": None}


def test_nothing_small_nothing_hidden() -> None:
    assert suppression.said({"a": 40, "b": 5}, LEAST) == {"a": 40, "b": 5}
    assert suppression.said({}, LEAST) == {}


def test_two_blocks_joined_by_one_cell_do_not_give_it_away() -> None:
    """Each line hides two or more, and still the lines together would tell the one between."""
    rows = [list(range(4 * line, 4 * line + 4)) for line in range(4)]
    columns = [list(range(place, 16, 4)) for place in range(4)]
    small = {0, 1, 4, 5, 10, 11, 14, 15, 6}
    counts = [3 if place in small else 50 for place in range(16)]
    assert suppression.hidden(counts, [*rows, *columns], LEAST) - small


@given(
    st.lists(st.integers(0, 12), min_size=6, max_size=6),
)
def test_no_hidden_cell_of_a_small_table_can_be_worked_out(counts: list[int]) -> None:
    """By trying: another table with the same sums, and another number in that cell, exists."""
    rows, columns = [(0, 1, 2), (3, 4, 5)], [(0, 3), (1, 4), (2, 5)]
    said = [
        one for one in (*rows, *columns, tuple(range(6))) if sum(counts[p] for p in one) >= LEAST
    ]
    out = suppression.hidden(counts, said, LEAST)
    assert all(place in out for place, number in enumerate(counts) if 0 < number < LEAST)
    if not out or not said:
        return
    order = sorted(out)
    for place in order:
        assert not any(place in one for one in said) or any(
            all(sum(change[order.index(p)] for p in one if p in out) == 0 for one in said)
            for change in itertools.product((-1, 0, 1), repeat=len(order))
            if change[order.index(place)]
        ), (counts, out)
