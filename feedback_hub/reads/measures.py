"""What the hub can say of itself in numbers, always with the denominator (DOMAIN.md, Measures).

Everything is about the cases *received* in a period. An L3 is in none of it, but for one number a
month. What is smaller than the threshold is not said (None): a count of people could be a person.
A fixed number of statements, whatever the size; the times are reckoned here, so that both
databases say the same.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy import case as when

from feedback_hub.adapters.tables import case, case_event, issue, referral
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import GRANTED, Action, Actor
from feedback_hub.domain.case import CaseState, Outcome
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.person import Sex
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import Rules

Json = dict[str, object]

UNKNOWN = "unknown"
USUAL = timedelta(days=30)
LONGEST = timedelta(days=3660)
DIMENSIONS: Mapping[str, ColumnElement[str]] = {
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


def asked(first: date | None, last: date | None, site: str, now: datetime, zone: tzinfo) -> Asked:
    """The days from ``first`` to ``last``, both part of it; the last 30 days unless said.

    Raises ``Invalid``.
    """
    last = last or now.astimezone(zone).date()
    first = first or last - USUAL + timedelta(days=1)
    if first > last:
        raise Invalid("from", "lies after to")
    if last - first > LONGEST:
        raise Invalid("from", f"lies more than {LONGEST.days} days before to")
    return Asked(
        start=datetime.combine(first, time(), zone),
        end=datetime.combine(last + timedelta(days=1), time(), zone),
        site=site,
    )


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
        """When the person knew that it arrived: who hands it in gets the reference at once."""
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
    narrow = bounds(actor)
    received = _received(asked, narrow)
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
        "issues_acted_upon": _issues(uow, asked),
        "highly_sensitive_by_month": (
            {} if asked.site or narrow else _by_month(uow, cells, asked, now)
        ),
    }


def bounds(
    actor: Actor, actions: Collection[Action] = (Action.READ_MEASURES,)
) -> list[ColumnElement[bool]]:
    """What narrows cases to where the actor's roles hold; nothing for one that holds everywhere."""
    held = [m for m in actor.memberships if not GRANTED[m.role].isdisjoint(actions)]
    ways = []
    for membership in held:
        places = [
            column == place
            for column, place in (
                (case.c.site, membership.site),
                (case.c.sector, membership.sector),
            )
            if place
        ]
        if not places:
            return []
        ways.append(and_(*places))
    return [or_(false(), *ways)]


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


def _by(
    uow: SqlUnitOfWork,
    cells: _Cells,
    column: ColumnElement[str],
    received: list[ColumnElement[bool]],
) -> Json:
    rows = uow.session.execute(
        select(column, func.count()).select_from(case).where(*received).group_by(column)
    )
    # In the order of the words: in that of the counts the small ones would tell on each other.
    counts = {str(value) or UNKNOWN: count for value, count in rows}
    return {value: cells.count(counts[value]) for value in sorted(counts)}


def _handled(uow: SqlUnitOfWork, received: list[ColumnElement[bool]]) -> list[_Handled]:
    def first(kind: EventKind) -> ColumnElement[datetime | None]:
        return func.min(when((case_event.c.kind == kind, case_event.c.at)))

    happened = and_(case_event.c.case_id == case.c.id, case_event.c.kind.in_(_KINDS))
    rows = uow.session.execute(
        select(
            case.c.received_at,
            case.c.entered_at,
            case.c.entered_by,
            case.c.state,
            case.c.outcome,
            *(first(kind) for kind in _KINDS),
        )
        .select_from(case.outerjoin(case_event, happened))
        .where(*received, case.c.from_history.is_(False))
        .group_by(case.c.id)
    )
    return [_Handled(*row) for row in rows]


def _of_handled(cells: _Cells, rules: Rules, handled: Sequence[_Handled], now: datetime) -> Json:
    told = [one for one in handled if one.told_at]
    ended = [one for one in handled if one.closed_at]
    closed = [one for one in handled if one.state is CaseState.CLOSED]
    answered = cells.hours([one.told_at - one.received_at for one in told if one.told_at])
    return {
        "handled": cells.count(len(handled)),
        "acknowledged_in_time": _acknowledged(cells, rules, handled, now),
        "time_to_answer": answered | {"of": cells.count(len(handled))},
        "on_the_spot": cells.share(_how_many(one.on_spot_at for one in told), len(told)),
        "open_by_age": _ages(
            cells, [one for one in handled if one.state is not CaseState.CLOSED], now
        ),
        "closed": _closed(cells, closed),
        "reopened": cells.share(_how_many(one.reopened_at for one in ended), len(ended)),
        "appealed": cells.share(_how_many(one.appealed_at for one in ended), len(ended)),
    }


