"""What a person asked of what is kept about them, and until when it is to be answered.

Command line and page both come here, so that each act has its line in the audit log.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import case, person_request
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Actor, Scope
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case

SOON = timedelta(days=7)
"""So long before the deadline whoever works on the case is reminded."""


class Wish(StrEnum):
    """What is asked for."""

    SEE = "see"
    ERASE = "erase"
    CORRECT = "correct"


class RequestEnd(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class PersonRequest:
    """One request. Times are UTC."""

    id: str
    ref: str
    wish: Wish
    asked_at: datetime
    due_at: datetime
    noted_by: str
    case_id: str


def note(
    uow: SqlUnitOfWork,
    actor: Actor,
    about: Case,
    wish: Wish,
    asked_at: datetime,
    days: int,
    now: datetime,
) -> datetime:
    """Keep what the person of a case that ``actor`` works on asked for; until when to answer.

    ``days``: how long there is, from ``asked_at`` on ([retention] request_days).
    """
    made, due_at = uuid.uuid4().hex, asked_at + timedelta(days=days)
    uow.session.execute(
        insert(person_request).values(
            id=made,
            case_id=about.id,
            kind=wish,
            asked_at=asked_at,
            due_at=due_at,
            noted_by=actor.id,
            ended_by="",
            outcome="",
        )
    )
    noted = {"kind": "person_request", "object_id": made}
    uow.audit(AuditAction.PERSON_ASKED, actor.id, now, reason=wish, **noted)
    return due_at


def answer(
    uow: SqlUnitOfWork, actor: Actor, about: Case, wish: Wish, outcome: RequestEnd, now: datetime
) -> bool:
    """End what was answered otherwise than by a copy or by erasing; whether anything waited."""
    if not end(uow.session, [about.id], wish, outcome, actor.id, now):
        return False
    noted = {"kind": "case", "object_id": about.id}
    uow.audit(AuditAction.PERSON_ANSWERED, actor.id, now, reason=outcome, **noted)
    return True


def open_ones(session: Session, scope: Scope) -> list[PersonRequest]:
    """What waits, of the cases in ``scope``; what is due first comes first."""
    row = person_request.c
    found = session.execute(
        _requests().where(row.ended_at.is_(None), case_visible(scope)).order_by(row.due_at, row.id)
    )
    return _read(found)


def waiting(session: Session, scope: Scope) -> tuple[int, datetime | None, datetime | None]:
    """How many wait of the cases in ``scope``, since when the first, and what is due first."""
    row = person_request.c
    counted = (
        select(func.count(), func.min(row.asked_at), func.min(row.due_at))
        .join(case, case.c.id == row.case_id)
        .where(row.ended_at.is_(None), case_visible(scope))
    )
    count, oldest, due = session.execute(counted).one()
    return count, oldest, due


def may_erase(session: Session, about: Case, actor: Actor) -> bool:
    """Whether erasing was asked for and written down by somebody else: two people, for good."""
    row = person_request.c
    asked = _requests().where(
        row.case_id == about.id, row.kind == Wish.ERASE, row.ended_at.is_(None)
    )
    return any(one.noted_by != actor.id for one in _read(session.execute(asked)))


def pressing(session: Session, now: datetime) -> list[PersonRequest]:
    """What is late, or will be within ``SOON``, whoever works on it."""
    row = person_request.c
    soon = _requests().where(row.ended_at.is_(None), row.due_at < now + SOON)
    return _read(session.execute(soon.order_by(row.due_at)))


def _requests() -> Select[Any]:
    row = person_request.c
    columns = (row.id, case.c.ref, row.kind, row.asked_at, row.due_at, row.noted_by, row.case_id)
    return select(*columns).join(case, case.c.id == row.case_id)


def _read(rows: Iterable[Row[Any]]) -> list[PersonRequest]:
    return [
        PersonRequest(
            one.id, one.ref, Wish(one.kind), one.asked_at, one.due_at, one.noted_by, one.case_id
        )
        for one in rows
    ]


def end(
    session: Session,
    case_ids: list[str],
    wish: Wish,
    outcome: RequestEnd,
    by: str,
    now: datetime,
) -> int:
    """End what waits of these cases; how many were."""
    row = person_request.c
    waiting = update(person_request).where(
        row.case_id.in_(case_ids), row.kind == wish, row.ended_at.is_(None)
    )
    return change(session, waiting.values(ended_at=now, ended_by=by, outcome=outcome))
