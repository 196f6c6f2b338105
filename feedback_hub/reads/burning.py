"""Where it burns: what a coordinator should look at first, by stated rules and not by eye.

Each rule speaks of figures that are on the page anyway, and only of such as may be said. What each
is held against stands in ``docs/seeing.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from feedback_hub.domain.monitoring import CommitteeFault
from feedback_hub.domain.place import SiteStatus
from feedback_hub.reads.counting import Counted
from feedback_hub.reads.rising import Compared
from feedback_hub.reads.sites import SiteLine

SILENT_FOR = tuple(timedelta(days=days) for days in (14, 30, 60))
"""A silence is told in these steps, so that it tells of no single report when it was."""
IN_TIME = 0.8
ACCEPTED = 0.5
WOMEN = 0.4
MOST = 8

Measured = Mapping[str, Any]


class Fire(StrEnum):
    """What burns; the gravest first."""

    SILENT = "silent"
    WAITING = "waiting"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    PARTNER = "partner"
    RISING = "rising"
    NOBODY_SERVES = "nobody_serves"
    OVERFULL = "overfull"
    FEW_WOMEN = "few_women"
    COMMITTEE = "committee"


@dataclass(frozen=True)
class Burning:
    """One thing. ``names``: codes of sites, or of what it is about; ``number`` of ``of``.

    Of a silence ``number`` is in days; of what rises ``of`` is the usual.
    """

    fire: Fire
    names: tuple[str, ...] = ()
    number: float = 0
    of: float = 0


def silences(lines: Sequence[SiteLine], lately: Counted, end: datetime) -> dict[str, int]:
    """Days that nothing was heard from each active site for, in steps, before ``end``.

    ``lately`` are the cases of at least the longest step; a site below the shortest is left out.
    No silence is longer than the hub has been listening.
    """
    found: dict[str, int] = {}
    everything = lately.cases["received"]
    began = float(np.min(everything)) if len(everything) else 0.0
    for line in lines:
        if line.site.status is not SiteStatus.ACTIVE:
            continue
        received = lately.cases["received"][lately.is_word("site", line.site.code)]
        last = float(np.max(received)) if len(received) else began
        passed = [
            step.days for step in SILENT_FOR if end.timestamp() - last >= step.total_seconds()
        ]
        if passed:
            found[line.site.code] = passed[-1]
    return found


def burning(
    measured: Measured,
    rising: Sequence[Compared],
    lines: Sequence[SiteLine],
    silent: Mapping[str, int],
) -> tuple[Burning, ...]:
    """What to look at first, the gravest first, at most ``MOST``."""
    found = [
        *_silent(silent),
        *_cases(measured),
        *_partners(measured),
        *(Burning(Fire.RISING, (one.name,), one.count, one.usual) for one in rising[:2]),
        *_sites(lines),
    ]
    order = list(Fire)
    return tuple(sorted(found, key=lambda one: order.index(one.fire))[:MOST])


def _silent(silent: Mapping[str, int]) -> Iterator[Burning]:
    if silent:
        longest = sorted(silent, key=lambda code: (-silent[code], code))
        yield Burning(Fire.SILENT, tuple(longest), min(silent.values()), len(silent))


def _cases(measured: Measured) -> Iterator[Burning]:
    ages = measured["open_by_age"]
    for age in ("90_days_or_more", "30_to_89_days"):
        if ages[age]:
            yield Burning(Fire.WAITING, (age,), ages[age], ages["of"] or 0)
    heard = measured["acknowledged_in_time"]
    if heard["rate"] is not None and heard["rate"] < IN_TIME:
        yield Burning(Fire.NOT_ACKNOWLEDGED, (), heard["count"], heard["of"])
    by_sex = measured["cases_by"]["sex"]
    women, men = by_sex.get("female"), by_sex.get("male")
    if women is not None and men is not None and women < WOMEN * (women + men):
        yield Burning(Fire.FEW_WOMEN, (), women, women + men)


def _partners(measured: Measured) -> Iterator[Burning]:
    slow = [
        (value["rate"], code, value)
        for code, value in measured["referrals_by_partner"].items()
        if value["rate"] is not None and value["rate"] < ACCEPTED
    ]
    for _, code, value in sorted(slow, key=lambda one: one[:2])[:2]:
        yield Burning(Fire.PARTNER, (code,), value["count"], value["of"])


def _sites(lines: Sequence[SiteLine]) -> Iterator[Burning]:
    nobody = [
        line.site.code
        for line in lines
        if any(gap.is_gap and not gap.has_service and not gap.missing for gap in line.gaps)
    ]
    if nobody:
        yield Burning(Fire.NOBODY_SERVES, tuple(nobody), len(nobody), len(lines))
    full = [
        line.site.code
        for line in lines
        if line.site.capacity and line.population and line.population > line.site.capacity
    ]
    if full:
        yield Burning(Fire.OVERFULL, tuple(full), len(full), len(lines))
    unmet = {CommitteeFault.NO_COMMITTEE, CommitteeFault.NOT_MET}
    without = [line.site.code for line in lines if unmet & set(line.committee.faults)]
    if without:
        yield Burning(Fire.COMMITTEE, tuple(without), len(without), len(lines))
