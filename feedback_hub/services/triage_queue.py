"""Triage one after the other: nobody decides what a colleague has before them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound, StaleVersion
from feedback_hub.services import triage
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules
from feedback_hub.services.triage import Decision


def decide(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, decision: Decision, now: datetime
) -> Case:
    """Triage a case of the queue: what is not said is as it stands. Raises as ``triage.triage``.

    ``StaleVersion`` if the lease ran out and somebody else has it before them now.
    """
    case = _hold(uow, actor, ref, now)
    if decision.codes in {(), case.codes}:
        sector = case.sector if decision.sector is None else decision.sector
        decision = replace(decision, sector=sector, priority=decision.priority or case.priority)
    return triage.triage(uow, rules, actor, ref, decision, now)


def leave(uow: UnitOfWork, actor: Actor, ref: str, now: datetime) -> None:
    """Leave a case to others. Raises ``NotFound``, ``StaleVersion``."""
    uow.leave_to_others(_hold(uow, actor, ref, now).id, actor, now)


def _hold(uow: UnitOfWork, actor: Actor, ref: str, now: datetime) -> Case:
    case = uow.visible_case(actor, Action.TRIAGE, ref)
    if case is None:
        raise NotFound
    if not uow.hold_to_triage(case.id, actor, now):
        raise StaleVersion("somebody else has it before them")
    return case
