"""The hub's wordings: drafts from the package until a person approves them."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from feedback_hub.adapters.rendering import shipped_wordings
from feedback_hub.adapters.tables import start_mappers
from feedback_hub.services.records import Wording


def seed_wordings(engine: Engine) -> int:
    """Add every shipped wording the hub does not have yet, as a draft; how many were added.

    What is there stays: approved wording does not change because the program was upgraded.
    """
    start_mappers()
    added = 0
    with Session(engine) as session:
        for wording in shipped_wordings():
            if session.get(Wording, (wording.language, wording.purpose)) is None:
                session.add(wording)
                added += 1
        if added:
            session.commit()
    return added