def _acknowledged(cells: _Cells, rules: Rules, handled: Sequence[_Handled], now: datetime) -> Json:
    """Of the cases whose time for it is over or that were: what still has time is no failure."""
    judged = in_time = 0
    for one in handled:
        by = rules.calendar.after(one.received_at, rules.targets.acknowledge)
        heard_at = one.heard_at
        judged += heard_at is not None or by <= now
        in_time += heard_at is not None and heard_at <= by
    return cells.share(in_time, judged)


def _ages(cells: _Cells, still_open: Sequence[_Handled], now: datetime) -> Json:
    counts = dict.fromkeys((name for name, _ in AGES), 0)
    for one in still_open:
        age = now - one.received_at
        counts[next(name for name, until in AGES if age < until)] += 1
    by_age: Json = {name: cells.count(count) for name, count in counts.items()}
    return by_age | {"of": cells.count(len(still_open))}


def _closed(cells: _Cells, closed: Sequence[_Handled]) -> Json:
    """Closed is not resolved, and neither is told: three numbers apart (DOMAIN.md, Measures)."""

    def ended_as(*outcomes: Outcome) -> Json:
        return cells.share(sum(one.outcome in outcomes for one in closed), len(closed))

    return {
        "of": cells.count(len(closed)),
        "loop_closed_with_person": ended_as(*TOLD),
        "resolved": ended_as(Outcome.RESOLVED),
        "unreachable": ended_as(Outcome.UNREACHABLE),
    }


def _partners(uow: SqlUnitOfWork, cells: _Cells, received: list[ColumnElement[bool]]) -> Json:
    """Of the referrals sent to each partner, those it accepted, and how long that took."""
    rows = uow.session.execute(
        select(referral.c.organisation, referral.c.sent_at, referral.c.accepted_at)
        .select_from(referral.join(case, case.c.id == referral.c.case_id))
        .where(*received, case.c.from_history.is_(False), referral.c.sent_at.is_not(None))
    )
    sent: dict[str, int] = {}
    spans: dict[str, list[timedelta]] = {}
    for organisation, sent_at, accepted_at in rows:
        sent[organisation] = sent.get(organisation, 0) + 1
        taken = spans.setdefault(organisation, [])
        if accepted_at is not None:
            taken.append(accepted_at - sent_at)
    return {
        organisation: cells.share(len(spans[organisation]), sent[organisation])
        | cells.hours(spans[organisation], tail=False)
        for organisation in sorted(sent)
    }


def _satisfied(uow: SqlUnitOfWork, cells: _Cells, received: list[ColumnElement[bool]]) -> Json:
    """Of every time somebody was asked. From the history: a case forgets it when it reopens."""
    rows = uow.session.execute(
        select(case.c.sex, case_event.c.detail, func.count())
        .select_from(case_event.join(case, case.c.id == case_event.c.case_id))
        .where(*received, case_event.c.kind == EventKind.SATISFACTION)
        .group_by(case.c.sex, case_event.c.detail)
    )
    yes, asked = dict.fromkeys(Sex, 0), dict.fromkeys(Sex, 0)
    for sex, detail, count in rows:
        asked[sex] += count
        yes[sex] += count if detail.get("satisfied") == "yes" else 0
    return {sex.value: cells.share(yes[sex], asked[sex]) for sex in Sex if asked[sex]}


def _issues(uow: SqlUnitOfWork, asked: Asked) -> Json:
    """Issues opened in the period and decided on since. Public matter: nothing is too small."""
    conditions = [issue.c.created_at >= asked.start, issue.c.created_at < asked.end]
    if asked.site:
        conditions.append(issue.c.site == asked.site)
    acted = func.count(when((issue.c.state != IssueState.OPEN, 1)))
    opened = select(acted, func.count()).select_from(issue).where(*conditions)
    count, of = uow.session.execute(opened).one()
    return _Cells(0).share(count, of)


def _by_month(uow: SqlUnitOfWork, cells: _Cells, asked: Asked, now: datetime) -> Json:
    """Highly sensitive cases of each whole month of the period that is over, nothing else.

    A month that runs, or a piece of one, would tell by its difference from yesterday's answer
    that a report came in.
    """
    months = [m for m in _months(asked) if m[0] >= asked.start and m[1] <= min(asked.end, now)]
    arrived = uow.session.scalars(
        select(case.c.received_at).where(
            case.c.sensitivity == Sensitivity.L3,
            case.c.received_at >= asked.start,
            case.c.received_at < asked.end,
        )
    ).all()
    return {
        start.strftime("%Y-%m"): cells.count(sum(start <= at < end for at in arrived))
        for start, end in months
    }


def _months(asked: Asked) -> Iterable[tuple[datetime, datetime]]:
    start = asked.start.replace(day=1)
    while start < asked.end:
        # No month has 32 days.
        end = (start + timedelta(days=32)).replace(day=1)
        yield start, end
        start = end


def _how_many(times: Iterable[datetime | None]) -> int:
    return sum(at is not None for at in times)
