"""The case that somebody acts on, if it exists for them."""

from __future__ import annotations

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound
from feedback_hub.services.ports import UnitOfWork


def reach(
    uow: UnitOfWork, actor: Actor, action: Action, ref: str, version: int | None = None
) -> Case:
    """The case, if it exists for the actor. Raises ``NotFound``, ``StaleVersion``."""
    case = uow.visible_case(actor, action, ref)
    if case is None:
        raise NotFound
    uow.expect(case, version)
    return case
