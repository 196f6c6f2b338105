"""Broadcasts and who was told: what the unit of work asks the database for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from feedback_hub.adapters import tables
from feedback_hub.domain.broadcast import Broadcast, BroadcastState
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.message import DeliveryState, SendFault

_TRIED = (
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.FAILED,
    DeliveryState.EXPIRED,
)


def opted_in(
    session: Session, broadcast: Broadcast, channels: Collection[str], most: int | None
) -> Sequence[Contact]:
    """Who asked for information, at its sites, and has not been told: the longest first."""
    contact, case = tables.contact.c, tables.case.c
    told = tables.broadcast_person.c
    wanted = [
        contact.news_at.is_not(None),
        contact.stopped_at.is_(None),
        contact.channel.in_(sorted(channels)),
        ~exists().where(told.broadcast_id == broadcast.id, told.contact_id == contact.id),
    ]
    if broadcast.sites:
        there = exists().where(case.contact_id == contact.id, case.site.in_(broadcast.sites))
        # Where they came by; else where what they told us of is.
        wanted.append(or_(contact.site.in_(broadcast.sites), (contact.site == "") & there))
    found = select(Contact).where(*wanted).order_by(contact.news_at, contact.id)
    return session.scalars(found.limit(most) if most is not None else found).all()


def fate(session: Session, broadcast_id: str) -> tuple[int, int]:
    """How many texts were tried, and how many of them failed; who opted out is no failure."""
    told, sent = tables.broadcast_person, tables.delivery.c
    counted = (
        select(sent.state, func.count())
        .join(told, told.c.delivery_id == sent.id)
        .where(told.c.broadcast_id == broadcast_id, sent.state.in_(_TRIED))
        .where(or_(sent.fault.is_(None), sent.fault != SendFault.OPTED_OUT))
        .group_by(sent.state)
    )
    states = {state: int(count) for state, count in session.execute(counted)}
    failed = states.get(DeliveryState.FAILED, 0) + states.get(DeliveryState.EXPIRED, 0)
    return sum(states.values()), failed


def states_of(session: Session, broadcast_id: str) -> dict[str, int]:
    """How many people were told, by what became of the text; ``none``: no text goes to them."""
    told, sent = tables.broadcast_person, tables.delivery.c
    counted = (
        select(sent.state, func.count())
        .select_from(told.outerjoin(tables.delivery, told.c.delivery_id == sent.id))
        .where(told.c.broadcast_id == broadcast_id)
        .group_by(sent.state)
    )
    return {state.value if state else "none": int(n) for state, n in session.execute(counted)}


def of_delivery(session: Session, delivery_id: str) -> Broadcast | None:
    """The broadcast that a text belongs to."""
    told = tables.broadcast_person.c
    found = select(told.broadcast_id).where(told.delivery_id == delivery_id)
    broadcast_id = session.scalar(found)
    return session.get(Broadcast, broadcast_id) if broadcast_id else None


def due(session: Session, now: datetime) -> Sequence[str]:
    """Those whose next step is due; their ids."""
    broadcast = tables.broadcast.c
    return session.scalars(
        select(broadcast.id).where(
            broadcast.state == BroadcastState.RUNNING, broadcast.next_at <= now
        )
    ).all()


def listed(session: Session, most: int = 100) -> Sequence[Broadcast]:
    """The latest first."""
    broadcast = tables.broadcast.c
    newest = select(Broadcast).order_by(broadcast.made_at.desc(), broadcast.id)
    return session.scalars(newest.limit(most)).all()
