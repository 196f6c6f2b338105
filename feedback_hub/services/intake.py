"""How what people send becomes a case: accepted at once, registered by a worker.

``accept`` is all that happens while a provider waits: one commit, nothing read. ``register`` turns
an accepted row into contact, message, case and work, in one transaction, once.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.commands import Command, command_in, enquiry_in, numbers_in
from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.message import DeliveryReceipt, DeliveryState, InboundMessage, MessageKind
from feedback_hub.domain.sensitivity import Sensitivity, highest
from feedback_hub.domain.submission import Submission
from feedback_hub.domain.whereabouts import Whereabouts
from feedback_hub.services import (
    attachments,
    call_list,
    callbacks,
    chatting,
    conversation,
    custom_fields,
    dialogue,
    enquiry,
    inbox,
    loopback,
    on_call,
    pacing,
    seals,
)
from feedback_hub.services.ports import Classifier, Inbox, UnitOfWork, VaultSealed
from feedback_hub.services.records import InboxKind, InboxRow, Message, Task
from feedback_hub.services.rules import Rules

API = "api"
"""The inbox's name for submissions that came over the API, whatever channel they report."""


class ReceiptTooEarly(Exception):
    """A receipt for a send, or an answer about a message, that is not here yet: try later."""


def accept(
    uow: UnitOfWork,
    channel: str,
    items: Sequence[InboundMessage | Submission | DeliveryReceipt],
    raw: bytes,
    now: datetime,
    *,
    from_history: bool = False,
    at_once: Rules | None = None,
) -> int:
    """Keep what a provider delivered; returns how many items are new.

    Called inside the webhook: a known (channel, kind, external id) changes nothing, so that a
    delivery repeated is one message. With ``at_once`` a voice message is registered too: whoever
    left it waits on the line for the numbers of its case.
    """
    new = 0
    for item in items:
        kind = InboxKind.RECEIPT if isinstance(item, DeliveryReceipt) else InboxKind.MESSAGE
        row = _row(uow, channel, kind, external_id(item), raw, inbox.dump(item), now)
        row.from_history = from_history
        row.available_at = now + callbacks.settling(item)
        awaited = at_once is not None and callbacks.is_awaited(item)
        row.handled_at = now if awaited else None
        if uow.add_inbox(row):
            new += 1
            if at_once is not None and awaited and isinstance(item, InboundMessage):
                case_id = _take_in_call(uow, at_once, row, item, now)
                if case_id:
                    uow.set_inbox_case(row.id, case_id)
        else:
            uow.vault.destroy(row.key_id)
    return new


def accept_all(
    uow: UnitOfWork,
    channel: str,
    items: Sequence[InboundMessage | Submission],
    now: datetime,
    from_history: bool,
) -> None:
    """Like ``accept`` of each without a raw payload, in a handful of statements however many."""
    rows = []
    for item, key_id in zip(items, uow.vault.new_keys(len(items)), strict=True):
        row = _sealed(
            uow, key_id, channel, InboxKind.MESSAGE, external_id(item), b"", inbox.dump(item), now
        )
        row.from_history = from_history
        rows.append(row)
    kept = uow.add_inbox_all(rows)
    uow.vault.destroy_all([row.key_id for row in rows if row.id not in kept])


@dataclass(frozen=True)
class Arrival:
    """What one call of a provider brought, as ``accept`` takes it."""

    channel: str
    items: Sequence[InboundMessage | Submission | DeliveryReceipt]
    raw: bytes
    at: datetime


def accept_together(into: Inbox, arrivals: Sequence[Arrival]) -> list[InboxRow]:
    """``accept`` of several calls at once, durable when it returns; the rows that are new."""
    found = [(arrival, item) for arrival in arrivals for item in arrival.items]
    rows = []
    for (arrival, item), key_id in zip(found, into.new_keys(len(found)), strict=True):
        row_id = uuid.uuid4().hex
        is_receipt = isinstance(item, DeliveryReceipt)
        rows.append(
            InboxRow(
                id=row_id,
                channel=arrival.channel,
                kind=InboxKind.RECEIPT if is_receipt else InboxKind.MESSAGE,
                external_id=external_id(item),
                key_id=key_id,
                raw_sealed=into.seal(key_id, arrival.raw, f"inbox.raw:{row_id}"),
                parsed_sealed=into.seal(key_id, inbox.dump(item), f"inbox.parsed:{row_id}"),
                arrived_at=arrival.at,
                available_at=arrival.at + callbacks.settling(item),
            )
        )
    kept = into.keep(rows)
    return [row for row in rows if row.id in kept]


