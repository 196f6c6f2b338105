"""What the hub can say of itself in numbers, always with the denominator (DOMAIN.md, Measures).

Everything is about the cases *received* in a period. An L3 is in none of it, but for one number a
month. What is smaller than the threshold is not said (None), nor what would give it away: a count
of people could be a person. Counted from packed rows (``adapters.measure_pages``), and always what
counting the tables would give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import product

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case as when
from sqlalchemy import func, select

from feedback_hub.adapters.columns import Column
from feedback_hub.adapters.measure_facts import CODES, OUTCOMES, SEXES, STATES, Was
from feedback_hub.adapters.tables import case, issue
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import shut_out
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import suppression
from feedback_hub.reads.counting import (
    ENUMERATED,
    UNKNOWN,
    WORDED,
    Asked,
    Counted,
    Json,
    Mask,
    asked,
    bounds,
    counted,
)
from feedback_hub.services.rules import Rules

__all__ = ["UNKNOWN", "Asked", "Json", "asked", "bounds", "figures_of", "measure"]

DIMENSIONS = (*WORDED, *ENUMERATED)
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
STAGES = ("received", "triaged", "answer_found", "told", "loop_closed")


def measure(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, asked: Asked, now: datetime, threshold: int
) -> Json:
    """Every measure. Imported history is counted but was not handled here: no clock ran for it.

    An actor whose roles hold at some sites or sectors only is told of those.
    """
    found, _ = counted(uow, rules, actor, asked, threshold)
    return figures_of(uow, found, actor, asked, now)


def figures_of(
    uow: SqlUnitOfWork, found: Counted, actor: Actor, asked: Asked, now: datetime
) -> Json:
    """Every measure of the cases that were counted."""
    handled = found.handled
    return {
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "site": asked.site,
        **{name: word for name, word in asked.narrowed.items() if name != "site"},
        "threshold": found.threshold,
        "cases": found.count(len(found)),
        "cases_by": {name: found.by(name) for name in DIMENSIONS},
        "handled": found.count(len(handled)),
        **_of_handled(handled, now),
        "funnel": _funnel(handled),
        "referrals_by_partner": _partners(handled),
        "satisfied_by_sex": _satisfied(found),
        "cases_by_code": by_code(found),
        "cases_by_channel_sex_age": _crossed(found),
        "issues_acted_upon": _issues(uow, asked),
        "highly_sensitive_by_month": (
            {}
            if asked.narrowed or bounds(actor) or actor.leads
            else _by_month(uow, actor, found.threshold, asked, now)
        ),
    }


def headline(found: Counted, now: datetime) -> Json:
    """The figures that stand first, to be set beside those of other days."""
    handled = found.handled
    did = _of_handled(handled, now)
    said = {name: did[name] for name in ("acknowledged_in_time", "time_to_answer", "closed")}
    return {"cases": found.count(len(found)), **said}


def _state(found: Counted, state: CaseState) -> Mask:
    mask: Mask = found.cases["state"] == STATES.index(state)
    return mask


def _outcome(found: Counted, outcomes: Iterable[Outcome]) -> Mask:
    wanted = np.zeros(256, bool)
    wanted[[OUTCOMES.index(one) for one in outcomes]] = True
    mask: Mask = wanted.take(found.cases["outcome"])
    return mask


def _of_handled(handled: Counted, now: datetime) -> Json:
    rows = handled.cases
    told = rows["told"] > 0
    ended = rows["closed"] > 0
    closed = _state(handled, CaseState.CLOSED)
    answered = handled.hours(_spans(rows["received"], rows["told"], told))
    return {
        "acknowledged_in_time": _acknowledged(handled, now),
        "time_to_answer": answered | {"of": handled.count(len(handled))},
        "on_the_spot": handled.share(int((told & handled.was(Was.ON_SPOT)).sum()), int(told.sum())),
        "open_by_age": _ages(handled.where(~closed), now),
        "closed": _closed(handled.where(closed)),
        "reopened": handled.share(int((ended & handled.was(Was.REOPENED)).sum()), int(ended.sum())),
        "appealed": handled.share(int((ended & handled.was(Was.APPEALED)).sum()), int(ended.sum())),
    }


def _spans(first: Column, then: Column, which: Mask) -> NDArray[np.int64]:
    """Seconds between two times, of some."""
    return then[which].astype(np.int64) - first[which].astype(np.int64)


def _acknowledged(handled: Counted, now: datetime) -> Json:
    """Of the cases whose time for it is over or that were: what still has time is no failure."""
    rows = handled.cases
    judged = (rows["heard"] > 0) | (rows["heard_by"] <= int(now.timestamp()))
    return handled.share(int(handled.was(Was.HEARD_IN_TIME).sum()), int(judged.sum()))


def _ages(still_open: Counted, now: datetime) -> Json:
    received = still_open.cases["received"]
    limits = [int(now.timestamp() - until.total_seconds()) for _, until in AGES[:-1]]
    # They are few, and a comparison each is a fraction of looking every age up among them.
    older = [len(received), *(int(np.count_nonzero(received <= limit)) for limit in limits), 0]
    counts = {name: older[n] - older[n + 1] for n, (name, _) in enumerate(AGES)}
    said = suppression.said(counts, still_open.threshold)
    by_age: Json = {name: said[name] or None for name in counts}
    return by_age | {"of": still_open.count(len(still_open))}


def _closed(closed: Counted) -> Json:
    """Closed is not resolved, and neither is told: three numbers apart (DOMAIN.md, Measures)."""
    counts = np.bincount(closed.cases["outcome"], minlength=len(OUTCOMES))

    def ended_as(*outcomes: Outcome) -> Json:
        return closed.share(sum(int(counts[OUTCOMES.index(o)]) for o in outcomes), len(closed))

    return {
        "of": closed.count(len(closed)),
        "loop_closed_with_person": ended_as(*TOLD),
        "resolved": ended_as(Outcome.RESOLVED),
        "unreachable": ended_as(Outcome.UNREACHABLE),
    }


def _funnel(handled: Counted) -> Json:
    """How far cases came: each stage holds those of the one before that went on."""
    rows = handled.cases
    told = rows["told"] > 0
    ended = _state(handled, CaseState.CLOSED) & _outcome(handled, TOLD)
    stages = (
        np.ones(len(handled), bool),
        handled.was(Was.TRIAGED),
        handled.was(Was.ANSWERED) | told,
        told,
        ended,
    )
    reached = stages[0]
    body: Json = {}
    for name, there in zip(STAGES, stages, strict=True):
        reached = reached & there
        body[name] = handled.count(int(reached.sum()))
    return body


def _partners(handled: Counted) -> Json:
    """Of the referrals sent to each partner, those it accepted and answered, and the time."""
    rows = handled.packed.referrals
    order = np.argsort(rows["organisation"], kind="stable")
    names, starts = np.unique(rows["organisation"][order], return_index=True)
    sent, accepted, answered = (rows[name][order] for name in ("sent", "accepted", "answered"))
    body: Json = {}
    ends = [*starts[1:], len(order)][: len(starts)]
    for number, start, end in zip(names, starts, ends, strict=True):
        its = slice(int(start), int(end))
        taken, told = accepted[its] > 0, answered[its] > 0
        accepting = handled.hours(_spans(sent[its], accepted[its], taken), tail=False)
        answering = handled.hours(_spans(sent[its], answered[its], told), tail=False)
        body[handled.packed.numbers.word(int(number))] = {
            **handled.share(int(taken.sum()), len(taken)),
            **accepting,
            "answered": answering["count"],
            "answer_median_hours": answering["median_hours"],
        }
    return dict(sorted(body.items()))


def _satisfied(found: Counted) -> Json:
    """Of every time somebody was asked."""
    rows = found.cases
    ever = rows["asked"] > 0
    sexes = rows["sex"][ever]
    asked = np.bincount(sexes, rows["asked"][ever], len(SEXES))
    content = np.bincount(sexes, rows["satisfied"][ever], len(SEXES))
    return {
        sex.value: found.share(int(content[place]), int(asked[place]), private=True)
        for place, sex in enumerate(SEXES)
        if asked[place]
    }


def code_counts(found: Counted) -> dict[str, int]:
    """Cases by code; one with two codes counts under both."""
    counts: Counter[int] = Counter()
    for place in CODES:
        held = found.cases[place]
        if not held.any():
            break  # nobody has so many
        there = np.bincount(held)
        counts.update({int(n): int(there[n]) for n in np.flatnonzero(there) if n})
    return {found.packed.numbers.word(n): number for n, number in counts.items()}


def by_code(found: Counted) -> Json:
    """What people speak of, the commonest first; what is too small is not named."""
    said = suppression.said(code_counts(found), found.threshold)
    named = {code: number for code, number in said.items() if number is not None}
    return {code: named[code] for code in sorted(named, key=lambda one: (-named[one], one))}


def _crossed(found: Counted) -> Json:
    """Channel by sex by age. Hidden so that the tables of one of them tell nothing of it either."""
    rows = found.cases
    names = ("channel", "sex", "age_band")
    words = [_in_order(name, found.counts(name)) for name in names]
    if not len(found):
        return {}
    places = dict.fromkeys(product(*words), 0)
    channel_of, sex_of, band_of = (rows[name].astype(np.int64) for name in names)
    cells = channel_of * 100 + sex_of * 10 + band_of
    numbers = np.bincount(cells)
    for value in np.flatnonzero(numbers):
        number = numbers[value]
        channel = found.packed.numbers.word(int(value // 100)) or UNKNOWN
        sex = ENUMERATED["sex"][int(value // 10 % 10)].value
        band = ENUMERATED["age_band"][int(value % 10)].value
        places[channel, sex, band] = int(number)
    keys = sorted(places)
    sums = [list(range(len(keys)))]
    for axis, name in enumerate(names):
        sums += [
            [place for place, key in enumerate(keys) if key[axis] == word]
            for word, number in found.by(name).items()
            if number is not None
        ]
    out = suppression.hidden([places[key] for key in keys], sums, found.threshold)
    shown = {key: None if at in out else places[key] for at, key in enumerate(keys)}
    return {
        channel: {sex: {band: shown[channel, sex, band] for band in words[2]} for sex in words[1]}
        for channel in words[0]
    }


def _in_order(name: str, there: Iterable[str]) -> list[str]:
    """By age the young first, otherwise by the alphabet."""
    order = [one.value for one in ENUMERATED.get(name, ())] or sorted(there)
    present = set(there)
    return [word for word in order if word in present]


def _issues(uow: SqlUnitOfWork, asked: Asked) -> Json:
    """Issues opened in the period and decided on since. Public matter: nothing is too small."""
    conditions = [issue.c.created_at >= asked.start, issue.c.created_at < asked.end]
    if asked.site:
        conditions.append(issue.c.site == asked.site)
    if asked.sector:
        conditions.append(issue.c.sector == asked.sector)
    acted = func.count(when((issue.c.state != IssueState.OPEN, 1)))
    opened = select(acted, func.count()).select_from(issue).where(*conditions)
    count, of = uow.session.execute(opened).one()
    return {"count": count, "of": of, "rate": round(count / of, 4) if of else None}


def _by_month(
    uow: SqlUnitOfWork, actor: Actor, threshold: int, asked: Asked, now: datetime
) -> Json:
    """Highly sensitive cases of each whole month of the period that is over, nothing else.

    None of them accuses an organisation of the actor's, and whoever may know of nothing that
    accuses somebody has no number: beside another's it would tell how many do. A month that runs,
    or a piece of one, would tell by its difference from yesterday's answer that a report came in.
    """
    months = [m for m in _months(asked) if m[0] >= asked.start and m[1] <= min(asked.end, now)]
    if not months:
        return {}
    # One statement, and each month is a stretch of an index: their rows are never fetched.
    arrived = [
        select(func.count())
        .where(
            case.c.sensitivity == Sensitivity.L3,
            case.c.received_at >= start,
            case.c.received_at < end,
        )
        .scalar_subquery()
        for start, end in months
    ]
    numbers = uow.session.execute(select(*arrived)).one()
    scope = scope_of(actor, Action.READ_MEASURES)
    closed: Sequence[datetime] = ()
    if scope.conflicted:
        # Few, and each found by an index of its own.
        those = select(case.c.received_at).where(case.c.id.in_(shut_out(scope, sensitive=True)))
        closed = uow.session.scalars(those).all()
    body: Json = {}
    for (start, end), number in zip(months, numbers, strict=True):
        left = number - sum(start <= at < end for at in closed)
        body[start.strftime("%Y-%m")] = left if left >= threshold else None
    return body


def _months(asked: Asked) -> Iterable[tuple[datetime, datetime]]:
    start = asked.start.replace(day=1)
    while start < asked.end:
        # No month has 32 days.
        end = (start + timedelta(days=32)).replace(day=1)
        yield start, end
        start = end
