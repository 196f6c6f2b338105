"""The practice phone: what the person holding it wrote and got.

A reader sees what they typed themselves, and the numbers of whose cases every one exists for them:
a phone in the hand of a case manager shows no highly sensitive words of somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, and_, exists, not_, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import contact as contact_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Actor
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.message import DeliveryState
from feedback_hub.reads.case_list import own_scope
from feedback_hub.reads.views.handset import HandsetContact, HandsetLine, HandsetPage
from feedback_hub.reads.wire import message_text
from feedback_hub.services import loopback, seals
from feedback_hub.services.ports import VaultSealed
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.work import InboxKind, InboxRow

MOST = 8
_LINES = 200


def typed_by(actor: Actor) -> str:
    """How the ids of messages begin that this actor typed on a practice phone."""
    return f"handset-{actor.id}-"


def page(
    uow: SqlUnitOfWork,
    actor: Actor,
    channel: str,
    number: str,
    examples: tuple[str, ...] = (),
) -> HandsetPage:
    """The phone with ``number`` (canonical) in hand, and the numbers used so far."""
    typed = _typed(uow, actor, channel)
    contacts = _numbers(uow, actor, channel, typed)
    return HandsetPage(channel, number, lines(uow, actor, channel, number), contacts, examples)


def lines(uow: SqlUnitOfWork, actor: Actor, channel: str, number: str) -> tuple[HandsetLine, ...]:
    """The texts on the phone, the oldest first."""
    if not number:
        return ()
    written = [(at, text) for at, address, text in _typed(uow, actor, channel) if address == number]
    # A set: what was typed and has been registered since is one line, not two.
    found = {HandsetLine(at, text, mine=True) for at, text in written}
    contact = uow.contact_at(channel, uow.vault.index(number, f"address:{channel}"))
    if contact is not None:
        since = min((at for at, _ in written), default=None)
        open_to_reader = _open_contacts(actor, channel).where(contact_table.c.id == contact.id)
        if uow.session.scalar(open_to_reader) is not None:
            since = contact.created_at
            found |= {HandsetLine(at, text, mine=True) for at, text in _said(uow, contact)}
        if since is not None:
            found |= _received(uow, contact, since)
    return tuple(sorted(found, key=lambda line: line.at))[-_LINES:]


def _typed(uow: SqlUnitOfWork, actor: Actor, channel: str) -> list[tuple[datetime, str, str]]:
    """``(when, number, text)`` of what this actor typed here, registered or not; newest first."""
    inbox = tables.inbox.c
    rows = uow.session.scalars(
        select(InboxRow)
        .where(
            inbox.channel == channel,
            inbox.kind == InboxKind.MESSAGE,
            inbox.external_id.startswith(typed_by(actor), autoescape=True),
        )
        .order_by(inbox.arrived_at.desc())
        .limit(_LINES)
    ).all()
    uow.vault.load({row.key_id for row in rows})
    found = []
    for row in rows:
        try:
            opened = uow.vault.open(row.key_id, row.parsed_sealed, f"inbox.parsed:{row.id}")
        except VaultSealed:
            continue
        if not opened:
            # Erased.
            continue
        parsed = json.loads(opened)
        address = parsed["address"] or parsed["sender"]
        found.append((datetime.fromisoformat(parsed["received_at"]), address, parsed["text"]))
    return found


def _said(uow: SqlUnitOfWork, contact: Contact) -> list[tuple[datetime, str]]:
    of_contact = tables.message.c.contact_id == contact.id
    newest = select(Message).where(of_contact).order_by(tables.message.c.received_at.desc())
    messages = uow.session.scalars(newest.limit(_LINES)).all()
    uow.vault.load({message.key_id for message in messages})
    return [(message.received_at, message_text(uow, message)) for message in messages]


def _received(uow: SqlUnitOfWork, contact: Contact, since: datetime) -> set[HandsetLine]:
    delivery = tables.delivery.c
    rows = uow.session.scalars(
        select(Delivery).where(
            delivery.contact_id == contact.id,
            delivery.queued_at >= since,
            delivery.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)),
        )
    ).all()
    uow.vault.load({row.key_id for row in rows})
    return {
        HandsetLine(
            row.sent_at or row.queued_at,
            uow.vault.open(row.key_id, row.text_sealed, loopback.text_bound_to(row.id)),
            mine=False,
        )
        for row in rows
        if row.text_sealed is not None
    }


def _open_contacts(actor: Actor, channel: str) -> Select[tuple[str]]:
    hidden = exists(
        select(case_table.c.id).where(
            case_table.c.contact_id == contact_table.c.id,
            not_(case_visible(own_scope(actor))),
        )
    )
    known = exists(select(case_table.c.id).where(case_table.c.contact_id == contact_table.c.id))
    return select(contact_table.c.id).where(
        and_(contact_table.c.channel == channel, known, ~hidden)
    )


def _numbers(
    uow: SqlUnitOfWork,
    actor: Actor,
    channel: str,
    typed: Iterable[tuple[datetime, str, str]],
) -> tuple[HandsetContact, ...]:
    numbers: dict[str, HandsetContact] = {}
    for at, number, text in typed:
        numbers.setdefault(number, HandsetContact(number, " ".join(text.split())[:80], at))
    newest = _open_contacts(actor, channel).order_by(contact_table.c.created_at.desc()).limit(MOST)
    contacts = uow.session.scalars(
        select(Contact).where(contact_table.c.id.in_(newest.scalar_subquery()))
    ).all()
    uow.vault.load({contact.key_id for contact in contacts})
    for contact in sorted(contacts, key=lambda one: one.created_at, reverse=True):
        number = uow.vault.open(
            contact.key_id, contact.address_sealed, seals.address_bound_to(contact.id)
        )
        numbers.setdefault(number, HandsetContact(number, "", contact.created_at))
    return tuple(numbers.values())[:MOST]
