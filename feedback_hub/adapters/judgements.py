"""What machines read and people decided of a case: what the unit of work asks for."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feedback_hub.adapters import tables
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.judgement import Judgement
from feedback_hub.services.records.messages import SuggestionRow


def reading_of(session: Session, case_id: str) -> SuggestionRow | None:
    """The latest reading of what was said first: a later "still waiting" is about nothing new."""
    read, said = tables.suggestion.c, tables.message.c
    said_at = func.coalesce(said.sent_at, said.received_at)
    return session.scalars(
        select(SuggestionRow)
        .join(tables.message, said.id == read.message_id)
        .where(read.case_id == case_id)
        .order_by(said_at, said.id, read.at.desc())
        .limit(1)
    ).one_or_none()


def last_of(session: Session, case_id: str) -> Judgement | None:
    """The latest judgement of a case."""
    judged = tables.judgement.c
    return session.scalars(
        select(Judgement).where(judged.case_id == case_id).order_by(judged.at.desc()).limit(1)
    ).one_or_none()


def may_be_learnt(session: Session, case_id: str) -> bool:
    """Whether the last word of a handler is that the machine may learn from it."""
    happened = tables.case_event.c
    last = session.scalar(
        select(happened.kind)
        .where(
            happened.case_id == case_id,
            happened.kind.in_((EventKind.LEARNING_ALLOWED, EventKind.LEARNING_FORBIDDEN)),
        )
        .order_by(happened.at.desc(), happened.position.desc())
        .limit(1)
    )
    return last is EventKind.LEARNING_ALLOWED
