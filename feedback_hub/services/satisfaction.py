"""Whether the answer was good: asked once a closing, never by the one who answered (DOMAIN.md)."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.contact import Purpose, Step
from feedback_hub.services import loopback
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules

_ANSWERED = frozenset(
    {Outcome.RESOLVED, Outcome.PARTLY, Outcome.NOT_POSSIBLE, Outcome.INFORMATION_GIVEN}
)


def ask(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """Ask by text, where one may go, once a case that was answered is closed.

    Not while another question waits for an answer: its digit would be taken for a judgement.
    """
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if contact is None or case.outcome not in _ANSWERED:
        return
    waits = contact.asking is not None and contact.asked_at
    if waits and now - waits <= rules.conversation_window:
        return
    told = loopback.tell(uow, rules, case, Purpose.ASK_SATISFACTION, now)
    if told is not None and told.withheld is None:
        contact.asking, contact.asking_case, contact.asked_at = Step.SATISFACTION, case.id, now


def take(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    satisfied: bool,
    score: int | None,
    actor: str,
    now: datetime,
) -> None:
    """What the person says of the answer; "no" opens the case again, for somebody else.

    Raises ``IllegalMove`` while the case is open or after it was said once, ``Invalid``.
    """
    case.judge(satisfied, score, actor, now)
    if case.is_open:
        keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    contact = uow.contact(case.contact_id) if case.contact_id else None
    asked = contact is not None and contact.asking is Step.SATISFACTION
    if contact is not None and asked and contact.asking_case == case.id:
        contact.asking = None
