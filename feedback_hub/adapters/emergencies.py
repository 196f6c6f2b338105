"""Cases that were opened in an emergency: what is open for whom, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import emergency
from feedback_hub.services.records.staff import Emergency


def opened_by(session: Session, actor_id: str, now: datetime) -> frozenset[str]:
    """The cases that stand open for an account now."""
    return frozenset(session.scalars(_lasting(), {"account_id": actor_id, "now": now}))


def of_case(session: Session, case_id: str) -> Sequence[Emergency]:
    """Every time it was opened, the latest first."""
    latest = select(Emergency).where(emergency.c.case_id == case_id)
    return session.scalars(latest.order_by(emergency.c.at.desc(), emergency.c.id)).all()


@cache
def _lasting() -> Select[str]:
    row = emergency.c
    return select(row.case_id).where(
        row.account_id == bindparam("account_id"),
        row.until > bindparam("now"),
        row.ended_at.is_(None),
    )
