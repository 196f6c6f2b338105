"""Who can open a case: asked of the policy itself, so that the line that says it is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from feedback_hub.adapters.accounts import everybody
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, CaseFacts, Role, scope_of

_BY_CASE = (Role.PROTECTION, Role.CASE_MANAGER, Role.DESK)


def readers(uow: SqlUnitOfWork, facts: CaseFacts) -> Mapping[Role, int]:
    """How many active people of each role can open a case with these facts."""
    counted: Counter[Role] = Counter()
    for actor in everybody(uow.session):
        if scope_of(actor, Action.READ_CASE).admits(facts):
            role = next((role for role in _BY_CASE if role in actor.roles), None)
            if role is not None:
                counted[role] += 1
    return {role: counted[role] for role in _BY_CASE if counted[role]}
