"""The list of people to reach by telephone or at the desk, and what each try brought.

Opened when somebody asks to be called, when an answer cannot go by text or did not arrive, and for
the safe contact of a highly sensitive case. Whoever may not see the case does not find its line:
L3 is for its handlers alone (DOMAIN.md, Sensitivity and Loop back).
"""

from __future__ import annotations

import re
from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import (
    CallBack,
    CallReason,
    CallResult,
    Way,
    agreed_time,
    local_day,
    next_try,
)
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES, CaseVerb
from feedback_hub.domain.clocks import keep_call, keep_case
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.message import DeliveryState, InboundMessage, MessageKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import remarks, seals
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import Message, RemarkKind
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules

_TELEPHONE = re.compile(r"\+\d{6,15}")


def put(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    reason: CallReason,
    actor_id: str,
    now: datetime,
    *,
    way: Way | None = None,
) -> CallBack | None:
    """Put the person on the list, once: by telephone where there is one, else at the desk.

    A line that is there already stands, with the new reason. None for imported history and for a
    closed case: nobody owes a call.
    """
    if case.from_history or not case.is_open:
        return None
    chosen = way or _way(case, reason)
    if chosen is Way.CALL and not has_telephone(uow, case):
        chosen = Way.DESK
    lines = uow.open_call_backs(case.id)
    line = next((one for one in lines if one.way is chosen), None)
    if line is not None:
        line.reason = _weightier(line.reason, reason)
        return line
    line = CallBack(new_id(), case.id, chosen, reason, now, now)
    uow.add(line)
    detail = {"way": chosen.value, "why": reason.value}
    case.note(EventKind.CALL_LISTED, line.id, actor_id, now, detail)
    _keep(rules, case, [*lines, line], now)
    return line


def asked_to_be_called(
    uow: UnitOfWork, rules: Rules, case_id: str | None, message: InboundMessage, now: datetime
) -> None:
    """A missed call, or a wish to be called, is a request, free for the person (Loop back)."""
    case = uow.case(case_id) if case_id and message.kind is MessageKind.MISSED_CALL else None
    if case is not None:
        put(uow, rules, case, CallReason.REQUEST, case.entered_by, now)


def take_over(uow: UnitOfWork, rules: Rules, delivery_id: str, now: datetime) -> None:
    """An answer that was texted did not arrive: people tell it. Not if it arrived after all."""
    delivery = uow.delivery(delivery_id)
    case = uow.case(delivery.case_id) if delivery and delivery.case_id else None
    arrived = {DeliveryState.DELIVERED, DeliveryState.READ}
    if delivery is None or case is None or delivery.state in arrived or not case.answer_id:
        return
    highly = case.sensitivity is Sensitivity.L3
    reason = CallReason.SAFE_CONTACT if highly else CallReason.NOT_DELIVERED
    put(uow, rules, case, reason, "machine", now)


def drop(uow: UnitOfWork, case: Case, now: datetime) -> None:
    """The case ended: nobody is to be called about it any more."""
    for line in uow.open_call_backs(case.id):
        line.end(now, CallResult.DROPPED)


def claim(uow: UnitOfWork, actor: Actor, line_id: str, now: datetime) -> CallBack:
    """Take a line on, so that nobody else calls. Raises ``NotFound``, ``IllegalMove``."""
    line, case = reach(uow, actor, line_id)
    if line.holder(now) != actor.id:
        line.claim(actor.id, now)
        # Whoever takes a line sees the number: that is written down.
        case.note(EventKind.CALL_CLAIMED, line.id, actor.id, now)
    return line


def release(uow: UnitOfWork, actor: Actor, line_id: str, now: datetime) -> CallBack:
    """Give a line back. Raises ``NotFound``, ``IllegalMove``."""
    line, _ = reach(uow, actor, line_id)
    line.release(actor.id, now)
    return line


