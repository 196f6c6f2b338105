"""Meetings in the database."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import meeting, meeting_case
from feedback_hub.domain.meeting import Meeting
from feedback_hub.domain.person import AgeBand, Sex


def keep(session: Session, held: Meeting) -> bool:
    """Keep it, or what is corrected of it; False if somebody else used this id."""
    values = {
        "kind": held.kind,
        "held_on": held.held_on,
        "site": held.site,
        "place": held.place,
        "committee_present": held.committee_present,
        "present": {f"{sex}.{band}": str(number) for (sex, band), number in held.present.items()},
    }
    by = session.scalar(select(meeting.c.entered_by).where(meeting.c.id == held.id))
    if by is None:
        entered = {"id": held.id, "entered_by": held.entered_by, "entered_at": held.entered_at}
        session.execute(insert(meeting).values(**values, **entered))
    elif by == held.entered_by:
        session.execute(update(meeting).where(meeting.c.id == held.id).values(**values))
    return by in {None, held.entered_by}


def link(session: Session, meeting_id: str, case_id: str) -> None:
    """A case is a point raised at a meeting; said once."""
    known = select(meeting_case.c.case_id).where(meeting_case.c.case_id == case_id)
    if session.scalar(known) is None:
        session.execute(insert(meeting_case).values(case_id=case_id, meeting_id=meeting_id))


def of_case(session: Session, case_id: str) -> Meeting | None:
    """The meeting at which a case was raised."""
    row = session.execute(
        select(meeting)
        .join(meeting_case, meeting_case.c.meeting_id == meeting.c.id)
        .where(meeting_case.c.case_id == case_id)
    ).one_or_none()
    if row is None:
        return None
    present = {}
    for counted, number in row.present.items():
        sex, _, band = counted.partition(".")
        present[Sex(sex), AgeBand(band)] = int(number)
    return Meeting(
        id=row.id,
        kind=row.kind,
        held_on=row.held_on,
        site=row.site,
        place=row.place,
        committee_present=row.committee_present,
        present=present,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
    )
