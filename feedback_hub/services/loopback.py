"""What is said to the person, and whether it may be (DOMAIN.md, Loop back).

Every automatic text passes ``tell``: one function decides, from the case, the consent, the contact
and the approved wording, and what it decides is written down either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.bank import Standing
from feedback_hub.domain.call_back import CallBack, CallReason, Way, local_day
from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.coding import FeedbackType
from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.contact import Contact, FromBank, Purpose, Withheld, why_not
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.gsm7 import sms_length
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.reference import spoken
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import alerts, call_list, remarks
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.telling import Delivery, Wording, WordingState
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules

UNKNOWN_LANGUAGE = "und"


class Method(StrEnum):
    """How somebody tries to tell the person."""

    MESSAGE = "message"
    CALL = "call"
    DESK = "desk"
    IN_PERSON = "in_person"
    PUBLIC = "public"


_ANSWERS = frozenset({Purpose.ANSWER, Purpose.ANSWER_READY})
_WAITING = _ANSWERS | {Purpose.ASK_SATISFACTION, Purpose.BROADCAST, Purpose.INTERIM}
"""What nobody waits for at this moment: it can wait for the morning."""
_BY_PEOPLE = {Method.CALL: Way.CALL, Method.DESK: Way.DESK}


@dataclass(frozen=True)
class Tried:
    """What ``loop_back`` did: a text queued or withheld (``delivery``), a line for people."""

    case: Case
    method: Method
    delivery: Delivery | None = None
    line: CallBack | None = None


def text_bound_to(delivery_id: str) -> str:
    """What a delivery's ciphertext is tied to."""
    return f"delivery.text:{delivery_id}"


