"""Who may become a handler of highly sensitive cases: only whom an existing handler lets in.

Neither an administrator nor the command line grants it, except the first one: then there is nobody
to ask, and nothing to read yet.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.accounts import add_membership
from feedback_hub.adapters.tables import account, handler_request, membership
from feedback_hub.domain.access import Membership, Role


@dataclass(frozen=True)
class HandlerRequest:
    """Somebody proposed as a handler. ``asked_at`` is UTC."""

    id: str
    account_id: str
    email: str
    name: str
    asked_at: datetime


def has_handlers(session: Session, but: str = "") -> bool:
    """Whether anybody active, ``but`` for one account, is a handler."""
    found = (
        select(membership.c.id)
        .join(account, account.c.id == membership.c.account_id)
        .where(membership.c.role == Role.PROTECTION, account.c.active, account.c.id != but)
        .limit(1)
    )
    return session.scalar(found) is not None


def propose(session: Session, account_id: str, held: Membership, now: datetime) -> None:
    """Ask the handlers; asked twice it is one question."""
    session.execute(delete(handler_request).where(handler_request.c.account_id == account_id))
    session.execute(
        insert(handler_request).values(
            id=uuid.uuid4().hex,
            account_id=account_id,
            site=held.site,
            sector=held.sector,
            asked_at=now,
        )
    )


def proposed(session: Session) -> list[HandlerRequest]:
    """Who waits for a handler's word, the longest first; nobody who is disabled."""
    rows = session.execute(
        select(
            handler_request.c.id,
            account.c.id.label("account_id"),
            account.c.email,
            account.c.name,
            handler_request.c.asked_at,
        )
        .join(account, account.c.id == handler_request.c.account_id)
        .where(account.c.active)
        .order_by(handler_request.c.asked_at, handler_request.c.id)
    )
    return [HandlerRequest(*row) for row in rows]


def decide(session: Session, request_id: str, decided_by: str, *, agreed: bool) -> str | None:
    """Let somebody in, or not; their account's id, or None if nothing waits under this id.

    Nobody decides about themselves.
    """
    row = session.execute(
        delete(handler_request)
        .where(handler_request.c.id == request_id, handler_request.c.account_id != decided_by)
        .returning(handler_request.c.account_id, handler_request.c.site, handler_request.c.sector)
    ).one_or_none()
    if row is None:
        return None
    account_id = str(row.account_id)
    if agreed:
        add_membership(
            session, account_id, Membership(Role.PROTECTION, site=row.site, sector=row.sector)
        )
    return account_id
