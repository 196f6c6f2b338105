"""Ringing the handlers about what cannot wait, and hearing from them that they take it.

A call and a message say that something urgent waits, never what: the phone may lie on a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.message import DeliveryError, InboundMessage, OutboundMessage
from feedback_hub.domain.on_call import (
    RING_FOR,
    HandlerGroup,
    Ring,
    RingState,
    RingWay,
    Shift,
    group_for,
    in_turn,
)
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.services import alerts, notices
from feedback_hub.services.delivery import Again
from feedback_hub.services.ports import Channels, UnitOfWork
from feedback_hub.services.reaching import reach
from feedback_hub.services.records.staff import RingTry
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules

_AT_ONCE = timedelta(seconds=1)
_FALLBACK = "eng"
_PEOPLE = "on_call"
"""The subject of the alert that nobody is there to ring."""


@dataclass(frozen=True)
class RingAddress:
    """Where somebody is rung: a number with its country code, a Telegram chat; either may miss."""

    phone: str = ""
    telegram: str = ""


@dataclass(frozen=True)
class Spoken:
    """What a call says, in which language (ISO 639-3)."""

    text: str
    language: str
    thanks: str = ""


def start(uow: UnitOfWork, case: Case, now: datetime) -> None:
    """Begin to ring about a P0 case, once; nothing for any other, nor for imported history."""
    if case.priority is not Priority.P0 or case.from_history or not case.is_open:
        return
    if uow.ring_of(case.id) is not None:
        return
    ring = Ring(new_id(), case.id, group_for(case.codes), now)
    uow.add(ring)
    uow.work(Task.RING, ring.id, now)


def ring_next(
    open_uow: Callable[[], UnitOfWork],
    rules: Rules,
    channels: Channels,
    ring_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Ring whoever's turn it is, by every way they have; ``Again`` for the next one.

    Whose turn it was is kept before anybody is called: after a crash the next one is rung, and
    nobody twice at once.
    """
    now = clock()
    with open_uow() as uow:
        ring = uow.ring(ring_id)
        case = uow.case(ring.case_id) if ring else None
        if ring is None or case is None or not _goes_on(ring, case, now):
            uow.commit()
            return None
        people = reached_in_turn(uow, channels, case, ring.group, now)
        if not people:
            _nobody(uow, channels, ring, now)
            uow.commit()
            return None
        whose = ring.next_of([one.id for one in people])
        said = _said(uow, rules, whose)
        address = address_of(uow, whose)
        tries = _tries(uow, channels, ring, whose, address, now)
        case.note(EventKind.RUNG, whose, "machine", now)
        if ring.turns > len(people):
            alerts.raise_once(uow, AlertKind.NOT_TAKEN, ring.id, now, {"turns": str(ring.turns)})
        uow.commit()
    reached = False
    for one in tries:
        try:
            provider_id, fault = _call(channels, one, address, said), ""
            reached = True
        except DeliveryError as error:
            provider_id, fault = "", error.fault.value
            # It may ring all the same: the next one has to wait for them.
            reached = reached or error.outcome_unknown
        with open_uow() as uow:
            uow.end_ring_try(one.id, provider_id, fault)
            uow.commit()
    return Again(clock() + (rules.ring_every if reached else _AT_ONCE * (1 + ring.turns)))


def take_case(uow: UnitOfWork, actor: Actor, ref: str, now: datetime) -> Case:
    """Somebody says in the app that they take it. Raises ``NotFound``, ``IllegalMove``."""
    case = reach(uow, actor, Action.WORK_CASE, ref)
    ring = uow.ring_of(case.id)
    if ring is None or ring.state is not RingState.RINGING:
        raise IllegalMove("ring", "take", ring.state.value if ring else "none")
    _take(uow, ring, case, actor, RingWay.APP, now)
    return case