def acknowledge(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """Tell the person that their message arrived: once a case, after the machine has read it.

    Not in the webhook: only after reading is it known whether silence is the safe answer.
    """
    if case.from_history:
        return
    if any(d.purpose is Purpose.ACKNOWLEDGEMENT for d in uow.deliveries_of(case.id)):
        return
    _acknowledge(uow, rules, case, now)


def acknowledge_after_all(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """A caller has now said that they may be written to, and only that was missing."""
    told = {
        delivery.withheld
        for delivery in uow.deliveries_of(case.id)
        if delivery.purpose is Purpose.ACKNOWLEDGEMENT
    }
    # None yet: the machine has still to read it.
    if told == {Withheld.NOT_ASKED} and case.consent.contact is Answered.YES:
        _acknowledge(uow, rules, case, now)


def _acknowledge(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    delivery = tell(uow, rules, case, Purpose.ACKNOWLEDGEMENT, now)
    if delivery is not None and delivery.withheld is None:
        case.acknowledge(delivery.id, now)


def loop_back(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    method: Method | None,
    now: datetime,
) -> Tried:
    """Tell the person the answer: by a text where one may go, else people are to call or find them.

    ``in_person`` and ``public`` were done already. Raises ``NotFound``, ``IllegalMove``,
    ``Invalid``.
    """
    case = uow.visible_case(actor, Action.WORK_CASE, ref)
    if case is None:
        raise NotFound
    if uow.exchange.origin_of(case.id) is not None:
        raise Invalid("method", "the answer goes to who sent the case; they tell the person")
    delivery = None
    if method is Method.MESSAGE and case.sensitivity is Sensitivity.L3:
        raise Invalid("method", "nothing is texted about this case; reach the person safely")
    if method in {None, Method.MESSAGE}:
        delivery = _tell_answer(uow, rules, case, now)
    if delivery is not None and delivery.withheld is None:
        taken = Method.MESSAGE
    else:
        may_call = case.consent.may_contact and call_list.has_telephone(uow, case)
        fallback = Method.CALL if may_call else Method.DESK
        taken = method if method and method is not Method.MESSAGE else fallback
    about = delivery.id if delivery else ""
    # What is only on a list is no try yet: whoever calls notes what came of it.
    day = None if taken in _BY_PEOPLE else local_day(now, rules.calendar)
    case.attempt_loop(taken.value, about, actor.id, now, day=day)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    line = None
    if taken in _BY_PEOPLE:
        line = call_list.put(
            uow, rules, case, CallReason.ANSWER, actor.id, now, way=_BY_PEOPLE[taken]
        )
    return Tried(case, taken, delivery, line)


def give_interim_notice(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, told: bool, now: datetime
) -> tuple[Case, Delivery | None]:
    """Tell the person that it takes longer, and until when: by a text, or ``told`` already.

    From then on the answer is due later (``[clocks] interim``). Raises ``NotFound``,
    ``IllegalMove`` for a second one, ``Invalid`` where no text may go and nobody has told them.
    """
    case = uow.visible_case(actor, Action.WORK_CASE, ref)
    if case is None:
        raise NotFound
    case.give_interim_notice("", actor.id, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    due = rules.calendar.after(case.received_at, rules.targets.interim)
    delivery = None
    if not told:
        day = f"{local_day(due, rules.calendar):%d/%m/%Y}"
        delivery = tell(uow, rules, case, Purpose.INTERIM, now, answer=day)
        if delivery is None or delivery.withheld is not None:
            raise Invalid("told", "no text may go to this person: tell them, and say so")
    return case, delivery


@dataclass(frozen=True)
class Preview:
    """What a loop-back by text would be now; ``text`` is empty where it is ``withheld``."""

    channel: str
    purpose: Purpose
    text: str = ""
    withheld: Withheld | None = None


def preview(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> Preview | None:
    """What ``loop_back`` would text now, for a person to read first; None: nobody to text."""
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if contact is None or case.from_history or contact.channel not in rules.reply_channels:
        return None
    purpose = _answer_purpose(uow, rules, case, contact, now)
    wording, withheld = _may_tell(uow, rules, case, contact, purpose, now)
    if withheld is not None or wording is None:
        return Preview(contact.channel, purpose, withheld=withheld)
    answer = remarks.read(uow, case.answer_id) if purpose is Purpose.ANSWER else ""
    return Preview(contact.channel, purpose, fill(rules, wording, case, answer))


def _answer_purpose(
    uow: UnitOfWork, rules: Rules, case: Case, contact: Contact | None, now: datetime
) -> Purpose:
    """The answer itself only where a text may carry it; else that there is one."""
    withheld = why_not(
        Purpose.ANSWER,
        sensitivity=case.sensitivity,
        consent=case.consent,
        stopped=False,
        bank=_from_bank(uow, rules, case, contact, now),
    )
    carries = withheld not in {Withheld.CONTENT_NOT_AGREED, Withheld.NOT_FOR_TEXT}
    return Purpose.ANSWER if carries else Purpose.ANSWER_READY


def _from_bank(
    uow: UnitOfWork, rules: Rules, case: Case, contact: Contact | None, now: datetime
) -> FromBank | None:
    """What counts for this case's answer; None where it was not taken from the bank."""
    if not case.bank_id:
        return None
    answer = uow.bank_answer(case.bank_id)
    current = (
        answer is not None and answer.standing(local_day(now, rules.calendar)) is Standing.CURRENT
    )
    came_by_it = contact is not None and contact.channel == case.channel
    return FromBank(
        for_text=current and answer is not None and answer.by_text,
        unasked=rules.bank_unasked and came_by_it and case.type == FeedbackType.QUESTION,
    )


def _tell_answer(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> Delivery | None:
    contact = uow.contact(case.contact_id) if case.contact_id else None
    purpose = _answer_purpose(uow, rules, case, contact, now)
    answer = remarks.read(uow, case.answer_id) if purpose is Purpose.ANSWER else ""
    return tell(uow, rules, case, purpose, now, answer=answer)


def tell(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    purpose: Purpose,
    now: datetime,
    *,
    answer: str = "",
) -> Delivery | None:
    """Queue one automatic text about a case, or note why none goes.

    None where there is nobody to tell by text: no contact point, one that no channel account of
    ours writes to, or a case imported as history.
    """
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if contact is None or case.from_history or contact.channel not in rules.reply_channels:
        return None
    wording, withheld = _may_tell(uow, rules, case, contact, purpose, now)
    delivery = _queue(
        uow, rules, contact, purpose, wording, withheld, now, case=case, answer=answer
    )
    if withheld is not None:
        case.note(EventKind.WITHHELD, delivery.id, "machine", now)
    return delivery


def tell_contact(
    uow: UnitOfWork,
    rules: Rules,
    contact: Contact,
    purpose: Purpose,
    now: datetime,
    *,
    answer: str = "",
    language: str = "",
) -> Delivery:
    """Queue a text that concerns no case, or is the same whatever case is asked about.

    ``answer`` and its ``language``: information of the bank that it carries.
    """
    wording = approved(uow, rules, (language or contact.language,), purpose)
    stopped = contact.stopped_at is not None
    withheld = why_not(purpose, sensitivity=Sensitivity.L1, consent=Consent(), stopped=stopped)
    if withheld is None and wording is None:
        withheld = Withheld.NO_APPROVED_WORDING
    return _queue(uow, rules, contact, purpose, wording, withheld, now, answer=answer)


def still_forbidden(
    uow: UnitOfWork, rules: Rules, delivery: Delivery, now: datetime
) -> Withheld | None:
    """Whether a queued text may still go: a case may have been raised, a contact have stopped.

    Nor does an answer of the information bank go that is no longer true.
    """
    contact = uow.contact(delivery.contact_id) if delivery.contact_id else None
    if contact is None:
        return Withheld.NO_ADDRESS
    case = uow.case(delivery.case_id) if delivery.case_id else None
    return why_not(
        delivery.purpose,
        sensitivity=case.sensitivity if case else Sensitivity.L1,
        consent=case.consent if case else Consent(),
        stopped=contact.stopped_at is not None,
        bank=_from_bank(uow, rules, case, contact, now) if case else None,
    )


def _may_tell(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    contact: Contact,
    purpose: Purpose,
    now: datetime,
) -> tuple[Wording | None, Withheld | None]:
    wording = approved(uow, rules, (contact.language, case.language), purpose)
    withheld = why_not(
        purpose,
        sensitivity=case.sensitivity,
        consent=case.consent,
        stopped=contact.stopped_at is not None,
        bank=_from_bank(uow, rules, case, contact, now),
    )
    if (
        withheld is None
        and contact.channel in rules.call_channels
        and case.consent.contact is not Answered.YES
    ):
        # Who rang asked for a voice; others may read what is written to that phone.
        withheld = Withheld.NOT_ASKED
    if withheld is None and wording is None:
        withheld = Withheld.NO_APPROVED_WORDING
    if withheld is None and purpose is Purpose.ACKNOWLEDGEMENT:
        told = uow.told_since(contact.id, (purpose,), now - timedelta(days=1))
        if told >= rules.acknowledgements_a_day:
            withheld = Withheld.TOLD_ENOUGH
    return wording, withheld


def fill(rules: Rules, wording: Wording, case: Case | None, answer: str) -> str:
    """``wording`` with what its placeholders stand for; ``answer`` is also the day it names."""
    values = {"ref": spoken(case.ref) if case else "", "hotline": rules.hotline}
    return rules.renderer.render(wording.text, values | {"answer": answer, "date": answer})


def approved(
    uow: UnitOfWork, rules: Rules, languages: tuple[str, ...], purpose: Purpose
) -> Wording | None:
    """The first approved wording: the person's language, then the hub's; never a draft."""
    for language in dict.fromkeys((*languages, rules.default_language)):
        if language == UNKNOWN_LANGUAGE:
            continue
        wording = uow.wording(language, purpose)
        if wording is not None and wording.state is WordingState.APPROVED:
            return wording
    return None


def _queue(
    uow: UnitOfWork,
    rules: Rules,
    contact: Contact,
    purpose: Purpose,
    wording: Wording | None,
    withheld: Withheld | None,
    now: datetime,
    *,
    case: Case | None = None,
    answer: str = "",
) -> Delivery:
    delivery_id, key_id = new_id(), uow.vault.new_key()
    delivery = Delivery(
        id=delivery_id,
        channel=contact.channel,
        purpose=purpose,
        language=wording.language if wording else rules.default_language,
        key_id=key_id,
        queued_at=now,
        case_id=case.id if case else None,
        contact_id=contact.id,
        withheld=withheld,
    )
    if withheld is None and wording is not None:
        text = fill(rules, wording, case, answer)
        delivery.text_sealed = uow.vault.seal(key_id, text, text_bound_to(delivery_id))
        delivery.segments = sms_length(text).segments
        uow.work(Task.SEND, delivery_id, _may_go(uow, rules, delivery, now))
    else:
        delivery.advance(DeliveryState.WITHHELD, now)
    uow.add(delivery)
    return delivery


def people_take_over(uow: UnitOfWork, delivery: Delivery, now: datetime) -> None:
    """An answer that did not arrive is never silence: a worker puts the person on a list."""
    if delivery.case_id and delivery.purpose in _ANSWERS:
        uow.work(Task.TAKE_OVER, delivery.id, now)


def _may_go(uow: UnitOfWork, rules: Rules, delivery: Delivery, now: datetime) -> datetime:
    """When a text may go: not at night, and not above what may be spent in a day.

    What the person waits for at this moment, because they have just written, goes at once.
    """
    if delivery.purpose not in _WAITING:
        return now
    if rules.segments_a_day:
        midnight = datetime.combine(local_day(now, rules.calendar), time(), rules.calendar.zone)
        spent = uow.segments_since(midnight) + delivery.segments
        if spent > rules.segments_a_day:
            alerts.raise_once(uow, AlertKind.COST_LIMIT, "texts", now)
            now = (midnight + timedelta(days=1)).astimezone(UTC)
        else:
            alerts.resolve(uow, AlertKind.COST_LIMIT, "texts", now)
    return rules.quiet.over(now) if rules.quiet else now
