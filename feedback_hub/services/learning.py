"""A handler lets the machine learn from a highly sensitive case, or no longer.

Nothing is copied: the text stays sealed until ``classifier train`` reads it, in a process that
may open what is the handlers'. Who said so stands in the case's history and in the audit log.
"""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import UnitOfWork


def allow(uow: UnitOfWork, actor: Actor, ref: str, allowed: bool, now: datetime) -> Case:
    """Let the machine learn from an L3, or take that back; the same again changes nothing.

    Raises ``NotFound`` where it is none of the actor's, ``Invalid`` for a case of another level and
    for one that is only suspected: first somebody says what it is.
    """
    case = uow.visible_case(actor, Action.CHANGE_SENSITIVITY, ref)
    if case is None:
        raise NotFound
    if case.sensitivity is not Sensitivity.L3:
        raise Invalid("allow", "is asked for highly sensitive cases only: others are learnt from")
    if allowed and (case.suspected or case.triaged_at is None):
        raise Invalid("allow", "first say what the case is about")
    if allowed is not uow.may_be_learnt(case.id):
        kind = EventKind.LEARNING_ALLOWED if allowed else EventKind.LEARNING_FORBIDDEN
        case.note(kind, "", actor.id, now)
    return case
