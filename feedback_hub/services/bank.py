"""The information bank: writing and approving answers, and giving them to people."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import BankAnswer, BankWords, Standing
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.errors import Invalid, NotAllowed, NotFound
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import remarks, triage
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.reaching import reach
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.rules import Rules


def write(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    words: BankWords,
    now: datetime,
    *,
    replaces: str = "",
) -> BankAnswer:
    """Draft an answer; ``replaces`` is the one that leaves when it is approved.

    Raises ``Invalid``; ``NotFound`` for one to replace that there is not.
    """
    words.check(local_day(now, rules.calendar))
    if words.site and not uow.site_exists(words.site):
        raise Invalid("site", "is no site we know")
    if words.sector and words.sector not in set(Sector):
        raise Invalid("sector", f"must be one of {', '.join(Sector)}")
    if replaces:
        _reach(uow, replaces, None)
    answer = BankAnswer(
        id=new_id(),
        question=words.question,
        text=words.text,
        language=words.language,
        site=words.site,
        sector=words.sector,
        valid_from=words.valid_from,
        valid_to=words.valid_to,
        by_text=words.by_text,
        written_by=actor.id,
        written_at=now,
        replaces_id=replaces,
    )
    uow.add(answer)
    return answer


def approve(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    answer_id: str,
    now: datetime,
    version: int | None = None,
) -> BankAnswer:
    """Let people be given it; what it replaces leaves.

    Raises ``NotFound``, ``IllegalMove``, ``StaleVersion``.
    """
    answer = _reach(uow, answer_id, version)
    answer.approve(actor.id, now, local_day(now, rules.calendar))
    uow.audit(AuditAction.WORDING_APPROVED, actor.id, now, kind="bank_answer", object_id=answer.id)
    before = uow.bank_answer(answer.replaces_id)
    if before is not None and before.withdrawn_at is None:
        before.withdraw(now)
    return answer


def withdraw(
    uow: UnitOfWork, answer_id: str, now: datetime, version: int | None = None
) -> BankAnswer:
    """Give it to nobody any more. Raises ``NotFound``, ``IllegalMove``, ``StaleVersion``."""
    answer = _reach(uow, answer_id, version)
    answer.withdraw(now)
    return answer


def inform(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    answer_id: str,
    now: datetime,
    *,
    told: bool,
    version: int | None = None,
) -> Case:
    """Answer a question with the bank's words: ``told`` to the person already, or ready to be.

    Whoever gives it has read the question: one that only the machine has read counts as triaged.
    Raises ``NotFound``, ``IllegalMove``, ``Invalid``, ``StaleVersion``.
    """
    case = reach(uow, actor, Action.INFORM if told else Action.WORK_CASE, ref, version)
    if not case.may_decide(actor.id):
        raise NotAllowed("somebody who did not answer before decides now")
    answer = uow.bank_answer(answer_id)
    day = local_day(now, rules.calendar)
    if answer is None or answer.standing(day) is not Standing.CURRENT:
        raise Invalid("answer", "is none that people are given today")
    if case.type != FeedbackType.QUESTION or case.sensitivity is Sensitivity.L3:
        raise Invalid("answer", "is for questions")
    if not answer.concerns(case.site, case.sector):
        raise Invalid("answer", "is about another site or sector")
    if case.state is CaseState.RECEIVED:
        case.triage(
            case.codes, case.type, case.sector, case.sensitivity, case.priority, actor.id, now
        )
        triage.after_decision(uow, rules, case, now)
    said = remarks.write(uow, RemarkKind.ANSWER, case.id, answer.text, actor.id, now)
    give = case.answer_on_spot if told else case.respond
    give(said, Outcome.INFORMATION_GIVEN, actor.id, now, bank_id=answer.id)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    return case


def _reach(uow: UnitOfWork, answer_id: str, version: int | None) -> BankAnswer:
    answer = uow.bank_answer(answer_id)
    if answer is None:
        raise NotFound
    uow.expect(answer, version)
    return answer
