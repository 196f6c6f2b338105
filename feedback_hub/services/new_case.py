"""A case is opened, or gets one message more; the person behind it has one contact."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.languages import individual
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import highest
from feedback_hub.domain.submission import Submission
from feedback_hub.domain.whereabouts import Whereabouts
from feedback_hub.services import attachments, confided, custom_fields, inbox, seals, typed
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules
from feedback_hub.services.typed import UNLISTED, Typed


def open_case(
    uow: UnitOfWork,
    rules: Rules,
    submission: Submission,
    key_id: str,
    entered_by: str,
    now: datetime,
    from_history: bool = False,
) -> Case:
    """A case of what was handed in, with its first message; a machine reads that later."""
    message = submission.message
    contact_channel = (rules.phone_channel if submission.by_text else "") or submission.channel
    contact = contact_of(uow, contact_channel, message, now)
    if contact is not None:
        _note_safe_contact(uow, contact, submission, now)
    # A site nobody imported here is not refused: a report is worth more than our list of sites.
    site = message.site if uow.site_exists(message.site) else ""
    accused = submission.accused_organisation.strip()
    known = uow.organisation_named(accused)
    place = (submission.place or ("" if site else message.site)).strip()
    case = Case(
        id=new_id(),
        ref=uow.new_reference(),
        channel=submission.channel,
        received_at=message.received_at,
        entered_at=now,
        entered_by=entered_by,
        contact_id=contact.id if contact else None,
        site=site,
        language=individual(message.language),
        person=submission.person,
        consent=submission.consent,
        # By its code where we know it: who is accused decides who may know (conflict of interest).
        accused_organisation=known or (UNLISTED if accused else ""),
        accused_class=submission.accused_class,
        from_history=from_history,
    )
    if submission.codes:
        case.codes = submission.codes
        case.type = rules.frame.type_of(submission.codes)
        case.sector = rules.frame.sector_of(submission.codes)
        case.priority = rules.frame.priority_of(submission.codes)
        case.sensitivity = rules.frame.sensitivity_of(submission.codes)
    if submission.sensitivity is not None:
        case.sensitivity = highest(case.sensitivity, submission.sensitivity)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    case.record(Event(EventKind.RECEIVED, case.id, entered_by, now))
    uow.add(case)
    typed.keep(uow, case.id, Typed(place[:200], "" if known else accused))
    add_message(
        uow,
        case,
        contact,
        message,
        key_id,
        submission.channel,
        now,
        device_at=submission.device_at,
    )
    custom_fields.keep(uow, rules, case.id, key_id, submission)
    _note_location(uow, case, message)
    return case


def _note_location(uow: UnitOfWork, case: Case, message: InboundMessage) -> None:
    """Of a point that was sent along only the district is told; the point stays sealed."""
    point = message.location
    if point is None or case.site:
        return
    district = uow.place_at(point.latitude, point.longitude)
    if district is not None:
        uow.keep_whereabouts(case.id, Whereabouts(area=district))


def add_message(
    uow: UnitOfWork,
    case: Case,
    contact: Contact | None,
    message: InboundMessage,
    key_id: str,
    channel: str,
    now: datetime,
    *,
    revises: str | None = None,
    device_at: datetime | None = None,
) -> Message:
    """Keep ``message``, sealed with ``key_id``, in its case; its files are fetched later."""
    message_id = new_id()
    sources = None
    if message.attachments:
        listed = json.dumps([asdict(attachment) for attachment in message.attachments])
        sources = uow.vault.seal(key_id, listed, seals.sources_bound_to(message_id))
    kept = Message(
        id=message_id,
        case_id=case.id,
        contact_id=contact.id if contact else None,
        channel=channel,
        external_id=inbox.fitting(message.external_id),
        kind=message.kind,
        key_id=key_id,
        text_sealed=uow.vault.seal(key_id, message.text, seals.text_bound_to(message_id)),
        attachments_sealed=sources,
        language=individual(message.language),
        received_at=message.received_at,
        sent_at=message.sent_at,
        revises_id=revises,
        device_at=device_at,
    )
    uow.add(kept)
    if message.attachments:
        attachments.expect(uow, message_id, message.attachments, now)
    case.note(EventKind.MESSAGE_ADDED, message_id, case.entered_by, now)
    uow.work(Task.CLASSIFY, message_id, now)
    return kept


def contact_of(
    uow: UnitOfWork, channel: str, message: InboundMessage, now: datetime
) -> Contact | None:
    """Whoever sent ``message``, met for the first time if need be; None where nobody is named."""
    address = message.address or message.sender
    if not address:
        return None
    index = uow.vault.index(address, f"address:{channel}")
    # Two messages of one person at once must not each open a case.
    contact = uow.contact_at(channel, index, hold=True)
    if contact is None:
        contact_id, key_id = new_id(), uow.vault.new_key()
        contact = Contact(
            id=contact_id,
            channel=channel,
            address_index=index,
            key_id=key_id,
            address_sealed=uow.vault.seal(key_id, address, seals.address_bound_to(contact_id)),
            created_at=now,
        )
        uow.add(contact)
    confided.keep_name(uow, contact, message.sender_name)
    return contact


def _note_safe_contact(
    uow: UnitOfWork, contact: Contact, submission: Submission, now: datetime
) -> None:
    if submission.private_phone is not Answered.NOT_ASKED:
        contact.private_phone = submission.private_phone
    if submission.leave_message is not Answered.NOT_ASKED:
        contact.may_leave_message = submission.leave_message
    if submission.news is not Answered.NOT_ASKED:
        contact.news_at = now if submission.news is Answered.YES else None
    confided.keep_safe_time(uow, contact, submission.safe_time)
