"""Visits and committees in their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import committee, visit, visit_service
from feedback_hub.domain.monitoring import Committee, Seat, ServiceSeen, Visit


@dataclass(frozen=True)
class KeptPhoto:
    """Where a visit's photo is kept, what it is, and which key opens it; an empty name: none."""

    name: str = ""
    media_type: str = ""
    key_id: str = ""


def keep_visit(session: Session, held: Visit, photo: KeptPhoto) -> None:
    """Keep one visit with what it found."""
    session.execute(
        insert(visit).values(
            id=held.id,
            site=held.site,
            visited_on=held.visited_on,
            entered_by=held.entered_by,
            entered_at=held.entered_at,
            population=held.population,
            arrivals=held.arrivals,
            departures=held.departures,
            photo=photo.name,
            photo_type=photo.media_type,
            photo_key=photo.key_id,
        )
    )
    if held.services:
        found = [
            {
                "visit_id": held.id,
                "sector": seen.sector,
                "state": seen.state,
                "units": seen.units,
                "note": seen.note,
            }
            for seen in held.services
        ]
        session.execute(insert(visit_service), found)


def keep_committee(session: Session, held: Committee) -> None:
    """Keep a site's committee in place of what was kept."""
    session.execute(delete(committee).where(committee.c.site == held.site))
    session.execute(
        insert(committee).values(
            site=held.site,
            seats={seat.value: str(number) for seat, number in held.seats.items() if number},
            formed_on=held.formed_on,
            changed_by=held.changed_by,
            changed_at=held.changed_at,
        )
    )


def committees(session: Session) -> dict[str, Committee]:
    """Every site's committee."""
    rows = session.execute(select(committee))
    return {
        row.site: Committee(
            row.site,
            {Seat(name): int(number) for name, number in row.seats.items()},
            row.formed_on,
            row.changed_by,
            row.changed_at,
        )
        for row in rows
    }


def last_visits(session: Session, until: date) -> dict[str, Visit]:
    """The last visit to each site until a day; of one day the one entered last."""
    ranked = (
        select(
            visit.c.id,
            func.row_number()
            .over(
                partition_by=visit.c.site,
                order_by=(visit.c.visited_on.desc(), visit.c.entered_at.desc()),
            )
            .label("place"),
        )
        .where(visit.c.visited_on <= until)
        .subquery()
    )
    last = select(ranked.c.id).where(ranked.c.place == 1)
    rows = session.execute(select(visit).where(visit.c.id.in_(last))).all()
    return {held.site: held for held in _visits(session, rows)}


def visits_to(session: Session, site: str, most: int) -> list[tuple[Visit, bool]]:
    """The last visits to a site, the newest first, each with whether it has a photo."""
    newest = (visit.c.visited_on.desc(), visit.c.entered_at.desc())
    wanted = select(visit).where(visit.c.site == site).order_by(*newest).limit(most)
    rows = session.execute(wanted).all()
    return list(zip(_visits(session, rows), [bool(row.photo) for row in rows], strict=True))


def photo_of(session: Session, visit_id: str) -> tuple[str, KeptPhoto] | None:
    """The site of a visit and its photo; None where there is none."""
    row = session.execute(select(visit).where(visit.c.id == visit_id, visit.c.photo != "")).first()
    if row is None:
        return None
    return row.site, KeptPhoto(row.photo, row.photo_type, row.photo_key)


def _visits(session: Session, rows: Sequence[Row[tuple[object, ...]]]) -> list[Visit]:
    seen: dict[str, list[ServiceSeen]] = {}
    ids = [row.id for row in rows]
    found = session.execute(
        select(visit_service)
        .where(visit_service.c.visit_id.in_(ids))
        .order_by(visit_service.c.sector)
    )
    for one in found:
        service = ServiceSeen(one.sector, one.state, one.units, one.note)
        seen.setdefault(one.visit_id, []).append(service)
    return [
        Visit(
            row.id,
            row.site,
            row.visited_on,
            row.entered_by,
            row.entered_at,
            tuple(seen.get(row.id, ())),
            row.population,
            row.arrivals,
            row.departures,
        )
        for row in rows
    ]
