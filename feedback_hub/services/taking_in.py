"""What an accepted item means: a command, an answer, more of a case, or a case of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.commands import Command, command_in, enquiry_in, numbers_in
from feedback_hub.domain.consent import Consent
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.message import DeliveryState, InboundMessage, MessageKind
from feedback_hub.domain.sensitivity import Sensitivity, highest
from feedback_hub.domain.submission import Submission
from feedback_hub.services import (
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
)
from feedback_hub.services.new_case import add_message, contact_of, open_case
from feedback_hub.services.ports import Classifier, UnitOfWork
from feedback_hub.services.records.work import InboxKind, InboxRow
from feedback_hub.services.rules import Rules


class ReceiptTooEarly(Exception):
    """A receipt for a send, or an answer about a message, that is not here yet: try later."""


def take_in_form(
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
        place = conversation.revise(uow, rules, classifier, original, whole.message, now)
        if place is not None and place.joins is not None:
            known = place.joins
            _correct(rules, known, whole, now)
            contact = uow.contact(known.contact_id) if known.contact_id else None
            kept = add_message(
                uow,
                known,
                contact,
                whole.message,
                row.key_id,
                row.channel,
                now,
                revises=original.id,
            )
            kept.doubted_at = now if place.in_doubt else None
            custom_fields.keep(uow, rules, known.id, row.key_id, whole)
            return known.id
    entered_by = f"channel:{row.channel}"
    case = open_case(uow, rules, whole, row.key_id, entered_by, now, row.from_history)
    conversation.guard(rules, classifier, case, whole.message, now)
    return case.id


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


def take_in(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    row: InboxRow,
    message: InboundMessage,
    now: datetime,
) -> str | None:
    """What a person wrote or rang: the id of the case that it became or belongs to, if any."""
    if callbacks.call_of(message) is not None:
        return take_in_call(uow, rules, row, message, now)
    if on_call.take_answer(uow, message, now) or chatting.take_code(uow, message, now):
        return None
    contact = contact_of(uow, row.channel, message, now)
    # Read before anything else (DOMAIN.md, Loop back); only then is it a matter to handle.
    if contact is not None and _was_for_us(uow, rules, contact, message, row, now):
        return None
    if contact is not None and pacing.waits(uow, rules, contact, row, now):
        return None
    original = conversation.original_of(uow, row.channel, message, contact)
    if original is not None:
        beside = conversation.revise(uow, rules, classifier, original, message, now)
        if beside is not None and beside.joins is not None:
            kept = add_message(
                uow,
                beside.joins,
                contact,
                message,
                row.key_id,
                row.channel,
                now,
                revises=original.id,
            )
            kept.doubted_at = now if beside.in_doubt else None
            return beside.joins.id
    place = conversation.place(
        uow, rules, classifier, contact, message, from_history=row.from_history
    )
    if place.joins is not None:
        kept = add_message(uow, place.joins, contact, message, row.key_id, row.channel, now)
        kept.doubted_at = now if place.in_doubt else None
        return place.joins.id
    entered_by = f"channel:{row.channel}"
    submission = Submission(message, row.channel)
    case = open_case(uow, rules, submission, row.key_id, entered_by, now, row.from_history)
    conversation.note_place(uow, place, case, now)
    conversation.guard(rules, classifier, case, message, now)
    if place.suspected is not None:
        # More urgent than it was opened as.
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


def take_in_call(
    uow: UnitOfWork, rules: Rules, row: InboxRow, message: InboundMessage, now: datetime
) -> str | None:
    """What a live call left: a case of its own, or more of the one that the same call made."""
    if "question" in message.metadata:
        _take_call_answer(uow, rules, row.channel, message, now)
        return None
    if callbacks.is_settled(uow, row.channel, message, now):
        return None
    contact = contact_of(uow, row.channel, message, now)
    known = callbacks.case_of(uow, row.channel, contact, message)
    if known is not None:
        add_message(uow, known, contact, message, row.key_id, row.channel, now)
        return known.id
    submission = Submission(message, row.channel, consent=callbacks.consent_in(message))
    entered_by = f"channel:{row.channel}"
    return open_case(uow, rules, submission, row.key_id, entered_by, now, row.from_history).id


def _take_call_answer(
    uow: UnitOfWork, rules: Rules, channel: str, message: InboundMessage, now: datetime
) -> None:
    """What a caller keyed after leaving a message, which may not be a case yet."""
    left = uow.accepted(
        channel, InboxKind.MESSAGE, inbox.fitting(message.metadata.get("about", ""))
    )
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


def receive(uow: UnitOfWork, channel: str, parsed: Mapping[str, str], now: datetime) -> None:
    """A provider's receipt: the ledger moves forward or not at all."""
    delivery = uow.delivery_by_provider(channel, parsed["provider_id"])
    if delivery is None:
        raise ReceiptTooEarly
    uow.go_on_from(delivery.id)
    if parsed["opted_out"] and delivery.contact_id:
        contact = uow.contact(delivery.contact_id)
        if contact is not None:
            contact.stopped_at = contact.stopped_at or now
    if parsed["state"] and delivery.advance(DeliveryState(parsed["state"]), now):
        delivery.provider_code = parsed["error_code"][:32] or delivery.provider_code
        if delivery.state in {DeliveryState.FAILED, DeliveryState.EXPIRED}:
            loopback.people_take_over(uow, delivery, now)
