"""Sending approved information to people who opted in (issue 5, Issues and the community)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feedback_hub.domain.access import Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import BankAnswer, Standing
from feedback_hub.domain.broadcast import Broadcast, BroadcastState, StopReason, fails_too_often
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.contact import Contact, Purpose, Withheld
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.gsm7 import sms_length
from feedback_hub.domain.ids import new_id
from feedback_hub.services import loopback
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.telling import BroadcastPerson, Delivery
from feedback_hub.services.rules import Rules

MOST_LANGUAGES = 10


@dataclass(frozen=True)
class Preview:
    """What a broadcast would be now. ``texts``: what is read, by language.

    ``people`` by language, ``segments`` in all, ``cost`` of them where a price is set. ``missing``
    are the languages without an approved wording: nobody is told in those.
    """

    texts: Mapping[str, str]
    people: Mapping[str, int]
    segments: int
    cost: float
    currency: str
    missing: Sequence[str] = field(default_factory=tuple)

    @property
    def total(self) -> int:
        """Everybody who would be told."""
        return sum(self.people.values())


def draft(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    answers: Sequence[str],
    sites: Sequence[str],
    now: datetime,
) -> Broadcast:
    """Choose what is said, one answer a language, and where. Raises ``Invalid``."""
    if not answers or len(answers) > MOST_LANGUAGES:
        raise Invalid("answers", f"must be one to {MOST_LANGUAGES} answers of the bank")
    found = [_answer(uow, rules, one, now) for one in answers]
    if len({one.language for one in found}) < len(found):
        raise Invalid("answers", "has two in one language")
    for site in sites:
        if not uow.site_exists(site):
            raise Invalid("sites", "has one that is no site we know")
    made = Broadcast(new_id(), tuple(answers), tuple(sites), actor.id, now)
    uow.add(made)
    return made


def preview(uow: UnitOfWork, rules: Rules, broadcast: Broadcast, now: datetime) -> Preview:
    """Who would hear what, and what it costs; of a running one, of those who still wait."""
    by_language = _answers(uow, rules, broadcast, now)
    texts: dict[str, str] = {}
    missing = []
    for language, answer in by_language.items():
        wording = loopback.approved(uow, rules, (language,), Purpose.BROADCAST)
        if wording is None:
            missing.append(language)
        else:
            texts[language] = loopback.fill(rules, wording, None, answer.text)
    people: dict[str, int] = dict.fromkeys(texts, 0)
    for contact in uow.opted_in(broadcast, None):
        said = _for(rules, by_language, contact)
        if said is not None and said.language in people:
            people[said.language] += 1
    segments = sum(sms_length(texts[one]).segments * count for one, count in people.items())
    return Preview(
        texts, people, segments, segments * rules.price[0], rules.price[1], tuple(missing)
    )


def start(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    broadcast_id: str,
    now: datetime,
    version: int | None = None,
) -> Broadcast:
    """Begin, with few people first. Raises ``NotFound``, ``IllegalMove``, ``Invalid``."""
    broadcast = _reach(uow, broadcast_id, version)
    seen = preview(uow, rules, broadcast, now)
    if not seen.texts:
        raise Invalid("answers", "has none that may be texted today in an approved wording")
    broadcast.start(actor.id, now)
    uow.audit(
        AuditAction.BROADCAST_STARTED, actor.id, now, kind="broadcast", object_id=broadcast.id
    )
    return broadcast


def stop(
    uow: UnitOfWork, actor: Actor, broadcast_id: str, now: datetime, version: int | None = None
) -> Broadcast:
    """Stop it at once. Raises ``NotFound``, ``IllegalMove``."""
    broadcast = _reach(uow, broadcast_id, version)
    broadcast.stop(StopReason.BY_HAND, now)
    uow.audit(
        AuditAction.BROADCAST_STOPPED, actor.id, now, kind="broadcast", object_id=broadcast.id
    )
    return broadcast


def go_on(uow: UnitOfWork, rules: Rules, broadcast_id: str, now: datetime) -> int:
    """Take the step that is due; how many people were told. Nothing if none is."""
    broadcast = uow.broadcast(broadcast_id)
    if broadcast is None or broadcast.state is not BroadcastState.RUNNING:
        return 0
    if broadcast.next_at is None or broadcast.next_at > now:
        return 0
    by_language = _answers(uow, rules, broadcast, now)
    if not by_language:
        broadcast.stop(StopReason.NOT_CURRENT, now)
        return 0
    if fails_too_often(*uow.broadcast_fate(broadcast.id)):
        broadcast.stop(StopReason.TOO_MANY_FAIL, now)
        return 0
    waiting = uow.opted_in(broadcast, broadcast.next_step(now))
    if not waiting:
        broadcast.finish(now)
    for contact in waiting:
        delivery = _tell(uow, rules, by_language, contact, now)
        told = BroadcastPerson(broadcast.id, contact.id, now, delivery.id if delivery else None)
        uow.add(told)
    return len(waiting)


def forbidden(uow: UnitOfWork, rules: Rules, delivery: Delivery, now: datetime) -> Withheld | None:
    """Whether a text of a broadcast that waits to be sent must not go: it was stopped meanwhile."""
    broadcast = uow.broadcast_of(delivery.id)
    if broadcast is None or broadcast.state is BroadcastState.STOPPED:
        return Withheld.CALLED_OFF
    return None if _answers(uow, rules, broadcast, now) else Withheld.NOT_FOR_TEXT


def _tell(
    uow: UnitOfWork,
    rules: Rules,
    by_language: Mapping[str, BankAnswer],
    contact: Contact,
    now: datetime,
) -> Delivery | None:
    answer = _for(rules, by_language, contact)
    # While something highly sensitive of theirs is open nothing of ours lights up that phone.
    if answer is None or uow.has_open_l3(contact.id):
        return None
    return loopback.tell_contact(
        uow, rules, contact, Purpose.BROADCAST, now, answer=answer.text, language=answer.language
    )


def _for(
    rules: Rules, by_language: Mapping[str, BankAnswer], contact: Contact
) -> BankAnswer | None:
    """In the person's language, else in the hub's; else they are not told."""
    return by_language.get(contact.language) or by_language.get(rules.default_language)


def _answers(
    uow: UnitOfWork, rules: Rules, broadcast: Broadcast, now: datetime
) -> dict[str, BankAnswer]:
    """What may be said today, by language."""
    day = local_day(now, rules.calendar)
    found = (uow.bank_answer(one) for one in broadcast.answers)
    return {
        one.language: one
        for one in found
        if one is not None and one.by_text and one.standing(day) is Standing.CURRENT
    }


def _answer(uow: UnitOfWork, rules: Rules, answer_id: str, now: datetime) -> BankAnswer:
    answer = uow.bank_answer(answer_id)
    if answer is None:
        raise Invalid("answers", "has one that is not in the bank")
    if not answer.by_text:
        raise Invalid("answers", "has one that is not approved for texts")
    if answer.standing(local_day(now, rules.calendar)) is not Standing.CURRENT:
        raise Invalid("answers", "has one that people are not given today")
    return answer


def _reach(uow: UnitOfWork, broadcast_id: str, version: int | None) -> Broadcast:
    broadcast = uow.broadcast(broadcast_id)
    if broadcast is None:
        raise NotFound
    uow.expect(broadcast, version)
    return broadcast
