"""What stands around every page for its reader."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select

from feedback_hub.adapters import notices
from feedback_hub.adapters.tables import wording
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor
from feedback_hub.reads import looks
from feedback_hub.reads.views.frame import Looks
from feedback_hub.services.records.telling import WordingState


@dataclass(frozen=True)
class Around:
    """How a reader wants the screens, and about how many cases they have something to read.

    ``sends_nothing``: not one wording is approved.
    """

    looks: Looks
    unread: int
    sends_nothing: bool


def around(uow: SqlUnitOfWork, actor: Actor) -> Around:
    """In two questions to the database."""
    chosen = looks.of(uow.session, actor)
    approved = exists().where(wording.c.state == WordingState.APPROVED)
    asked = select(notices.count_waiting(actor.id, chosen.quiet), approved)
    unread, sends = uow.session.execute(asked).one()
    return Around(chosen, unread, not sends)
