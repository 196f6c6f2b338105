"""Opening a case that is not one's own, because somebody is in danger and nobody else is there.

Its handlers are told at once, it lasts minutes, and the audit log has it. What keeps the accused
out keeps them out here too, and for them the case does not exist.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor, ActorKind, Role, scope_of
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid, NotAllowed, NotFound
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import notices, remarks
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.staff import Emergency, NoticeKind
from feedback_hub.services.rules import Rules

SHORTEST, LONGEST = 10, 1000
"""Characters of a reason."""


def open_case(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    reason: str,
    lasts: timedelta,
    now: datetime,
    *,
    opens_sensitive: bool = True,
) -> Emergency | None:
    """Open the case for ``actor``; None where it is open to them anyway.

    Raises ``NotFound``, also for one that they may not know of whatever happens, ``NotAllowed`` for
    a machine, ``Invalid`` (``reason``; ``ref`` where nobody could be told).
    """
    if actor.kind is not ActorKind.ACCOUNT:
        raise NotAllowed("emergency")
    if not SHORTEST <= len(reason.strip()) <= LONGEST:
        raise Invalid("reason", f"must have {SHORTEST} to {LONGEST} characters")
    case = uow.case_by_ref(ref)
    if case is None:
        raise NotFound
    facts = uow.facts(case)
    if scope_of(actor, Action.READ_HISTORY).admits(facts):
        return None
    opened = replace(actor, opened=actor.opened | {case.id})
    if not scope_of(opened, Action.READ_HISTORY).admits(facts):
        raise NotFound
    if facts.sensitivity is Sensitivity.L3 and not opens_sensitive:
        # Opened where it can be read, or not at all: whoever handles it would be told for nothing.
        raise NotFound
    informed = _informed(uow, case, actor)
    if not informed:
        raise Invalid("ref", "there is nobody who could be told")
    reason_id = remarks.write(uow, RemarkKind.EMERGENCY, case.id, reason, actor.id, now)
    made = Emergency(new_id(), case.id, actor.id, reason_id, now, now + lasts)
    uow.add(made)
    uow.audit(
        AuditAction.GLASS_BROKEN, actor.id, now, kind="case", object_id=case.id, reason=reason_id
    )
    notices.tell(uow, rules, case, None, NoticeKind.GLASS_BROKEN, informed, now)
    return made


def end(uow: UnitOfWork, actor: Actor, ref: str, now: datetime) -> None:
    """Close the case to whoever opened it in an emergency: they, or anybody who handles it.

    Raises ``NotFound``.
    """
    case = uow.visible_case(actor, Action.READ_HISTORY, ref)
    if case is None:
        raise NotFound
    for one in uow.emergencies_of(case.id):
        if one.lasts(now):
            one.ended_at = now
            uow.audit(AuditAction.GLASS_CLOSED, actor.id, now, kind="case", object_id=case.id)


def _informed(uow: UnitOfWork, case: Case, actor: Actor) -> list[Actor]:
    """Whose case it is, and the auditors, who learn only that it happened."""
    sensitive = case.sensitivity is Sensitivity.L3
    role = Role.PROTECTION if sensitive else Role.CASE_MANAGER
    people = [*notices.seeing(uow, case, uow.accounts(role)), *uow.accounts(Role.AUDITOR)]
    return [one for one in {one.id: one for one in people}.values() if one.id != actor.id]
