"""What a hub has from its first start: draft wordings, and the organisation that runs it."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import start_mappers
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.config import HubConfig
from feedback_hub.domain.place import Organisation


def seed(engine: Engine, hub: HubConfig) -> None:
    """Add what is missing; nothing that is there changes.

    Its own organisation, or nobody could be given a role in it before an organisations file came.
    """
    seed_wordings(engine)
    start_mappers()
    with Session(engine) as session:
        if session.get(Organisation, hub.organisation) is None:
            session.add(Organisation(hub.organisation, hub.name))
            session.commit()
