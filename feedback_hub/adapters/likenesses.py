"""Finds cases that report the same thing, by index alone: a million of them take no longer.

Kept of each ordinary case: where, what and when, and a sketch that holds no word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, insert, or_, select, union_all, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import case, likeness, unlike
from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import UNCLEAR
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.sensitivity import Sensitivity

WINDOW = timedelta(days=30)
"""What lies further apart is another event."""
MOST = 60
"""Looked at of each way to be alike, the nearest before ``at`` first."""
_BANDS = (likeness.c.band0, likeness.c.band1, likeness.c.band2, likeness.c.band3)


@dataclass(frozen=True)
class Kept:
    """What is kept of one case."""

    case_id: str
    contact_id: str | None
    site: str
    code: str
    at: datetime
    minima: bytes


def keep(session: Session, of: Case, sketch: Sketch) -> None:
    """Keep what tells ``of`` from others."""
    keep_all(session, [(of, sketch)])


def keep_all(session: Session, kept: Iterable[tuple[Case, Sketch]]) -> None:
    """Keep what tells each of these cases from others, in one statement."""
    bands = dict.fromkeys((column.name for column in _BANDS), None)
    rows = [
        {
            "case_id": of.id,
            "contact_id": of.contact_id,
            "at": of.received_at,
            "minima": sketch.minima,
            **_topic(of),
            **bands,
            **dict(zip(bands, sketch.bands, strict=False)),
        }
        for of, sketch in kept
    ]
    session.execute(insert(likeness), rows)


def move(session: Session, of: Case) -> bool:
    """Follow the case's site and code; False if nothing is kept of it."""
    moved = update(likeness).where(likeness.c.case_id == of.id).values(**_topic(of))
    return change(session, moved) > 0


def forget(session: Session, case_id: str) -> None:
    """Keep nothing of a case."""
    session.execute(delete(likeness).where(likeness.c.case_id == case_id))


def dismiss(session: Session, case_id: str, other_id: str, actor: str, now: datetime) -> None:
    """Two cases are not the same matter; said twice is said once."""
    pair = tuple(sorted((case_id, other_id), reverse=not other_id))
    where = (unlike.c.case_id == pair[0], unlike.c.other_id == pair[1])
    if session.execute(select(unlike.c.actor).where(*where)).first() is None:
        values = {"case_id": pair[0], "other_id": pair[1], "actor": actor, "at": now}
        session.execute(insert(unlike).values(values))


def dismissed(session: Session, case_id: str) -> set[str]:
    """The cases that are not the same matter as this one; an empty id stands for an issue."""
    rows = session.execute(
        select(unlike.c.case_id, unlike.c.other_id).where(
            or_(unlike.c.case_id == case_id, unlike.c.other_id == case_id)
        )
    )
    return {other if one == case_id else one for one, other in rows}


def kept_of(session: Session, case_id: str) -> Kept | None:
    """What is kept of a case."""
    row = session.execute(_rows().where(likeness.c.case_id == case_id)).first()
    return Kept(**row._mapping) if row is not None else None


def near(session: Session, of: Case) -> Mapping[str, Kept]:
    """The cases that may report what ``of`` does, by id: of its matter, its words or its person.

    Each way is one look into an index and brings at most ``MOST``; ``of`` itself is not there.
    """
    bands = session.execute(select(*_BANDS).where(likeness.c.case_id == of.id)).first()
    if bands is None:
        return {}
    ways = [column == band for column, band in zip(_BANDS, bands, strict=True) if band is not None]
    if of.site and _code(of) not in {"", UNCLEAR}:
        ways.append((likeness.c.site == of.site) & (likeness.c.code == _code(of)))
    since, until = of.received_at - WINDOW, of.received_at + WINDOW
    looks = [
        _rows()
        .where(way, likeness.c.at.between(since, until), likeness.c.case_id != of.id)
        .order_by(likeness.c.at.desc())
        .limit(MOST)
        .subquery()
        for way in ways
    ]
    if not looks:
        return {}
    found = session.execute(union_all(*(select(look) for look in looks)))
    return {row.case_id: Kept(**row._mapping) for row in found}


def of_person(session: Session, of: Case) -> Sequence[str]:
    """Ids of other cases from the same contact point, as sensitive as ``of``, and about as old."""
    if of.contact_id is None or of.sensitivity is Sensitivity.L3:
        return ()
    theirs = select(case.c.id).where(
        case.c.contact_id == of.contact_id,
        case.c.sensitivity == of.sensitivity,
        case.c.id != of.id,
        case.c.received_at.between(of.received_at - WINDOW, of.received_at + WINDOW),
    )
    return session.scalars(theirs.order_by(case.c.received_at.desc()).limit(MOST)).all()


def _rows() -> Select[tuple[str, str | None, str, str, datetime, bytes]]:
    kept = likeness.c
    return select(kept.case_id, kept.contact_id, kept.site, kept.code, kept.at, kept.minima)


def _topic(of: Case) -> dict[str, str]:
    return {"site": of.site, "code": _code(of)}


def _code(of: Case) -> str:
    return of.codes[0] if of.codes else ""
