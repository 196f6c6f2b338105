"""What the hub can say of itself in numbers, always with the denominator (DOMAIN.md, Measures).

Everything is about the cases *received* in a period. An L3 is in none of it, but for one number a
month. What is smaller than the threshold is not said (None): a count of people could be a person.
A fixed number of statements, whatever the size; the times are reckoned here, so that both
databases say the same.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, and_, func, select
from sqlalchemy import case as when

from feedback_hub.adapters.tables import case, case_event, issue, referral
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import GRANTED, Action, Actor
from feedback_hub.domain.case import CaseState, Outcome
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.person import Sex
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import Rules

Json = dict[str, object]

UNKNOWN = "unknown"
DIMENSIONS: Mapping[str, Column[str]] = {
    "type": case.c.type,
    "sector": case.c.sector,
    "site": case.c.site,
    "channel": case.c.channel,
    "sex": case.c.sex,
    "age_band": case.c.age_band,
    "disability": case.c.disability,
}
AGES: tuple[tuple[str, timedelta], ...] = (
    ("under_7_days", timedelta(days=7)),
    ("7_to_13_days", timedelta(days=14)),
    ("14_to_29_days", timedelta(days=30)),
    ("30_to_89_days", timedelta(days=90)),
    ("90_days_or_more", timedelta.max),
)
TOLD = frozenset(
    {Outcome.RESOLVED, Outcome.PARTLY, Outcome.NOT_POSSIBLE, Outcome.INFORMATION_GIVEN}
)
"""Outcomes that a case reaches only after the loop or an answer face to face."""

_BY_CHANNEL = "channel:"
_KINDS = (
    EventKind.ACKNOWLEDGED,
    EventKind.ANSWERED_ON_SPOT,
    EventKind.LOOP_ATTEMPTED,
    EventKind.CLOSED,
    EventKind.REOPENED,
    EventKind.APPEALED,
)


@dataclass(frozen=True)
class Asked:
    """The period, from ``start`` until before ``end`` (aware, whole days); a site, or all."""

    start: datetime
    end: datetime
    site: str = ""


@dataclass(frozen=True)
class _Handled:
    """One case that ran through the hub; a time is that of the first event of its kind."""

    received_at: datetime
    entered_at: datetime
    entered_by: str
    state: CaseState
    outcome: Outcome | None
    acknowledged_at: datetime | None
    on_spot_at: datetime | None
    loop_at: datetime | None
    closed_at: datetime | None
    reopened_at: datetime | None
    appealed_at: datetime | None

    @property
    def told_at(self) -> datetime | None:
        """When the person was first told an answer, or somebody first tried to."""
        return min((at for at in (self.on_spot_at, self.loop_at) if at), default=None)

    @property
    def heard_at(self) -> datetime | None:
        """When the person first knew that it arrived: who hands it in gets the reference at once."""
        if not self.entered_by.startswith(_BY_CHANNEL):
            return self.entered_at
        return min((at for at in (self.acknowledged_at, self.told_at) if at), default=None)


@dataclass(frozen=True)
class _Cells:
    """Writes numbers down, or that they are too small to be."""

    threshold: int

    def count(self, number: int) -> int | None:
        return number if number >= self.threshold else None

    def share(self, number: int, of: int) -> Json:
        said = self.count(number)
        rate = round(number / of, 4) if said is not None and of else None
        return {"count": said, "of": self.count(of), "rate": rate}

    def hours(self, spans: Sequence[timedelta], *, tail: bool = True) -> Json:
        """Median and, with ``tail``, 90th percentile (nearest rank), in hours."""
        said = self.count(len(spans))
        hours = sorted(span.total_seconds() / 3600 for span in spans)
        enough = said is not None and bool(hours)
        body: Json = {
            "count": said,
            "median_hours": round(statistics.median(hours), 2) if enough else None,
        }
        if tail:
            last = hours[math.ceil(0.9 * len(hours)) - 1] if hours else 0.0
            body["p90_hours"] = round(last, 2) if enough else None
        return body


def measure(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, asked: Asked, now: datetime, threshold: int
) -> Json:
    """Every measure. Imported history is counted but was not handled here: no clock ran for it.

    An actor whose roles hold at some sites or sectors only is told of those.
    """
    cells = _Cells(threshold)
    bounds = _bounds(actor)
    received = _received(asked, bounds)
    total = uow.session.scalar(select(func.count()).select_from(case).where(*received)) or 0
    handled = _handled(uow, received)
    return {
        "from": asked.start.date().isoformat(),
        "to": (asked.end - timedelta(days=1)).date().isoformat(),
        "site": asked.site,
        "threshold": threshold,
        "cases": cells.count(total),
        "cases_by": {
            name: _by(uow, cells, column, received) for name, column in DIMENSIONS.items()
        },
        **_of_handled(cells, rules, handled, now),
        "referrals_by_partner": _partners(uow, cells, received),
        "satisfied_by_sex": _satisfied(uow, cells, received),
        "issues_acted_upon": _issues(uow, asked, bounds),
        "highly_sensitive_by_month": (
            [] if asked.site or bounds else _by_month(uow, cells, asked, now)
        ),
    }


def _bounds(actor: Actor) -> list[ColumnElement[bool]]:
    """What narrows the cases to where the actor's roles hold; nothing for one that holds anywhere."""
    held = [m for m in actor.memberships if Action.READ_MEASURES in GRANTED[m.role]]
    if any(not m.site and not m.sector for m in held):
        return []
    ways = [
        and_(*([case.c.site == m.site] if m.site else []), *([case.c.sector == m.sector] if m.sector else []))
        for m in held
    ]
    return []


def _received(asked: Asked, bounds: list[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    conditions = [
        case.c.sensitivity != Sensitivity.L3,
        case.c.received_at >= asked.start,
        case.c.received_at < asked.end,
        *bounds,
    ]
    if asked.site:
        conditions.append(case.c.site == asked.site)
    return conditions