def note_result(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    line_id: str,
    result: CallResult,
    now: datetime,
    *,
    text: str = "",
    until: datetime | None = None,
) -> tuple[CallBack, Case]:
    """What a try brought; ``text`` is what was said, ``until`` the time the person asked for.

    Nobody reached: again on another day; after tries on enough days the desk takes over, and after
    the desk the case may be closed as *unreachable*. Raises ``NotFound``, ``IllegalMove``,
    ``Invalid``.
    """
    line, case = reach(uow, actor, line_id)
    when = agreed_time(until, now) if result is CallResult.LATER else None
    line.tried(result, actor.id, now)
    said = _keep_words(uow, line, case, text, actor, now)
    detail = {"way": line.way.value, "result": result.value}
    case.note(EventKind.CALLED, said or line.id, actor.id, now, detail)
    if when is not None:
        line.wait(when, agreed=True)
    elif result is CallResult.TOLD:
        _told(rules, line, case, actor, now)
    else:
        _not_reached(uow, rules, line, case, actor, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    _keep(rules, case, [one for one in uow.open_call_backs(case.id) if one.is_open], now)
    return line, case


def reach(uow: UnitOfWork, actor: Actor, line_id: str) -> tuple[CallBack, Case]:
    """The line and its case, if they exist for the actor. Raises ``NotFound``."""
    line = uow.call_back(line_id)
    case = uow.case(line.case_id) if line else None
    if line is None or case is None:
        raise NotFound
    if uow.visible_case(actor, Action.CALL_BACK, case.ref) is None:
        raise NotFound
    return line, case


def has_telephone(uow: UnitOfWork, case: Case) -> bool:
    """Whether there is a number to ring."""
    contact = uow.contact(case.contact_id) if case.contact_id else None
    return contact is not None and bool(_TELEPHONE.fullmatch(address(uow, contact)))


def address(uow: UnitOfWork, contact: Contact) -> str:
    """The number or address of a contact point."""
    return uow.vault.open(
        contact.key_id, contact.address_sealed, seals.address_bound_to(contact.id)
    )


def _way(case: Case, reason: CallReason) -> Way:
    if reason in {CallReason.REQUEST, CallReason.SAFE_CONTACT}:
        return Way.CALL
    if reason is CallReason.NOT_REACHED or not case.consent.may_contact:
        return Way.DESK
    return Way.CALL


def _weightier(before: CallReason, after: CallReason) -> CallReason:
    """A safe contact stays one; a request is answered with the answer."""
    kept = before in {CallReason.SAFE_CONTACT, CallReason.NOT_REACHED}
    return before if kept or after is CallReason.REQUEST else after


def _keep_words(
    uow: UnitOfWork, line: CallBack, case: Case, text: str, actor: Actor, now: datetime
) -> str:
    """What was said: the matter itself where the person had only asked to be called, else a note.

    The matter is read by the machine like any other: it may be highly sensitive.
    """
    if not text.strip():
        return ""
    if line.reason is CallReason.REQUEST and line.result is CallResult.TOLD:
        message_id, key_id = new_id(), uow.vault.new_key()
        uow.add(
            Message(
                id=message_id,
                case_id=case.id,
                channel=case.channel,
                external_id=f"call_back:{line.id}:{line.tries}",
                kind=MessageKind.CALL,
                key_id=key_id,
                text_sealed=uow.vault.seal(key_id, text, seals.text_bound_to(message_id)),
                received_at=now,
                contact_id=case.contact_id,
                language=case.language,
            )
        )
        case.note(EventKind.MESSAGE_ADDED, message_id, actor.id, now)
        uow.work(Task.CLASSIFY, message_id, now)
        return ""
    return remarks.write(uow, RemarkKind.NOTE, case.id, text, actor.id, now)


def _told(rules: Rules, line: CallBack, case: Case, actor: Actor, now: datetime) -> None:
    day = local_day(now, rules.calendar)
    if case.state in MOVES[CaseVerb.ATTEMPT_LOOP]:
        case.attempt_loop(line.way.value, line.id, actor.id, now, day=day)
    else:
        case.tried(line.way.value, day)
    line.end(now)


def _not_reached(
    uow: UnitOfWork, rules: Rules, line: CallBack, case: Case, actor: Actor, now: datetime
) -> None:
    case.tried(line.way.value, local_day(now, rules.calendar))
    line.wait(next_try(now, rules.calendar_of(site=case.site)))
    if case.loop_attempts < rules.attempts_before_unreachable:
        return
    line.end(now)
    if line.way is Way.CALL:
        put(uow, rules, case, CallReason.NOT_REACHED, actor.id, now, way=Way.DESK)


def _keep(rules: Rules, case: Case, lines: list[CallBack], now: datetime) -> None:
    next_at = min((line.not_before for line in lines), default=None)
    keep_call(case, rules.targets, rules.calendar_of(site=case.site), now, next_at)
