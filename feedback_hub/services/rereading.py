"""Reading a message again, slowly and better, when nothing more urgent waits.

What a light machine decided at once is acted on; this may only raise. While nobody has decided and
nobody has the case before them, its codes take the place of the first ones.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from feedback_hub.domain.case import Case, CaseState
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.sensitivity import Sensitivity, highest, most_urgent
from feedback_hub.domain.suggestion import Suggestion
from feedback_hub.services import conversation, likeness
from feedback_hub.services.notices import tell_urgent
from feedback_hub.services.ports import Classifier, UnitOfWork, VaultClosed
from feedback_hub.services.records import Message
from feedback_hub.services.rules import Rules
from feedback_hub.services.seals import text_bound_to
from feedback_hub.services.triage import keep_suggestion, suggest_route


def reread(
    transaction: Callable[[], AbstractContextManager[UnitOfWork]],
    rules: Rules,
    thorough: Classifier,
    message_id: str,
    clock: Callable[[], datetime],
) -> None:
    """Read ``message_id`` with ``thorough`` and take the result; no transaction waits for it."""
    with transaction() as uow:
        message = uow.message(message_id)
        if message is None or _decided(uow, message):
            return
        try:
            text = uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
        except VaultClosed:
            return
        language = message.language
    suggestion = thorough.classify(text, language=language)
    with transaction() as uow:
        _take(uow, rules, message_id, suggestion, clock())
        uow.commit()


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
    if case.sensitivity is not Sensitivity.L1:
        uow.forget_text(case.id)
    likeness.keep(uow, case)
    suggest_route(uow, rules, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    tell_urgent(uow, rules, case, now)


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
