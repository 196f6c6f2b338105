"""The hub's wordings: drafts from the package until a person approves them."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import for_reading
from feedback_hub.adapters.rendering import shipped_wordings
from feedback_hub.adapters.tables import start_mappers, wording
from feedback_hub.services.records.telling import Wording, WordingState


def any_approved(engine: Engine) -> bool:
    """Whether the hub may send anything at all."""
    approved = select(wording.c.purpose).where(wording.c.state == WordingState.APPROVED)
    with for_reading(engine).connect() as connection:
        return connection.execute(approved.limit(1)).first() is not None


def seed_wordings(engine: Engine) -> int:
    """Add every shipped wording the hub does not have yet, as a draft; how many were added.

    What is there stays: approved wording does not change because the program was upgraded.
    """
    start_mappers()
    added = 0
    with Session(engine) as session:
        for shipped in shipped_wordings():
            if session.get(Wording, (shipped.language, shipped.purpose)) is None:
                session.add(shipped)
                added += 1
        if added:
            session.commit()
    return added
