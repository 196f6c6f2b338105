"""Cases that were opened in an emergency: what is open for whom, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import emergency
from feedback_hub.services.records.staff import Emergency


def opened_by(session: Session, actor_id: str, now: datetime) -> frozenset[str]:
    """The cases that stand open for an account now."""
    row = emergency.c
    lasting = select(row.case_id).where(
        row.account_id == actor_id, row.until > now, row.ended_at.is_(None)
    )
    return frozenset(session.scalars(lasting))


def of_case(session: Session, case_id: str) -> Sequence[Emergency]:
    """Every time it was opened, the latest first."""
    latest = select(Emergency).where(emergency.c.case_id == case_id)
    return session.scalars(latest.order_by(emergency.c.at.desc(), emergency.c.id)).all()
