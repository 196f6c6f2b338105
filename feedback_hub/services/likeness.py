"""Keeps what tells that several people report the same thing, and what people say of that.

Only of ordinary cases: nothing of an L2 or L3 is compared with anything by its words.
"""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.likeness import Sketch, sketch_of, telling_words
from feedback_hub.domain.masking import mask
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.seals import text_bound_to

ISSUE = ""
"""Stands for the issue that is suggested, where a case would stand."""


def keep(uow: UnitOfWork, case: Case) -> None:
    """What is kept of ``case`` follows its level, site and code: of an ordinary case alone."""
    if case.sensitivity is not Sensitivity.L1:
        uow.forget_likeness(case.id)
    elif not uow.move_likeness(case):
        uow.keep_likeness(case, _sketch(uow, case))


def dismiss(uow: UnitOfWork, actor: Actor, ref: str, other_ref: str, now: datetime) -> Case:
    """Say that two cases are not the same matter, or (``ISSUE``) that ``ref`` is of no issue.

    Raises ``NotFound`` when either does not exist for the actor.
    """
    case = uow.visible_case(actor, Action.WORK_CASE, ref)
    other = uow.visible_case(actor, Action.WORK_CASE, other_ref) if other_ref else None
    if case is None or (other_ref and other is None):
        raise NotFound
    uow.dismiss_likeness(case.id, other.id if other is not None else ISSUE, actor.id, now)
    return case


def _sketch(uow: UnitOfWork, case: Case) -> Sketch:
    first = next(iter(uow.messages_of(case.id)), None)
    if first is None:
        return sketch_of(())
    words = telling_words(
        mask(uow.vault.open(first.key_id, first.text_sealed, text_bound_to(first.id)))
    )
    return sketch_of([int(uow.vault.index(word, "likeness")[:16], 16) for word in words])
