"""The dashboard: what changed this week, four figures with their denominators, all behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor
from feedback_hub.domain.coding import UNCLEAR
from feedback_hub.domain.monitoring import Standards
from feedback_hub.reads import burning, measures, rising, sites, suppression
from feedback_hub.reads.behind import opens
from feedback_hub.reads.burning import Burning
from feedback_hub.reads.counting import Asked, Counted, Json, counted, sites_of
from feedback_hub.reads.names import names_for
from feedback_hub.reads.rising import Compared, Level
from feedback_hub.reads.sites import SiteLine
from feedback_hub.services.rules import Rules

MOST_WEEKS = 53


@dataclass(frozen=True)
class Week:
    """What came in during a week, and how many of these people were told something since."""

    first: date
    received: int | None
    told: int | None


@dataclass(frozen=True)
class ThisWeek:
    """The seven days until the last, beside the usual. None: too few to be said."""

    count: int | None
    usual: float | None
    level: Level


@dataclass(frozen=True)
class Dashboard:
    """Everything on the page. ``measured`` is what ``/api/v1/measures`` says of the same days.

    ``before``: the headline figures of as many days just before. ``silent_for``: days that nothing
    was heard from a site for, in steps. ``opens``: whether the reader may open the lists.
    """

    period: Asked
    measured: Json
    before: Json
    this_week: ThisWeek
    rising: Sequence[Compared]
    burning: Sequence[Burning]
    silent_for: Mapping[str, int]
    weeks: Sequence[Week]
    sites: Sequence[SiteLine]
    organisations: dict[str, str]
    site_choices: Sequence[tuple[str, str]]
    opens: bool

    @property
    def last_week(self) -> Asked:
        """The seven days that are held against the usual."""
        return replace(self.period, start=self.period.end - rising.WEEK)

    def week(self, first: date) -> tuple[date, date]:
        """The days of the period that lie in the week from ``first`` on."""
        return max(first, self.period.first), min(first + timedelta(days=6), self.period.last)


def page(
    uow: SqlUnitOfWork,
    rules: Rules,
    standards: Standards,
    actor: Actor,
    period: Asked,
    now: datetime,
    threshold: int,
) -> Dashboard:
    """What ``actor`` may know of the period."""
    found, everywhere = counted(uow, rules, actor, period, threshold)
    nine_weeks, lately = counted(uow, rules, actor, rising.compared_period(period), threshold)
    last_week = nine_weeks.within(period.end - rising.WEEK, period.end)
    before = nine_weeks.within(nine_weeks_start(period), period.end - rising.WEEK)
    held = sites_of(actor)
    lines = [
        line
        for line in sites.lines(uow, actor, standards, everywhere, period.last, threshold)
        if held is None or line.site.code in held
    ]
    asked_of = [line for line in lines if period.site in {"", line.site.code}]
    silent = burning.silences(asked_of, lately, period.end)
    rises = rising.rising(_spoken_of(last_week), _spoken_of(before), threshold)
    measured = measures.figures_of(uow, found, actor, period, now)
    usual = len(before) / rising.WEEKS_BEFORE
    return Dashboard(
        period,
        measured,
        measures.headline(counted(uow, rules, actor, before_it(period), threshold)[0], now),
        ThisWeek(
            found.count(len(last_week)),
            round(usual, 1) if len(before) >= threshold else None,
            rising.level(len(last_week), len(before)),
        ),
        rises,
        burning.burning(measured, rises, asked_of, silent),
        silent,
        weeks(found, period),
        lines,
        dict(names_for(uow).organisations),
        [(one.code, one.name) for one in uow.sites() if held is None or one.code in held],
        opens(actor, period),
    )


def _spoken_of(found: Counted) -> dict[str, int]:
    """Cases by what they are about; what nobody could read is about nothing that could rise."""
    counts = measures.code_counts(found)
    return {code: number for code, number in counts.items() if code != UNCLEAR}


def before_it(period: Asked) -> Asked:
    """As many days, just before the period."""
    return replace(period, start=period.start - (period.end - period.start), end=period.start)


def nine_weeks_start(period: Asked) -> datetime:
    """When the weeks begin that the last one is held against."""
    return rising.compared_period(period).start


def weeks(found: Counted, period: Asked) -> list[Week]:
    """The period's weeks, from Monday on; the first and the last may be pieces."""
    monday = period.first - timedelta(days=period.first.weekday())
    zone = period.start.tzinfo
    starts: list[datetime] = []
    day = monday
    while day <= period.last:
        starts.append(datetime(day.year, day.month, day.day, tzinfo=zone))
        day += timedelta(days=7)
    starts = starts[-MOST_WEEKS:]
    edges = [int(start.timestamp()) for start in starts]
    received = _by_week(found.cases["received"], edges)
    handled = found.handled
    told = _by_week(handled.cases["received"][handled.cases["told"] > 0], edges)
    out = suppression.hidden(received, [range(len(edges))], found.threshold)
    out_told = suppression.hidden(told, [range(len(edges))], found.threshold)
    return [
        Week(
            start.date(),
            None if place in out else received[place],
            None if place in out_told else told[place],
        )
        for place, start in enumerate(starts)
    ]


def _by_week(received: np.ndarray, edges: Sequence[int]) -> list[int]:
    place = np.searchsorted(edges, received, side="right") - 1
    found = np.bincount(place[place >= 0], minlength=len(edges))
    return [int(number) for number in found]