def has_it(uow: UnitOfWork, case: Case, account_id: str, now: datetime) -> None:
    """Somebody was given the case, or took it: nobody has to be rung any more."""
    ring = uow.ring_of(case.id)
    actor = uow.actor(account_id)
    if ring is not None and actor is not None and ring.state is RingState.RINGING:
        _take(uow, ring, case, actor, RingWay.APP, now)


def _take(
    uow: UnitOfWork, ring: Ring, case: Case, actor: Actor, way: RingWay, now: datetime
) -> None:
    """Nobody else is rung. Taken before, it stays so."""
    if ring.take(actor.id, way, now):
        case.note(EventKind.RING_TAKEN, actor.id, actor.id, now, {"way": way.value})
        alerts.resolve(uow, AlertKind.NOT_TAKEN, ring.id, now)


def take_try(uow: UnitOfWork, try_id: str, now: datetime) -> bool:
    """Whoever was rung by this call pressed the key; False if it is no call of ours."""
    one = uow.ring_try(try_id)
    actor = uow.actor(one.account_id) if one else None
    ring = uow.ring(one.ring_id) if one else None
    case = uow.case(ring.case_id) if ring else None
    if one is None or actor is None or ring is None or case is None:
        return False
    if not notices.seeing(uow, case, [actor]):
        return False
    _take(uow, ring, case, actor, one.way, now)
    return True


def take_answer(uow: UnitOfWork, message: InboundMessage, now: datetime) -> bool:
    """Whether it is the button under a message that rang somebody; then they take it."""
    pressed = message.reply_to and ("callback" in message.metadata or message.text.strip() == "1")
    one = uow.ring_try_by_provider(message.reply_to) if pressed else None
    if one is None:
        return False
    take_try(uow, one.id, now)
    return True


def spoken_in(uow: UnitOfWork, rules: Rules, try_id: str) -> Spoken | None:
    """What the call with this id says; None where it is none of ours."""
    one = uow.ring_try(try_id)
    return _said(uow, rules, one.account_id)[0] if one else None


# --- the roster ---


