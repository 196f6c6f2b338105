"""What is more than usual, by a stated test and not by eye.

The week until the last day is held against the eight weeks before it. If nothing had changed, each
case of these nine weeks would lie in the last one with probability 1/9; how many do is binomial
(the exact comparison of two Poisson rates). A code is *rising* when that many or more would be seen
by chance so seldom that, over all codes looked at, at most one call in twenty is false (Benjamini
and Hochberg 1995), and it is at least half as much again as usual: a difference that counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from feedback_hub.reads.counting import Asked

WEEK = timedelta(days=7)
WEEKS_BEFORE = 8
FALSE_CALLS = 0.05
LEAST_TIMES = 1.5


class Level(StrEnum):
    """How a week compares with the weeks before it."""

    MORE = "more"
    FEWER = "fewer"
    AS_USUAL = "as_usual"


@dataclass(frozen=True)
class Compared:
    """A week's count beside the usual one; ``usual`` is the mean of the weeks before."""

    name: str
    count: int
    usual: float
    chance: float
    """How likely this many or more are if nothing changed."""


def compared_period(period: Asked) -> Asked:
    """The nine weeks that end with the period."""
    start = period.end - WEEK * (WEEKS_BEFORE + 1)
    return Asked(start, period.end, period.site, period.sector, period.type, period.channel)


def at_least(found: int, of: int, chance: float) -> float:
    """How likely ``found`` or more of ``of`` are, each with this chance."""
    if found <= 0:
        return 1.0
    total = 0.0
    for k in range(found, of + 1):
        term = math.exp(
            math.lgamma(of + 1)
            - math.lgamma(k + 1)
            - math.lgamma(of - k + 1)
            + k * math.log(chance)
            + (of - k) * math.log1p(-chance)
        )
        total += term
        if k > of * chance and term < total * 1e-12:
            break
    return min(1.0, total)


def level(now: int, before: int) -> Level:
    """How a week compares with the eight before, each side at half of one in twenty."""
    of, chance = now + before, 1 / (WEEKS_BEFORE + 1)
    if at_least(now, of, chance) <= FALSE_CALLS / 2:
        return Level.MORE
    if 1.0 - at_least(now + 1, of, chance) <= FALSE_CALLS / 2 and of:
        return Level.FEWER
    return Level.AS_USUAL


def rising(
    now: Mapping[str, int], before: Mapping[str, int], threshold: int
) -> tuple[Compared, ...]:
    """What rises, the surest first. What is below the threshold is never named."""
    chance = 1 / (WEEKS_BEFORE + 1)
    looked_at = sorted(
        (
            Compared(
                name,
                count,
                before.get(name, 0) / WEEKS_BEFORE,
                at_least(count, count + before.get(name, 0), chance),
            )
            for name, count in now.items()
            if count >= threshold
        ),
        key=lambda one: (one.chance, one.name),
    )
    last = 0
    for place, one in enumerate(looked_at, start=1):
        if one.chance <= FALSE_CALLS * place / len(looked_at):
            last = place
    return tuple(one for one in looked_at[:last] if one.count >= LEAST_TIMES * one.usual)