def reject(uow: UnitOfWork, channel: str, raw: bytes, reason: str, now: datetime) -> None:
    """Keep a payload nobody could read, for the operator; the same one is kept once."""
    digest = hashlib.sha256(raw).hexdigest()
    row = _row(uow, channel, InboxKind.REJECTED, digest, raw, "{}", now)
    row.set_aside_at = now
    row.fault = reason[:200]
    if not uow.add_inbox(row):
        uow.vault.destroy(row.key_id)


def submit(
    uow: UnitOfWork, rules: Rules, actor: Actor, submission: Submission, now: datetime
) -> tuple[str, bool]:
    """Accept and register a submission at once: ``(case reference, whether it is new)``.

    The same ``submission_id`` gives the same reference. Raises ``Invalid``.
    """
    _check(rules, submission)
    submission = custom_fields.checked(rules, submission)
    external_id = submission.message.external_id
    row = _row(
        uow, API, InboxKind.SUBMISSION, external_id, b"", inbox.dump(submission.message), now
    )
    row.handled_at = now
    if not uow.add_inbox(row):
        uow.vault.destroy(row.key_id)
        known = uow.accepted(API, InboxKind.SUBMISSION, external_id)
        before = uow.case(known.case_id) if known and known.case_id else None
        if before is None:
            raise Invalid("submission_id", "was used for something that is not a case")
        return before.ref, False
    case = _open_case(uow, rules, submission, row.key_id, actor.id, now)
    # Whoever hands it in holds the reference from this moment.
    case.acknowledged_at = now
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    uow.set_inbox_case(row.id, case.id)
    return case.ref, True


def take_over(
    uow: UnitOfWork,
    rules: Rules,
    channel: str,
    submission: Submission,
    entered_by: str,
    now: datetime,
    *,
    from_history: bool,
) -> Case:
    """Make a case at once of a record that another register kept, and that is not here yet."""
    row = _row(
        uow,
        channel,
        InboxKind.SUBMISSION,
        external_id(submission),
        b"",
        inbox.dump(submission.message),
        now,
    )
    row.handled_at = now
    row.from_history = from_history
    uow.add_inbox(row)
    case = _open_case(uow, rules, submission, row.key_id, entered_by, now, from_history)
    uow.set_inbox_case(row.id, case.id)
    return case


def says_the_same(uow: UnitOfWork, submission: Submission) -> bool:
    """Whether the submission kept with this id has these words: a form may be filled in anew."""
    row = uow.accepted(API, InboxKind.SUBMISSION, submission.message.external_id)
    if row is None:
        return False
    try:
        opened = uow.vault.open(row.key_id, row.parsed_sealed, f"inbox.parsed:{row.id}")
    except VaultSealed:
        return True
    # What was erased was here, and nobody can say any more how it read.
    return not opened or bool(json.loads(opened)["text"] == submission.message.text)


def register(
    uow: UnitOfWork, rules: Rules, classifier: Classifier, inbox_id: str, now: datetime
) -> None:
    """Turn one accepted row into what it means. Raises ``ReceiptTooEarly``.

    ``classifier`` says whether a message goes on with an earlier one, before it is put there.
    """
    row = uow.inbox_row(inbox_id)
    if row is None:
        return
    parsed = json.loads(uow.vault.open(row.key_id, row.parsed_sealed, f"inbox.parsed:{row.id}"))
    if row.kind is InboxKind.RECEIPT:
        _receive(uow, row.channel, parsed, now)
    elif row.kind is InboxKind.MESSAGE:
        item = inbox.load(parsed)
        if isinstance(item, Submission):
            row.case_id = _take_in_form(uow, rules, classifier, row, item, now)
        else:
            row.case_id = _take_in(uow, rules, classifier, row, item, now)
            call_list.asked_to_be_called(uow, rules, row.case_id, item, now)


def addresses_in(uow: UnitOfWork, rows: Iterable[InboxRow]) -> Iterator[tuple[str, str]]:
    """(channel, address index) of whoever sent these messages, as ``register`` will look for."""
    for row in rows:
        if row.kind is not InboxKind.MESSAGE:
            continue
        parsed = json.loads(uow.vault.open(row.key_id, row.parsed_sealed, f"inbox.parsed:{row.id}"))
        address = parsed.get("address") or parsed.get("sender")
        if address:
            yield row.channel, uow.vault.index(address, f"address:{row.channel}")


