"""Who can open a case: asked of the policy itself, so that the line that says it is true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlalchemy import select

from feedback_hub.adapters.accounts import placed
from feedback_hub.adapters.tables import account, membership
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import (
    Action,
    Actor,
    ActorKind,
    CaseFacts,
    Membership,
    Role,
    scope_of,
)

_BY_CASE = (Role.PROTECTION, Role.CASE_MANAGER, Role.DESK)


def readers(uow: SqlUnitOfWork, facts: CaseFacts) -> Mapping[Role, int]:
    """How many active people of each role can open a case with these facts."""
    held: defaultdict[str, list[Membership]] = defaultdict(list)
    rows = uow.session.execute(
        select(
            membership.c.account_id,
            membership.c.role,
            membership.c.organisation,
            membership.c.site,
            membership.c.sector,
        )
        .join(account, account.c.id == membership.c.account_id)
        .where(account.c.active)
    )
    for account_id, *where in rows:
        held[account_id].append(Membership(*where))
    counted: Counter[Role] = Counter()
    for account_id, memberships in held.items():
        actor = placed(uow.session, Actor(account_id, ActorKind.ACCOUNT, tuple(memberships)))
        if scope_of(actor, Action.READ_CASE).admits(facts):
            role = next((role for role in _BY_CASE if role in actor.roles), None)
            if role is not None:
                counted[role] += 1
    return {role: counted[role] for role in _BY_CASE if counted[role]}
