"""Who has which case before them to triage: claimed by conditional write with a lease.

Two people never get the same case: whoever's row stands in ``triage_lease`` and has not run out
has it. What is not seen is not leased; a handler's queue and the ordinary one share no case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change, insert_into
from feedback_hub.adapters.tables import case, triage_lease
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES, CaseState, CaseVerb
from feedback_hub.domain.sensitivity import Priority, Sensitivity

LEASE = timedelta(minutes=10)
"""Time to read a long message and ask a colleague; what is forgotten comes back to others."""
LEFT_FOR = timedelta(hours=1)
"""What somebody left to others they are not offered again for so long."""
ENOUGH = 1000
_UNREAD_FOR = timedelta(minutes=10)
_TRIES = 5


def claim(
    session: Session, actor: Actor, now: datetime, *, handlers: bool, most: int
) -> Sequence[Case]:
    """Up to ``most`` cases that ``actor`` has before them, the longest held first.

    What they hold already stays theirs for another lease; then come the most urgent, the oldest
    first, that nobody else holds.
    """
    _renew(session, actor, now)
    found = _held(session, actor, now, handlers=handlers, most=most)
    for _ in range(_TRIES):
        wanted = most - len(found)
        free = _free(session, actor, now, handlers=handlers, most=wanted) if wanted else []
        if not free:
            break
        for case_id in free:
            lease(session, case_id, actor.id, now)
        # Read again: it may have been taken, or taken and decided, since it was found free.
        found = _held(session, actor, now, handlers=handlers, most=most)
    return found


def lease(session: Session, case_id: str, holder: str, now: datetime) -> bool:
    """Take a case on, unless somebody else holds it; whether it is ours."""
    ours = {"holder": holder, "held_since": now, "leased_until": now + LEASE}
    taken = insert_into(session, triage_lease).values(case_id=case_id, left_by="", **ours)
    free = or_(triage_lease.c.leased_until <= now, triage_lease.c.holder == holder)
    return (
        change(
            session, taken.on_conflict_do_update(index_elements=["case_id"], set_=ours, where=free)
        )
        == 1
    )


def holder_of(session: Session, case_id: str, now: datetime) -> str:
    """Who has a case before them; empty if nobody."""
    held = triage_lease.c
    who = select(held.holder).where(held.case_id == case_id, held.leased_until > now)
    return session.scalar(who) or ""


def end(session: Session, case_id: str) -> None:
    """Nobody needs to hold it any more: it is decided."""
    session.execute(delete(triage_lease).where(triage_lease.c.case_id == case_id))


def leave(session: Session, case_id: str, holder: str, now: datetime) -> None:
    """``holder`` leaves it to others."""
    held = triage_lease.c
    session.execute(
        update(triage_lease)
        .where(held.case_id == case_id, held.holder == holder)
        .values(leased_until=now, left_by=holder, left_at=now)
    )


def left(session: Session, actor: Actor, now: datetime, *, handlers: bool) -> int:
    """How many cases wait for ``actor``, those before them too, up to ``ENOUGH``."""
    some = (
        select(case.c.id)
        .where(
            *_to_triage(actor, now, handlers=handlers), case.c.id.not_in(_not_offered(actor, now))
        )
        .limit(ENOUGH)
    )
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _renew(session: Session, actor: Actor, now: datetime) -> None:
    held = triage_lease.c
    session.execute(
        update(triage_lease)
        .where(held.holder == actor.id, held.leased_until > now)
        .values(leased_until=now + LEASE)
    )


def _held(
    session: Session, actor: Actor, now: datetime, *, handlers: bool, most: int
) -> Sequence[Case]:
    held = triage_lease.c
    mine = select(held.case_id, held.held_since)
    since = dict(
        session.execute(mine.where(held.holder == actor.id, held.leased_until > now)).all()
    )
    # By the ids themselves: joined, a planner may begin with every case of these levels.
    found = session.scalars(
        select(Case).where(case.c.id.in_(sorted(since)), *_to_triage(actor, now, handlers=handlers))
    ).all()
    order = sorted(
        found, key=lambda one: (since[one.id], one.priority.rank, one.received_at, one.id)
    )
    return order[:most]


def _free(
    session: Session, actor: Actor, now: datetime, *, handlers: bool, most: int
) -> Sequence[str]:
    found: list[Row[tuple[Priority, datetime, str]]] = []
    # One state and level after the other: each is read in its index's order, and no further.
    for state, level in product(MOVES[CaseVerb.TRIAGE], _levels(handlers=handlers)):
        found += session.execute(
            select(case.c.priority, case.c.received_at, case.c.id)
            .where(
                case.c.state == state,
                case.c.sensitivity == level,
                *_to_triage(actor, now, handlers=handlers),
                case.c.id.not_in(_not_offered(actor, now)),
                case.c.id.not_in(_held_by(actor, now)),
            )
            .order_by(case.c.priority, case.c.received_at, case.c.id)
            .limit(most)
        )
    return [row.id for row in sorted(found)[:most]]


def _levels(*, handlers: bool) -> tuple[Sensitivity, ...]:
    return (Sensitivity.L3,) if handlers else (Sensitivity.L1, Sensitivity.L2)


def _to_triage(actor: Actor, now: datetime, *, handlers: bool) -> list[ColumnElement[bool]]:
    return [
        case_visible(scope_of(actor, Action.TRIAGE)),
        case.c.state.in_(tuple(MOVES[CaseVerb.TRIAGE])),
        case.c.sensitivity.in_(_levels(handlers=handlers)),
        # A machine raises it first, if it must; one that reads nothing holds up nobody.
        or_(case.c.classified_at.is_not(None), case.c.entered_at < now - _UNREAD_FOR),
        # An appeal is judged by somebody else.
        or_(case.c.state != CaseState.APPEALED, case.c.answered_by != actor.id),
    ]


def _held_by(actor: Actor, now: datetime) -> Select[Any]:
    held = triage_lease.c
    return select(held.case_id).where(held.holder == actor.id, held.leased_until > now)


def _not_offered(actor: Actor, now: datetime) -> Select[Any]:
    held = triage_lease.c
    return select(held.case_id).where(
        or_(
            (held.holder != actor.id) & (held.leased_until > now),
            (held.left_by == actor.id) & (held.left_at > now - LEFT_FOR),
        )
    )
