"""Calls: a request to be called back is one, however often the same phone rings.

A call is several webhooks that may overtake each other. Each carries the call's own id in
``metadata["call"]``; a request to be called back has it as its external id, and
``<call>.heard`` says that the call was served or its caller wants no call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.message import DeliveryReceipt, InboundMessage, MessageKind
from feedback_hub.domain.submission import Submission
from feedback_hub.services import enquiry
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.work import InboxKind

SETTLES = timedelta(seconds=4)
"""How long a call that ended waits for what it may have left: its webhooks come out of order."""


def call_of(message: InboundMessage) -> str | None:
    """The live call that a message is a part of."""
    return message.metadata.get("call")


def settling(item: InboundMessage | Submission | DeliveryReceipt) -> timedelta:
    """How long an accepted item waits before it is registered."""
    if isinstance(item, InboundMessage) and item.kind is MessageKind.MISSED_CALL:
        return SETTLES if call_of(item) else timedelta(0)
    return timedelta(0)


def is_awaited(item: InboundMessage | Submission | DeliveryReceipt) -> bool:
    """Whether somebody holds the line until this is a case with its numbers."""
    return (
        isinstance(item, InboundMessage)
        and item.kind is MessageKind.VOICE
        and call_of(item) is not None
    )


def is_settled(uow: UnitOfWork, channel: str, message: InboundMessage, now: datetime) -> bool:
    """Whether this item of a call asks for nothing; a question about a case is noted on it."""
    call = call_of(message)
    if call is None:
        return False
    if message.kind is MessageKind.OPENED:
        _note_question(uow, channel, message, now)
        return True
    if message.kind is not MessageKind.MISSED_CALL or message.metadata.get("asked"):
        return False
    return uow.accepted(channel, InboxKind.MESSAGE, f"{call}.heard") is not None


def case_of(
    uow: UnitOfWork, channel: str, contact: Contact | None, message: InboundMessage
) -> Case | None:
    """The case this belongs to: the contact's open request, or the one the same call made.

    A voice message joins no other case of its number: its numbers are read out to whoever rang,
    and a phone has several people.
    """
    call = call_of(message)
    if contact is None or call is None:
        return None
    if message.kind is MessageKind.MISSED_CALL:
        return uow.open_request(contact.id)
    if message.kind is not MessageKind.VOICE:
        return None
    overtaken = uow.accepted(channel, InboxKind.MESSAGE, call)
    case = uow.case(overtaken.case_id) if overtaken and overtaken.case_id else None
    first = uow.messages_of(case.id)[0] if case else None
    return case if case and first and first.external_id == call and case.is_open else None


def consent_in(message: InboundMessage) -> Consent:
    """What a caller agreed to by key."""
    return Consent(
        record=_answered(message, "consent_record"), contact=_answered(message, "consent_contact")
    )


def _answered(message: InboundMessage, question: str) -> Answered:
    said = message.metadata.get(question, "")
    return Answered(said) if said in {"yes", "no"} else Answered.NOT_ASKED


def _note_question(uow: UnitOfWork, channel: str, message: InboundMessage, now: datetime) -> None:
    """Only here, after the call, is it known whether the numbers fit: the caller cannot tell."""
    ref = message.metadata.get("reference", "")
    if ref and enquiry.fits(uow, ref, message.metadata.get("secret", ""), "", now):
        enquiry.note(uow, ref, f"channel:{channel}", now)