def _take_in_form(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    row: InboxRow,
    submission: Submission,
    now: datetime,
) -> str:
    """A form is a case, by the rules of ``submit``, but nothing in it refuses it.

    Nobody waits for an answer who could mend it. What it says is no command, and a reference in it
    is a word: an enumerator writes about somebody, and does not answer in their conversation.
    """
    fitting_ones = custom_fields.fitted(rules, _with_known_codes(rules, submission))
    whole = replace(fitting_ones, channel=submission.channel or row.channel)
    original = conversation.original_of(uow, row.channel, whole.message)
    if original is not None:
        known = conversation.revise(uow, rules, classifier, original, whole.message, now)
        if known is not None:
            _correct(rules, known, whole, now)
            contact = uow.contact(known.contact_id) if known.contact_id else None
            _add_message(
                uow,
                known,
                contact,
                whole.message,
                row.key_id,
                row.channel,
                now,
                revises=original.id,
            )
            custom_fields.keep(uow, rules, known.id, row.key_id, whole)
            return known.id
    entered_by = f"channel:{row.channel}"
    return _open_case(uow, rules, whole, row.key_id, entered_by, now, row.from_history).id


def _correct(rules: Rules, case: Case, form: Submission, now: datetime) -> None:
    """What a corrected form changes by itself: consent to what is agreed now, the level upwards."""
    if form.consent != Consent():
        case.consent = form.consent
    level = form.sensitivity or Sensitivity.L1
    if form.codes:
        level = highest(level, rules.frame.sensitivity_of(form.codes))
    if level is Sensitivity.L3:
        urgent = rules.frame.priority_of(form.codes) if form.codes else case.priority
        case.suspect(urgent, now)
    case.sensitivity = highest(case.sensitivity, level)


def _with_known_codes(rules: Rules, submission: Submission) -> Submission:
    """``submission`` with the frame's codes only, the other words kept beneath the text.

    An old version of a form has codes that the frame has dropped.
    """
    unknown = [code for code in submission.codes if code not in rules.frame]
    if not unknown:
        return submission
    message = submission.message
    text = "\n".join(filter(None, (message.text, *unknown)))
    return replace(
        submission,
        message=replace(message, text=text),
        codes=tuple(code for code in submission.codes if code in rules.frame),
    )


