"""Asking the few questions of ``domain.dialogue``, and taking the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from feedback_hub.domain.case import LEAST_CONTENT, Case
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Contact, Step
from feedback_hub.domain.dialogue import (
    DIALOGUE,
    MOST_QUESTIONS,
    SKIPPED,
    STEP_OF,
    answer_in,
    folded,
)
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.message import InboundMessage, MessageKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import loopback, satisfaction
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules

_AFTER = timedelta(milliseconds=1)
"""A question comes after what its person is told in the same moment."""


def take_answer(
    uow: UnitOfWork, rules: Rules, contact: Contact, message: InboundMessage, now: datetime
) -> bool:
    """Whether the message is nothing but the answer to the question that waits; then it is kept."""
    if message.kind is not MessageKind.TEXT or message.attachments or message.revises:
        return False
    asked = _pressed(uow, contact, message) or _waiting(rules, contact, now)
    if asked is None:
        return False
    step, case_id = asked
    answer = answer_in(step, message.text, _site_names(uow) if step is Step.SITE else {})
    if answer is None:
        return False
    case = uow.case(case_id) if case_id else None
    if answer != SKIPPED:
        _set(uow, rules, step, answer, contact, case, now)
    if step is contact.asking:
        contact.asking = None
        ask_next(uow, rules, contact, case, now)
    return True


def _waiting(rules: Rules, contact: Contact, now: datetime) -> tuple[Step, str] | None:
    """The question that waits for an answer, and the case it is about."""
    if contact.asking is None or contact.asked_at is None:
        return None
    is_over = now - contact.asked_at > rules.conversation_window
    return None if is_over else (contact.asking, contact.asking_case)


def _pressed(uow: UnitOfWork, contact: Contact, message: InboundMessage) -> tuple[Step, str] | None:
    """The question whose button this is: an older one's must not answer the one that waits now."""
    if not message.reply_to or "callback" not in message.metadata:
        return None
    question = uow.delivery_by_provider(contact.channel, message.reply_to)
    step = STEP_OF.get(question.purpose) if question else None
    return (step, question.case_id or "") if question and step else None


def for_call(uow: UnitOfWork, rules: Rules, case: Case) -> tuple[Step, ...]:
    """What is open to ask somebody who just left ``case`` by telephone, in order.

    Their language is known: they chose it to hear anything.
    """
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if case.sensitivity is Sensitivity.L3 or (contact and uow.has_open_l3(contact.id)):
        return ()
    # First what decides whether we may answer at all.
    asked = dict.fromkeys((Step.SAFE, *rules.ask))
    return tuple(
        step
        for step in asked
        if step is not Step.LANGUAGE
        and (contact is not None or step is not Step.SAFE)
        and not _known_on_call(step, contact, case)
    )


def on_call(
    uow: UnitOfWork, rules: Rules, case: Case, said: Mapping[str, str], now: datetime
) -> None:
    """Keep what a caller keyed about the case they left: ``said`` has question and answer."""
    contact = uow.contact(case.contact_id) if case.contact_id else None
    _set(uow, rules, Step(said["question"]), said["answer"], contact, case, now)


def ask_next(
    uow: UnitOfWork, rules: Rules, contact: Contact, case: Case | None, now: datetime
) -> None:
    """Ask the first question that is open, if one may be asked at all; one waits at a time."""
    if contact.asking is not None and contact.asked_at is not None:
        if now - contact.asked_at <= rules.conversation_window:
            return
        contact.asking = None
    if not _may_be_asked(uow, rules, contact, case):
        return
    for step in rules.ask[:MOST_QUESTIONS]:
        question = DIALOGUE[step]
        if (question.about_case and case is None) or _known(step, contact, case):
            continue
        since = case.entered_at if case is not None and question.about_case else contact.created_at
        if uow.told_since(contact.id, (question.purpose,), since):
            continue
        if case is not None:
            told = loopback.tell(uow, rules, case, question.purpose, now)
        else:
            told = loopback.tell_contact(uow, rules, contact, question.purpose, now)
        if told is not None:
            told.queued_at = now + _AFTER
        if told is not None and told.withheld is None:
            contact.asking, contact.asked_at = step, now
            contact.asking_case = case.id if case else ""
        return


def _may_be_asked(uow: UnitOfWork, rules: Rules, contact: Contact, case: Case | None) -> bool:
    if not rules.ask or (case is not None and case.from_history):
        return False
    # Callers are asked while they are on the line; nobody reads what is texted to that number.
    if contact.channel not in rules.reply_channels - rules.call_channels:
        return False
    # Whoever told of something highly sensitive is asked nothing, whatever else they write.
    return not uow.has_open_l3(contact.id)


def _known(step: Step, contact: Contact, case: Case | None) -> bool:
    match step:
        case Step.LANGUAGE:
            return contact.language != loopback.UNKNOWN_LANGUAGE
        case Step.CONSENT:
            return case is not None and case.consent.share is not Share.NOT_ASKED
        case Step.SITE:
            return bool(contact.site or (case and case.site))
        case Step.SAFE:
            return contact.private_phone is not Answered.NOT_ASKED
        case Step.SATISFACTION:
            return True


def _known_on_call(step: Step, contact: Contact | None, case: Case) -> bool:
    match step:
        case Step.SAFE:
            return case.consent.contact is not Answered.NOT_ASKED
        case Step.SITE:
            return bool(case.site or (contact and contact.site))
        case _:
            return case.consent.share is not Share.NOT_ASKED


def _set_of_contact(contact: Contact, step: Step, answer: str) -> None:
    match step:
        case Step.LANGUAGE:
            contact.language = answer
        case Step.SITE:
            contact.site = answer
        case Step.SAFE:
            contact.private_phone = Answered(answer)


def _set(
    uow: UnitOfWork,
    rules: Rules,
    step: Step,
    answer: str,
    contact: Contact | None,
    case: Case | None,
    now: datetime,
) -> None:
    if contact is not None:
        _set_of_contact(contact, step, answer)
    if case is None:
        return
    if step is Step.SATISFACTION:
        score = int(answer)
        if case.may_be_judged:
            content = score >= LEAST_CONTENT
            satisfaction.take(uow, rules, case, content, score, "machine", now)
        return
    if step is Step.CONSENT:
        case.consent = replace(case.consent, share=Share(answer))
    elif step is Step.SAFE:
        case.consent = replace(case.consent, contact=Answered(answer))
        loopback.acknowledge_after_all(uow, rules, case, now)
    elif step is Step.SITE and not case.site:
        case.site = answer
        # Who answers for the matter follows from where it is.
        uow.work(Task.CLASSIFY, uow.messages_of(case.id)[0].id, now)
    detail = {"step": step.value, "answer": answer}
    case.record(Event(EventKind.DIALOGUE_ANSWERED, case.id, "machine", now, "", detail))


def _site_names(uow: UnitOfWork) -> dict[str, str]:
    """Folded names to codes; a name that two sites share is none's."""
    names: dict[str, str] = {}
    for site in uow.sites():
        for name in {folded(one) for one in (site.code, site.name, *site.aliases)}:
            names[name] = site.code if name not in names else ""
    return {name: code for name, code in names.items() if name and code}