def put_on(
    uow: UnitOfWork,
    by: Actor,
    account: str,
    group: HandlerGroup,
    now: datetime,
    *,
    position: int = 1,
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> Shift:
    """Put somebody (an id or an e-mail) on the roster. Raises ``Invalid``.

    Being on it opens nothing: who may not see a case is not rung about it.
    """
    actor = uow.actor(account)
    box = uow.mailbox(actor.id) if actor else None
    if actor is None or box is None:
        raise Invalid("account", "is nobody who can be put on call")
    if ends is not None and ends <= (begins or now):
        raise Invalid("ends", "must be later than it begins, and to come")
    shift = Shift(new_id(), group, actor.id, position, begins, ends)
    uow.add(shift)
    uow.audit(
        AuditAction.ROSTER_CHANGED,
        by.id,
        now,
        kind="account",
        object_id=actor.id,
        reason=group.value,
    )
    return shift


def take_off(uow: UnitOfWork, by: Actor, shift_id: str, now: datetime) -> None:
    """Take a shift off the roster. Raises ``NotFound``."""
    if not uow.remove_shift(shift_id):
        raise NotFound
    uow.audit(AuditAction.ROSTER_CHANGED, by.id, now, kind="shift", object_id=shift_id)


def keep_address(
    uow: UnitOfWork, account_id: str, address: RingAddress, canonical: Callable[[str], str]
) -> RingAddress:
    """Keep where somebody is rung, in place of what was kept. Raises ``Invalid``.

    ``canonical`` makes a number as it is written the one that is dialled.
    """
    phone = canonical(address.phone.strip()) if address.phone.strip() else ""
    if phone and not (phone.startswith("+") and phone[1:].isdigit()):
        raise Invalid("phone", "must be a number with its country code")
    telegram = address.telegram.strip()
    if telegram and not telegram.isdecimal():
        raise Invalid("telegram", "must be the number of a chat with the bot")
    uow.keep_ring_address(account_id, phone, telegram)
    return RingAddress(phone, telegram)


def address_of(uow: UnitOfWork, account_id: str) -> RingAddress:
    """Where somebody is rung."""
    return RingAddress(*uow.ring_address(account_id))


def reached_in_turn(
    uow: UnitOfWork,
    channels: Channels,
    case: Case,
    group: HandlerGroup,
    now: datetime,
) -> list[Actor]:
    """Who is rung about a case, in order: those on call, then whoever else handles it.

    Nobody who may not see it, who is away, or who has no way that this hub can ring.
    """
    named = [uow.actor(one) for one in in_turn(uow.shifts(), group, now)]
    on_call = notices.seeing(uow, case, [one for one in named if one is not None])
    outside = uow.stand_in(case)
    everybody = [outside] if outside else [*on_call, *notices.team_of(uow, case, 2)]
    return [
        one
        for one in {one.id: one for one in everybody}.values()
        if not _is_away(uow, one, now) and _ways(channels, address_of(uow, one.id))
    ]


def _goes_on(ring: Ring, case: Case, now: datetime) -> bool:
    """Whether somebody still has to be rung; it ends by itself where they need not be."""
    decided = case.triaged_at is not None and case.triaged_at > ring.started_at
    if not case.is_open or case.priority is not Priority.P0 or decided:
        ring.end(RingState.OVER, now)
    elif now - ring.started_at > RING_FOR:
        ring.end(RingState.NOBODY, now)
    return ring.state is RingState.RINGING


def _nobody(uow: UnitOfWork, channels: Channels, ring: Ring, now: datetime) -> None:
    ring.end(RingState.NOBODY, now)
    if channels.ringers() or uow.shifts():
        alerts.raise_once(uow, AlertKind.NOBODY_ON_CALL, _PEOPLE, now)


def _is_away(uow: UnitOfWork, person: Actor, now: datetime) -> bool:
    box = uow.mailbox(person.id)
    return box is not None and box.absent_until is not None and now.date() <= box.absent_until


def _ways(channels: Channels, address: RingAddress) -> list[RingWay]:
    can = channels.ringers()
    ways = {RingWay.VOICE: address.phone, RingWay.TELEGRAM: address.telegram}
    return [way for way, where in ways.items() if where and way in can]


def _tries(
    uow: UnitOfWork,
    channels: Channels,
    ring: Ring,
    whose: str,
    address: RingAddress,
    now: datetime,
) -> Sequence[RingTry]:
    tries = [RingTry(new_id(), ring.id, whose, way, now) for way in _ways(channels, address)]
    for one in tries:
        uow.add(one)
    return tries


def _call(
    channels: Channels, one: RingTry, address: RingAddress, said: tuple[Spoken, str, str]
) -> str:
    """Ring; the provider's id. Raises ``DeliveryError``."""
    channel = channels.ringers()[one.way]
    if one.way is RingWay.VOICE:
        return channels.ring(channel, address.phone, one.id)
    _, text, taken = said
    message = OutboundMessage(
        id=one.id, channel=channel, address=address.telegram, text=text, choices=(taken,)
    )
    return channels.send(message)


def _said(uow: UnitOfWork, rules: Rules, account_id: str) -> tuple[Spoken, str, str]:
    """What is spoken, what is written, and what the button says, in the person's language."""
    box = uow.mailbox(account_id)
    language = box.language if box else ""
    known = {"pt": "por", "en": "eng"}.get(language[:2], language) or rules.default_language
    if f"{known}/ring" not in rules.mails:
        known = _FALLBACK
    lines = rules.renderer.render(rules.mails[f"{known}/ring"], {"link": rules.base_url})
    spoken, thanks, taken, text = lines.split("\n", 3)
    return Spoken(spoken.strip(), known, thanks.strip()), text.strip(), taken.strip()
