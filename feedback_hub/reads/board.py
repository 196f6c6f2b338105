"""What stands on a site's board today, and what the staff who write it see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select

from feedback_hub.adapters.tables import board_entry, board_reading, case, issue, issue_case
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.board import BoardEntry, BoardReading, EntryState
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.place import Site
from feedback_hub.domain.sensitivity import Sensitivity

MOST = 30
"""Entries on one board: more is read by nobody."""
MOST_PAST = 100


@dataclass(frozen=True)
class BoardLine:
    """One entry as anybody may read it. ``people`` is None where they are too few to be said."""

    said: str
    did: str
    not_yet: str
    sector: str
    language: str
    people: int | None


@dataclass(frozen=True)
class BoardPage:
    """A site's board. ``changed_at`` is when the newest entry became public; None: nothing yet."""

    site: str
    name: str
    lines: Sequence[BoardLine]
    changed_at: datetime | None


@dataclass(frozen=True)
class PastBoard:
    """What a site's board said before, the newest first, and when it was read aloud."""

    site: str
    name: str
    lines: Sequence[tuple[BoardLine, datetime, datetime]]
    """Each with when it came and when it left."""
    readings: Sequence[BoardReading]


@dataclass(frozen=True)
class IssueWork:
    """An issue with its entries, the newest first, and the sites it may stand on."""

    issue: Issue
    entries: Sequence[BoardEntry]
    sites: Sequence[tuple[str, str]]
    refs: Sequence[str]


def public(
    uow: SqlUnitOfWork, site: str, language: str, threshold: int, now: datetime
) -> BoardPage | None:
    """The board of ``site``, the newest first; None where there is no such site.

    In ``language``; what nobody wrote in it yet in the one it was written in. An issue all of whose
    cases there were raised since is gone from it.
    """
    place = uow.session.get(Site, site)
    if place is None:
        return None
    rows = uow.session.execute(
        _entries(site, EntryState.APPROVED)
        .where(board_entry.c.public_at <= now)
        .order_by(board_entry.c.public_at.desc(), board_entry.c.id)
    )
    chosen: dict[str, tuple[BoardEntry, str]] = {}
    for entry, sector in rows:
        there = chosen.get(entry.issue_id)
        if there is None or (entry.language == language != there[0].language):
            chosen[entry.issue_id] = entry, sector
    shown = list(chosen.values())[:MOST]
    lines = [_line(entry, sector, threshold) for entry, sector in shown]
    newest = max((entry.public_at for entry, _ in shown if entry.public_at), default=None)
    return BoardPage(site, place.name, lines, newest)


def past(uow: SqlUnitOfWork, site: str, threshold: int) -> PastBoard | None:
    """What was public once, and every reading; None where there is no such site.

    An issue all of whose cases there were raised since is gone from the past as well.
    """
    place = uow.session.get(Site, site)
    if place is None:
        return None
    rows = uow.session.execute(
        _entries(site, EntryState.ARCHIVED)
        .where(board_entry.c.public_at <= board_entry.c.archived_at)
        .order_by(board_entry.c.archived_at.desc(), board_entry.c.id)
        .limit(MOST_PAST)
    )
    lines = [
        (_line(entry, sector, threshold), entry.public_at, entry.archived_at)
        for entry, sector in rows
        if entry.public_at and entry.archived_at
    ]
    readings = uow.session.scalars(
        select(BoardReading)
        .where(board_reading.c.site == site)
        .order_by(board_reading.c.read_on.desc(), board_reading.c.noted_at.desc())
        .limit(MOST_PAST)
    ).all()
    return PastBoard(site, place.name, lines, readings)


def _entries(site: str, state: EntryState) -> Select[BoardEntry, str]:
    """Those of a site, with their sectors, whose issue still has an ordinary case there."""
    is_ordinary = exists().where(
        issue_case.c.issue_id == board_entry.c.issue_id,
        issue_case.c.case_id == case.c.id,
        case.c.site == site,
        case.c.sensitivity == Sensitivity.L1,
        case.c.doubted_at.is_(None),
    )
    return (
        select(BoardEntry, issue.c.sector)
        .join(issue, issue.c.id == board_entry.c.issue_id)
        .where(board_entry.c.site == site, board_entry.c.state == state, is_ordinary)
    )


def _line(entry: BoardEntry, sector: str, threshold: int) -> BoardLine:
    return BoardLine(
        said=entry.said,
        did=entry.did,
        not_yet=entry.not_yet,
        sector=sector,
        language=entry.language,
        people=entry.people if entry.people >= threshold else None,
    )


def work(uow: SqlUnitOfWork, found: Issue, refs: Sequence[str]) -> IssueWork:
    """What whoever writes an issue's entries needs."""
    entries = sorted(uow.board_entries(found.id), key=lambda one: one.written_at, reverse=True)
    sites = [(place.code, place.name) for place in uow.sites() if found.site in {"", place.code}]
    return IssueWork(found, entries, sites, refs)
