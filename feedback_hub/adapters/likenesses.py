"""Finds cases that report the same thing, by index alone: a million of them take no longer.

Kept of each ordinary case: where, what and when, and a sketch that holds no word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    bindparam,
    delete,
    insert,
    or_,
    select,
    union_all,
    update,
)
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
    """What is kept of a case's words: ``minima`` to compare, ``bands`` to find others by."""

    minima: bytes
    bands: tuple[int | None, ...]


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
    rows = session.execute(_dismissed(), {"case_id": case_id})
    return {other if one == case_id else one for one, other in rows}


def kept_of(session: Session, case_id: str) -> Kept | None:
    """What is kept of a case."""
    row = session.execute(_of_case(), {"case_id": case_id}).one_or_none()
    return Kept(row[0], tuple(row[1:])) if row is not None else None


def near(session: Session, of: Case, own: Kept) -> Mapping[str, bytes]:
    """What is kept of the words of the cases that may report what ``of`` does, by id.

    They are of its matter or its words. Each way is one look into an index and brings at most
    ``MOST``; ``of`` itself is not there. ``own``: what is kept of it.
    """
    bands = dict(zip((column.name for column in _BANDS), own.bands, strict=True))
    ways: dict[str, object] = {name: band for name, band in bands.items() if band is not None}
    more: dict[str, str] = {}
    if of.site and _code(of) not in {"", UNCLEAR}:
        ways["site"], more = of.site, _topic(of)
    if not ways:
        return {}
    asked = {**ways, **more, **_around(of)}
    return {row[0]: row[1] for row in session.execute(_looks(tuple(ways)), asked)}


def of_person(session: Session, of: Case) -> Sequence[str]:
    """Ids of other cases from the same contact point, as sensitive as ``of``, and about as old."""
    if of.contact_id is None or of.sensitivity is Sensitivity.L3:
        return ()
    asked = {"contact_id": of.contact_id, "sensitivity": of.sensitivity, **_around(of)}
    return session.scalars(_of_person(), asked).all()


def _around(of: Case) -> dict[str, object]:
    """Other cases than this one, and no other events."""
    at = of.received_at
    return {"this": of.id, "since": at - WINDOW, "until": at + WINDOW}


@cache
def _of_case() -> Select[*tuple[Any, ...]]:
    kept = likeness.c
    return select(kept.minima, *_BANDS).where(kept.case_id == bindparam("case_id"))


@cache
def _dismissed() -> Select[str, str]:
    this: BindParameter[str] = bindparam("case_id")
    first, second = unlike.c.case_id, unlike.c.other_id
    return select(first, second).where(or_(first == this, second == this))


@cache
def _of_person() -> Select[str]:
    theirs = select(case.c.id).where(
        case.c.contact_id == bindparam("contact_id"),
        case.c.sensitivity == bindparam("sensitivity"),
        case.c.id != bindparam("this"),
        case.c.received_at.between(bindparam("since"), bindparam("until")),
    )
    return theirs.order_by(case.c.received_at.desc()).limit(MOST)


@cache
def _looks(ways: tuple[str, ...]) -> CompoundSelect[str, bytes]:
    """``ways``: the columns to find others by; ``code`` goes with ``site``."""
    kept = likeness.c
    both = {"site": (kept.site == bindparam("site")) & (kept.code == bindparam("code"))}
    looks = [
        select(kept.case_id, kept.minima)
        .where(
            both[way] if way in both else kept[way] == bindparam(way),
            kept.at.between(bindparam("since"), bindparam("until")),
            kept.case_id != bindparam("this"),
        )
        .order_by(kept.at.desc())
        .limit(MOST)
        .subquery()
        for way in ways
    ]
    return union_all(*(select(look) for look in looks))


def _topic(of: Case) -> dict[str, str]:
    return {"site": of.site, "code": _code(of)}


def _code(of: Case) -> str:
    return of.codes[0] if of.codes else ""
