"""What stands around every page for its reader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Select, exists, select

from feedback_hub.adapters import notices
from feedback_hub.adapters.tables import wording
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor
from feedback_hub.reads import looks
from feedback_hub.reads.views.frame import Looks
from feedback_hub.services.records.staff import NoticeKind
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
    asked = _asked(chosen.quiet)
    unread, sends = uow.session.execute(asked, {"account_id": actor.id}).one()
    return Around(chosen, unread, not sends)


@lru_cache(maxsize=64)
def _asked(quiet: tuple[NoticeKind, ...]) -> Select[int, bool]:
    approved = exists().where(wording.c.state == WordingState.APPROVED)
    return select(notices.count_waiting(quiet), approved)
