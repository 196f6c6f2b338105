"""How good the machine's suggestions are, as people judged them: by code, week, language, channel.

A share is said only where enough was judged (``threshold``): fewer could be a person. What is or
was taken for highly sensitive is in none of the tables; it has figures of its own, and where these
come from is told to its handlers only, as it is never told of one site (DOMAIN.md, Measures).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import ColumnElement, func, select

from feedback_hub.adapters.tables import case, judgement, suggestion
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import impartial
from feedback_hub.domain.access import Action, Actor, Role, scope_of
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import measures

PERIOD = timedelta(weeks=12)
_READERS = (Action.READ_MEASURES, Action.TRIAGE)


@dataclass(frozen=True)
class Rate:
    """``part`` of ``of``; what is too small to be said is None."""

    of: int | None
    percent: int | None


@dataclass(frozen=True)
class CodeLine:
    """One suggested code: how often people kept it, and what they mostly made of it instead."""

    code: str
    kept: Rate
    instead: str = ""


@dataclass(frozen=True)
class GroupLine:
    """A week, a language or a channel: how often the code was kept, how often it was a guess."""

    name: str
    kept: Rate
    unsure: Rate


@dataclass(frozen=True)
class HighlySensitive:
    """``recall``: of what people found to be L3, how much the machine had raised.

    ``right``: of what the machine raised, how much people confirmed. The rest is for handlers.
    """

    recall: Rate
    right: Rate
    by_code: tuple[tuple[str, Rate], ...] = ()
    by_language: tuple[tuple[str, Rate], ...] = ()
    by_channel: tuple[tuple[str, Rate], ...] = ()


@dataclass(frozen=True)
class QualityPage:
    """The last twelve weeks. ``first`` is their first day, in the hub's time zone."""

    first: date
    threshold: int
    kept: Rate
    unsure: Rate
    codes: tuple[CodeLine, ...]
    weeks: tuple[GroupLine, ...]
    languages: tuple[GroupLine, ...]
    channels: tuple[GroupLine, ...]
    versions: tuple[GroupLine, ...]
    highly: HighlySensitive | None


@dataclass(frozen=True)
class _Judged:
    """One case's latest judgement beside the reading that it judged."""

    codes: tuple[str, ...]
    level: Sensitivity
    suggested: tuple[str, ...]
    suggested_level: Sensitivity
    confidence: float
    language: str
    version: str
    channel: str
    at: datetime

    @property
    def is_highly(self) -> bool:
        return Sensitivity.L3 in {self.level, self.suggested_level}

    @property
    def kept(self) -> bool:
        return self.codes[:1] == self.suggested[:1]


def page(
    uow: SqlUnitOfWork, actor: Actor, now: datetime, zone: tzinfo, *, sure: float, threshold: int
) -> QualityPage:
    """What ``actor`` may know of it. ``sure``: from this confidence on it is no guess."""
    shares = _Shares(threshold)
    since = now - PERIOD
    narrow = measures.bounds(actor, _READERS)
    handles = Role.PROTECTION in actor.roles
    fair = impartial(scope_of(actor, Action.TRIAGE))
    everything = list(_judged(uow, since, [*narrow, *fair]))
    rows = [row for row in everything if row.codes and not row.is_highly]
    if not actor.may(Action.READ_MEASURES):
        rows = []

    def grouped(name: Callable[[_Judged], str]) -> tuple[GroupLine, ...]:
        return tuple(
            GroupLine(
                key,
                shares.of(some, lambda row: row.kept),
                shares.of(some, lambda row: row.confidence < sure),
            )
            for key, some in sorted(_by(rows, name).items())
        )

    def week(row: _Judged) -> str:
        day = row.at.astimezone(zone).date()
        return (day - timedelta(days=day.weekday())).isoformat()

    return QualityPage(
        first=since.astimezone(zone).date(),
        threshold=threshold,
        kept=shares.of(rows, lambda row: row.kept),
        unsure=shares.of(rows, lambda row: row.confidence < sure),
        codes=tuple(
            CodeLine(code, shares.of(some, lambda row: row.kept), shares.mostly(some))
            for code, some in sorted(_by(rows, lambda row: row.suggested[0]).items())
            if len(some) >= threshold
        ),
        weeks=grouped(week),
        languages=grouped(lambda row: row.language),
        channels=grouped(lambda row: row.channel),
        versions=grouped(lambda row: row.version),
        highly=_highly(everything, shares, in_detail=handles) if handles or not narrow else None,
    )


@dataclass(frozen=True)
class _Shares:
    threshold: int

    def of(self, rows: Sequence[_Judged], which: Callable[[_Judged], bool]) -> Rate:
        if len(rows) < self.threshold:
            return Rate(None, None)
        return Rate(len(rows), round(100 * sum(map(which, rows)) / len(rows)))

    def mostly(self, rows: Iterable[_Judged]) -> str:
        """What people mostly chose instead; empty where that was too seldom to be said."""
        chosen = Counter(row.codes[0] for row in rows if not row.kept)
        code, number = next(iter(chosen.most_common(1)), ("", 0))
        return code if number >= self.threshold else ""


def _highly(rows: Iterable[_Judged], shares: _Shares, *, in_detail: bool) -> HighlySensitive:
    rows = list(rows)
    found = [row for row in rows if row.level is Sensitivity.L3]
    raised = [row for row in rows if row.suggested_level is Sensitivity.L3]

    def was_raised(row: _Judged) -> bool:
        return row.suggested_level is Sensitivity.L3

    def by(name: Callable[[_Judged], str]) -> tuple[tuple[str, Rate], ...]:
        if not in_detail:
            return ()
        groups = _by([row for row in found if name(row)], name)
        return tuple((key, shares.of(some, was_raised)) for key, some in sorted(groups.items()))

    return HighlySensitive(
        recall=shares.of(found, was_raised),
        right=shares.of(raised, lambda row: row.level is Sensitivity.L3),
        by_code=by(lambda row: row.codes[0] if row.codes else ""),
        by_language=by(lambda row: row.language),
        by_channel=by(lambda row: row.channel),
    )


def _by(rows: Iterable[_Judged], name: Callable[[_Judged], str]) -> Mapping[str, Sequence[_Judged]]:
    found: defaultdict[str, list[_Judged]] = defaultdict(list)
    for row in rows:
        found[name(row)].append(row)
    return found


def _judged(
    uow: SqlUnitOfWork, since: datetime, narrow: Sequence[ColumnElement[bool]]
) -> Iterable[_Judged]:
    """The latest judgement of each case that a machine had read."""
    latest = (
        select(judgement.c.case_id, func.max(judgement.c.at).label("at"))
        .where(judgement.c.at >= since)
        .group_by(judgement.c.case_id)
        .subquery()
    )
    rows = uow.session.execute(
        select(
            judgement.c.codes,
            judgement.c.sensitivity,
            suggestion.c.codes,
            suggestion.c.sensitivity,
            suggestion.c.confidence,
            suggestion.c.language,
            suggestion.c.classifier,
            case.c.channel,
            judgement.c.at,
        )
        .join(latest, (latest.c.case_id == judgement.c.case_id) & (latest.c.at == judgement.c.at))
        .join(suggestion, suggestion.c.id == judgement.c.suggestion_id)
        .join(case, case.c.id == judgement.c.case_id)
        .where(*narrow)
    )
    return (_Judged(*row) for row in rows)