def _take_in(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    row: InboxRow,
    message: InboundMessage,
    now: datetime,
) -> str | None:
    if callbacks.call_of(message) is not None:
        return _take_in_call(uow, rules, row, message, now)
    if on_call.take_answer(uow, message, now) or chatting.take_code(uow, message, now):
        return None
    contact = _contact(uow, row.channel, message, now)
    # Read before anything else (DOMAIN.md, Loop back); only then is it a matter to handle.
    if contact is not None and _was_for_us(uow, rules, contact, message, row, now):
        return None
    if contact is not None and pacing.waits(uow, rules, contact, row, now):
        return None
    original = conversation.original_of(uow, row.channel, message, contact)
    if original is not None:
        known = conversation.revise(uow, rules, classifier, original, message, now)
        if known is not None:
            _add_message(
                uow, known, contact, message, row.key_id, row.channel, now, revises=original.id
            )
            return known.id
    place = conversation.place(
        uow, rules, classifier, contact, message, from_history=row.from_history
    )
    if place.joins is not None:
        _add_message(uow, place.joins, contact, message, row.key_id, row.channel, now)
        return place.joins.id
    entered_by = f"channel:{row.channel}"
    submission = Submission(message, row.channel)
    case = _open_case(uow, rules, submission, row.key_id, entered_by, now, row.from_history)
    conversation.note_place(uow, place, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    return case.id


def _was_for_us(
    uow: UnitOfWork,
    rules: Rules,
    contact: Contact,
    message: InboundMessage,
    row: InboxRow,
    now: datetime,
) -> bool:
    """Whether it spoke to the mechanism itself, and was obeyed or answered: no case."""
    if message.kind is MessageKind.OPENED:
        _welcome(uow, rules, contact, message, row, now)
        return True
    if command := command_in(message.text):
        _obey(uow, rules, command, contact, row, now)
        return True
    asked = enquiry_in(message.text)
    if asked is not None and not row.from_history:
        enquiry.answer(uow, rules, contact, asked, now)
        return True
    numbers = None if row.from_history else numbers_in(message.text)
    if numbers and enquiry.answer_numbers(uow, rules, contact, numbers, now):
        return True
    return dialogue.take_answer(uow, rules, contact, message, now)


def _take_in_call(
    uow: UnitOfWork, rules: Rules, row: InboxRow, message: InboundMessage, now: datetime
) -> str | None:
    """What a live call left: a case of its own, or more of the one that the same call made."""
    if "question" in message.metadata:
        _take_call_answer(uow, rules, row.channel, message, now)
        return None
    if callbacks.is_settled(uow, row.channel, message, now):
        return None
    contact = _contact(uow, row.channel, message, now)
    known = callbacks.case_of(uow, row.channel, contact, message)
    if known is not None:
        _add_message(uow, known, contact, message, row.key_id, row.channel, now)
        return known.id
    submission = Submission(message, row.channel, consent=callbacks.consent_in(message))
    entered_by = f"channel:{row.channel}"
    return _open_case(uow, rules, submission, row.key_id, entered_by, now, row.from_history).id


def _take_call_answer(
    uow: UnitOfWork, rules: Rules, channel: str, message: InboundMessage, now: datetime
) -> None:
    """What a caller keyed after leaving a message, which may not be a case yet."""
    left = uow.accepted(channel, InboxKind.MESSAGE, fitting(message.metadata.get("about", "")))
    case = uow.case(left.case_id) if left and left.case_id else None
    if case is None:
        raise ReceiptTooEarly
    dialogue.on_call(uow, rules, case, message.metadata, now)


def _obey(
    uow: UnitOfWork,
    rules: Rules,
    command: Command,
    contact: Contact,
    row: InboxRow,
    now: datetime,
) -> None:
    if command in {Command.NEWS, Command.NO_NEWS}:
        _want_news(uow, rules, contact, command is Command.NEWS, row, now)
        return
    was_stopped = contact.stopped_at is not None
    contact.stopped_at = now if command is Command.STOP else None
    if was_stopped != (command is Command.STOP) and not row.from_history:
        purpose = Purpose.STOPPED if command is Command.STOP else Purpose.RESUMED
        loopback.tell_contact(uow, rules, contact, purpose, now)


def _want_news(
    uow: UnitOfWork, rules: Rules, contact: Contact, wanted: bool, row: InboxRow, now: datetime
) -> None:
    """General information: from now on, or no more. Who stopped everything begins anew first."""
    changes = (contact.news_at is not None) is not wanted
    contact.news_at = (contact.news_at or now) if wanted else None
    if changes and not row.from_history:
        purpose = Purpose.NEWS_ON if wanted else Purpose.NEWS_OFF
        loopback.tell_contact(uow, rules, contact, purpose, now)


def _welcome(
    uow: UnitOfWork,
    rules: Rules,
    contact: Contact,
    message: InboundMessage,
    row: InboxRow,
    now: datetime,
) -> None:
    """Somebody opened a conversation and has said nothing yet: no case; a poster names its site."""
    if uow.site_exists(message.site):
        contact.site = message.site
    if row.from_history:
        return
    if contact.stopped_at is not None:
        _obey(uow, rules, Command.START, contact, row, now)
    elif not uow.told_since(contact.id, (Purpose.WELCOME,), now - timedelta(days=1)):
        loopback.tell_contact(uow, rules, contact, Purpose.WELCOME, now)
    dialogue.ask_next(uow, rules, contact, None, now)


def _open_case(
    uow: UnitOfWork,
    rules: Rules,
    submission: Submission,
    key_id: str,
    entered_by: str,
    now: datetime,
    from_history: bool = False,
) -> Case:
    message = submission.message
    contact_channel = (rules.phone_channel if submission.by_text else "") or submission.channel
    contact = _contact(uow, contact_channel, message, now)
    if contact is not None:
        _note_safe_contact(uow, contact, submission, now)
    # A site nobody imported here is not refused: a report is worth more than our list of sites.
    site = message.site if uow.site_exists(message.site) else ""
    case = Case(
        id=uuid.uuid4().hex,
        ref=uow.new_reference(),
        channel=submission.channel,
        received_at=message.received_at,
        entered_at=now,
        entered_by=entered_by,
        contact_id=contact.id if contact else None,
        site=site,
        place=_plain(submission.place or ("" if site else message.site))[:200],
        language=message.language,
        person=submission.person,
        consent=submission.consent,
        # By its code where we know it: who is accused decides who may know (conflict of interest).
        accused_organisation=uow.organisation_named(submission.accused_organisation)
        or _plain(submission.accused_organisation),
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
    _add_message(
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


def _add_message(
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
) -> None:
    message_id = uuid.uuid4().hex
    sources = None
    if message.attachments:
        listed = json.dumps([asdict(attachment) for attachment in message.attachments])
        sources = uow.vault.seal(key_id, listed, seals.sources_bound_to(message_id))
    uow.add(
        Message(
            id=message_id,
            case_id=case.id,
            contact_id=contact.id if contact else None,
            channel=channel,
            external_id=fitting(message.external_id),
            kind=message.kind,
            key_id=key_id,
            text_sealed=uow.vault.seal(key_id, message.text, seals.text_bound_to(message_id)),
            attachments_sealed=sources,
            language=message.language,
            received_at=message.received_at,
            sent_at=message.sent_at,
            revises_id=revises,
            device_at=device_at,
        )
    )
    if message.attachments:
        attachments.expect(uow, message_id, message.attachments, now)
    case.note(EventKind.MESSAGE_ADDED, message_id, case.entered_by, now)
    uow.work(Task.CLASSIFY, message_id, now)


def _contact(
    uow: UnitOfWork, channel: str, message: InboundMessage, now: datetime
) -> Contact | None:
    address = message.address or message.sender
    if not address:
        return None
    index = uow.vault.index(address, f"address:{channel}")
    # Two messages of one person at once must not each open a case.
    contact = uow.contact_at(channel, index, hold=True)
    if contact is None:
        contact_id, key_id = uuid.uuid4().hex, uow.vault.new_key()
        contact = Contact(
            id=contact_id,
            channel=channel,
            address_index=index,
            key_id=key_id,
            address_sealed=uow.vault.seal(key_id, address, seals.address_bound_to(contact_id)),
            created_at=now,
        )
        uow.add(contact)
    if message.sender_name and contact.name_sealed is None:
        contact.name_sealed = uow.vault.seal(
            contact.key_id, message.sender_name, seals.name_bound_to(contact.id)
        )
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
    if submission.safe_time:
        contact.safe_time_sealed = uow.vault.seal(
            contact.key_id, submission.safe_time, seals.safe_time_bound_to(contact.id)
        )


def _receive(uow: UnitOfWork, channel: str, parsed: Mapping[str, str], now: datetime) -> None:
    """A provider's receipt: the ledger moves forward or not at all."""
    delivery = uow.delivery_by_provider(channel, parsed["provider_id"])
    if delivery is None:
        raise ReceiptTooEarly
    if parsed["opted_out"] and delivery.contact_id:
        contact = uow.contact(delivery.contact_id)
        if contact is not None:
            contact.stopped_at = contact.stopped_at or now
    if parsed["state"] and delivery.advance(DeliveryState(parsed["state"]), now):
        delivery.provider_code = parsed["error_code"][:32] or delivery.provider_code
        if delivery.state in {DeliveryState.FAILED, DeliveryState.EXPIRED}:
            loopback.people_take_over(uow, delivery, now)


def _check(rules: Rules, submission: Submission) -> None:
    for code in submission.codes:
        if code not in rules.frame:
            raise Invalid("codes", "has a code that the coding frame does not know")


def _row(
    uow: UnitOfWork,
    channel: str,
    kind: InboxKind,
    external_id: str,
    raw: bytes,
    parsed: str,
    now: datetime,
) -> InboxRow:
    key_id = uow.vault.new_key()
    return _sealed(uow, key_id, channel, kind, external_id, raw, parsed, now)


def _sealed(
    uow: UnitOfWork,
    key_id: str,
    channel: str,
    kind: InboxKind,
    external_id: str,
    raw: bytes,
    parsed: str,
    now: datetime,
) -> InboxRow:
    row_id = uuid.uuid4().hex
    return InboxRow(
        id=row_id,
        channel=channel,
        kind=kind,
        external_id=external_id,
        key_id=key_id,
        raw_sealed=uow.vault.seal(key_id, raw, f"inbox.raw:{row_id}"),
        parsed_sealed=uow.vault.seal(key_id, parsed, f"inbox.parsed:{row_id}"),
        arrived_at=now,
        available_at=now,
    )


def _plain(written: str) -> str:
    """Text for a column that is not sealed: PostgreSQL takes neither NUL nor half characters."""
    return written.replace("\0", "").encode("utf-8", "ignore").decode().strip()


def external_id(item: InboundMessage | Submission | DeliveryReceipt) -> str:
    """What an item is known by in the inbox, within its channel and kind."""
    if isinstance(item, Submission):
        return fitting(item.message.external_id)
    if isinstance(item, InboundMessage):
        return fitting(item.external_id)
    # The same message has several receipts; each state of it counts once.
    return fitting(f"{item.provider_id}:{item.raw_state}:{item.error_code}")


def fitting(external_id: str) -> str:
    """A provider's id as the column takes it: an overlong one by its hash, still unique."""
    if len(external_id) <= 200:
        return external_id
    return hashlib.sha256(external_id.encode()).hexdigest()
