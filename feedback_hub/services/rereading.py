"""Reading a message again, slowly and better, when nothing more urgent waits.

What a light machine decided at once is acted on; this may only raise. While nobody has decided and
nobody has the case before them, its codes take the place of the first ones.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.sensitivity import Priority, Sensitivity, highest, most_urgent
from feedback_hub.domain.suggestion import Suggestion
from feedback_hub.services import conversation, likeness, on_call
from feedback_hub.services.notices import tell_urgent
from feedback_hub.services.ports import Classifier, Gazetteer, UnitOfWork, VaultClosed
from feedback_hub.services.records.messages import Message
from feedback_hub.services.rules import Rules
from feedback_hub.services.seals import text_bound_to
from feedback_hub.services.triage import (
    answer_at_once,
    keep_suggestion,
    suggest_route,
    take_reading,
)

LONGEST_DOUBT = timedelta(hours=1)
"""How long a case waits unseen for the slower machine, which reads tens of messages a second. What
is urgent (P1) has a day to be handed over: most of it is left."""


def reread(
    transaction: Callable[[], AbstractContextManager[UnitOfWork]],
    rules: Rules,
    thorough: Classifier | None,
    gazetteer: Gazetteer,
    message_id: str,
    clock: Callable[[], datetime],
) -> None:
    """Read ``message_id`` with ``thorough`` and take the result; no transaction waits for it.

    What the first reading left in doubt is settled: it is raised, or shown to whom it may be shown
    and the person is told what was left unsaid. ``thorough`` is None where the library is gone:
    then nobody will know better, and what was in doubt is raised.
    """
    read = _open(transaction, message_id) if thorough is not None else None
    suggestion = None
    text = ""
    if read is not None and thorough is not None:
        text, language = read
        suggestion = thorough.classify(text, language=language)
    with transaction() as uow:
        later = _later(uow, message_id)
        if later is not None:
            if suggestion is not None:
                _take_later(uow, rules, gazetteer, *later, text, suggestion, clock())
            elif thorough is None:
                raise_message(uow, rules, message_id, clock())
        elif suggestion is not None:
            _take(uow, rules, message_id, suggestion, clock())
        _settle(uow, rules, message_id, clock(), read_again=thorough is not None)
        _answer(uow, rules, message_id, clock())
        uow.commit()


def raise_doubted(uow: UnitOfWork, rules: Rules, case_id: str, now: datetime) -> None:
    """Nobody could say in time whether it is highly sensitive: it is taken for it (UTC ``now``)."""
    case = uow.case(case_id)
    if case is None or case.doubted_at is None:
        return
    case.suspect(Priority.P1, now)
    _act_on(uow, rules, case, now)


def raise_message(uow: UnitOfWork, rules: Rules, message_id: str, now: datetime) -> None:
    """Nobody could say in time whether a later message is: it is set apart as if it were one."""
    later = _later(uow, message_id)
    if later is not None:
        _set_apart(uow, rules, *later, Priority.P1, now)


def _later(uow: UnitOfWork, message_id: str) -> tuple[Message, Case] | None:
    """A message that a case went on with and does not show yet."""
    message = uow.message(message_id)
    case = uow.case(message.case_id) if message else None
    if message is None or case is None or message.doubted_at is None:
        return None
    return message, case


def _take_later(
    uow: UnitOfWork,
    rules: Rules,
    gazetteer: Gazetteer,
    message: Message,
    case: Case,
    text: str,
    suggestion: Suggestion,
    now: datetime,
) -> None:
    """It is set apart, or shown; only then is anything made of it, and anything said."""
    if suggestion.sensitivity is Sensitivity.L3:
        _set_apart(uow, rules, message, case, suggestion.priority, now)
        return
    message.doubted_at = None
    take_reading(uow, rules, gazetteer, case, message, text, suggestion, now, silent=False)


def _set_apart(
    uow: UnitOfWork, rules: Rules, message: Message, case: Case, priority: Priority, now: datetime
) -> None:
    message.doubted_at = None
    apart = conversation.set_apart(uow, rules, case, message, priority, now)
    if apart is case:
        _act_on(uow, rules, case, now)


def _settle(
    uow: UnitOfWork, rules: Rules, message_id: str, now: datetime, *, read_again: bool
) -> None:
    message = uow.message(message_id)
    case = uow.case(message.case_id) if message else None
    if case is None or case.doubted_at is None or uow.messages_of(case.id)[0].id != message_id:
        return
    if read_again:
        case.doubted_at = None
    else:
        raise_doubted(uow, rules, case.id, now)


def _open(
    transaction: Callable[[], AbstractContextManager[UnitOfWork]], message_id: str
) -> tuple[str, str] | None:
    """Text and language; None where there is nothing to judge any more, or no key to read it."""
    with transaction() as uow:
        message = uow.message(message_id)
        if message is None or (message.doubted_at is None and _decided(uow, message)):
            return None
        try:
            text = uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
        except VaultClosed:
            return None
        return text, message.language


def _answer(uow: UnitOfWork, rules: Rules, message_id: str, now: datetime) -> None:
    """Whoever was told nothing yet was left to this reading."""
    message = uow.message(message_id)
    case = uow.case(message.case_id) if message else None
    if case is None or case.state is CaseState.CLOSED or case.doubted_at is not None:
        return
    told = (delivery.purpose for delivery in uow.deliveries_of(case.id))
    if Purpose.ACKNOWLEDGEMENT not in told:
        answer_at_once(uow, rules, case, now)


def _take(
    uow: UnitOfWork, rules: Rules, message_id: str, suggestion: Suggestion, now: datetime
) -> None:
    message = uow.message(message_id)
    case = uow.case(message.case_id) if message else None
    if message is None or case is None or _decided(uow, message):
        return
    raises = suggestion.sensitivity.rank > case.sensitivity.rank
    if uow.messages_of(case.id)[0].id != message.id:
        if raises and suggestion.sensitivity is Sensitivity.L3:
            conversation.set_apart(uow, rules, case, message, suggestion.priority, now)
        return
    free = _machine_coded(uow, case) and not uow.is_held_to_triage(case.id, now)
    lowers = case.sensitivity is Sensitivity.L3 and suggestion.sensitivity is not Sensitivity.L3
    if lowers or not (free or raises):
        return
    raised = replace(
        suggestion,
        sensitivity=highest(case.sensitivity, suggestion.sensitivity),
        priority=most_urgent(case.priority, suggestion.priority),
    )
    keep_suggestion(uow, raised, message, now)
    case.reread(
        raised.codes if free else (),
        rules.frame.type_of(raised.codes),
        raised.sector,
        raised.sensitivity,
        raised.priority,
        now,
    )
    if raises and case.sensitivity is Sensitivity.L3:
        # Whoever has it before them sees it no more: its handlers need not wait for them.
        uow.end_triage(case.id)
    _act_on(uow, rules, case, now)


def _act_on(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """What follows from what the case is taken for now."""
    if case.sensitivity is not Sensitivity.L1:
        uow.forget_text(case.id)
    likeness.keep(uow, case)
    suggest_route(uow, rules, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    tell_urgent(uow, rules, case, now)
    on_call.start(uow, case, now)


def _decided(uow: UnitOfWork, message: Message) -> bool:
    """A person has judged it, or it is over: what they decided stands."""
    case = uow.case(message.case_id)
    return (
        case is None
        or case.state is not CaseState.RECEIVED
        or uow.judgement_of(case.id) is not None
    )


def _machine_coded(uow: UnitOfWork, case: Case) -> bool:
    read = uow.reading_of(case.id)
    return read is not None and tuple(read.codes) == tuple(case.codes)
