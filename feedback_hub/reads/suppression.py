"""What of a table may be said, so that no small number can be reckoned back from the rest.

Cells below the threshold are hidden (primary). Then cells are hidden for them (complementary)
until, from every sum that is said, neither can one hidden cell be worked out, nor are all that is
hidden in it fewer than the threshold. The check is exact for any set of sums: a cell is known when
the sums leave it no room to be another number (it is zero in their null space).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def hidden(counts: Sequence[int], sums: Sequence[Sequence[int]], threshold: int) -> frozenset[int]:
    """Places of ``counts`` that must not be said.

    ``sums``: the places that each sum adds up, of sums that are said. A zero is nobody, and is said
    unless nothing else is left to hide behind.
    """
    out = {place for place, number in enumerate(counts) if 0 < number < threshold}
    while out:
        weak = _weak_sum(counts, sums, threshold, out)
        if weak is None:
            break
        others = [place for place in weak if place not in out]
        out.add(min(others, key=lambda place: (not counts[place], counts[place], place)))
    return frozenset(out)


def said(counts: Mapping[str, int], threshold: int) -> dict[str, int | None]:
    """Groups that add up to a number that is said; None is too small, or would tell one that is."""
    names = sorted(counts)
    numbers = [counts[name] for name in names]
    out = hidden(numbers, [range(len(names))], threshold)
    return {
        name: None if place in out else number
        for place, (name, number) in enumerate(zip(names, numbers, strict=True))
    }


def _weak_sum(
    counts: Sequence[int], sums: Sequence[Sequence[int]], threshold: int, out: set[int]
) -> Sequence[int] | None:
    """A sum that tells too much of what is hidden in it and in which more can be hidden."""

    def can_hide(places: Sequence[int]) -> bool:
        return any(place not in out for place in places)

    for places in sums:
        inside = [place for place in places if place in out]
        if inside and sum(counts[place] for place in inside) < threshold and can_hide(places):
            return places
    order = sorted(out)
    column = {place: number for number, place in enumerate(order)}
    told = np.zeros((len(sums), len(order)))
    for line, places in enumerate(sums):
        for place in places:
            if place in column:
                told[line, column[place]] = 1.0
    _, strengths, ways = np.linalg.svd(told)
    rank = int((strengths > 1e-9).sum())
    room = np.abs(ways[rank:]).sum(axis=0) if rank < len(order) else np.zeros(len(order))
    known = {order[number] for number in range(len(order)) if room[number] < 1e-9}
    for places in sums:
        if known.intersection(places) and can_hide(places):
            return places
    return None
