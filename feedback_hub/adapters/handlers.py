"""Who may become a handler of highly sensitive cases: only whom an existing handler lets in.

Neither an administrator nor the command line grants it, to a person or to a token, except the first
one by command: then there is nobody to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.accounts import add_membership, revoke_token
from feedback_hub.adapters.tables import account, audit, handler_request, membership, token
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.ids import new_id


@dataclass(frozen=True)
class HandlerRequest:
    """Somebody, or a token, proposed as a handler. ``asked_at`` is UTC.

    ``account_id`` and ``email`` are empty for a token.
    """

    id: str
    account_id: str
    email: str
    name: str
    site: str
    sector: str
    has_second_factor: bool
    asked_at: datetime


@dataclass(frozen=True)
class UnaskedToken:
    """A token of theirs that was made at the machine, and that no handler has said yes to yet."""

    id: str
    name: str
    site: str
    sector: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def has_handlers(session: Session, but: str = "") -> bool:
    """Whether anybody active, ``but`` for one account, is a handler."""
    found = (
        select(membership.c.id)
        .join(account, account.c.id == membership.c.account_id)
        .where(membership.c.role == Role.PROTECTION, account.c.active, account.c.id != but)
        .limit(1)
    )
    return session.scalar(found) is not None


def propose(
    session: Session, held: Membership, now: datetime, *, account_id: str = "", token_id: str = ""
) -> None:
    """Ask the handlers about an account or a token; the same asked twice is one question."""
    asked = handler_request.c
    session.execute(
        delete(handler_request).where(
            asked.account_id == account_id,
            asked.organisation == held.organisation,
            asked.site == held.site,
            asked.sector == held.sector,
        )
    )
    session.execute(
        insert(handler_request).values(
            id=new_id(),
            account_id=account_id or None,
            token_id=token_id or None,
            organisation=held.organisation,
            site=held.site,
            sector=held.sector,
            asked_at=now,
        )
    )


def proposed(session: Session) -> list[HandlerRequest]:
    """What waits for a handler's word, the longest first; nobody who is switched off."""
    rows = session.execute(
        select(
            handler_request.c.id,
            handler_request.c.account_id,
            account.c.email,
            account.c.name,
            token.c.name.label("token"),
            account.c.tf_primary_method,
            handler_request.c.site,
            handler_request.c.sector,
            handler_request.c.asked_at,
        )
        .outerjoin(account, account.c.id == handler_request.c.account_id)
        .outerjoin(token, token.c.id == handler_request.c.token_id)
        .where(or_(account.c.active, token.c.revoked_at.is_(None) & token.c.id.is_not(None)))
        .order_by(handler_request.c.asked_at, handler_request.c.id)
    )
    return [
        HandlerRequest(
            id=row.id,
            account_id=row.account_id or "",
            email=row.email or "",
            name=(row.token if row.token is not None else row.name) or "",
            site=row.site,
            sector=row.sector,
            has_second_factor=row.tf_primary_method is not None,
            asked_at=row.asked_at,
        )
        for row in rows
    ]


def unasked(session: Session, now: datetime) -> list[UnaskedToken]:
    """Tokens that read what handlers read and about which none of them was asked, oldest first."""
    those = token.c
    agreed = select(audit.c.object_id).where(audit.c.action == AuditAction.HANDLER_APPROVED)
    asked = select(handler_request.c.token_id).where(handler_request.c.token_id.is_not(None))
    rows = session.execute(
        select(
            those.id,
            those.name,
            those.site,
            those.sector,
            those.created_at,
            those.expires_at,
            those.last_used_at,
        )
        .where(
            those.role == Role.PROTECTION,
            those.revoked_at.is_(None),
            or_(those.expires_at.is_(None), those.expires_at > now),
            those.id.not_in(agreed),
            those.id.not_in(asked),
        )
        .order_by(those.created_at, those.id)
    )
    return [UnaskedToken(*row) for row in rows]


def decide(
    session: Session, request_id: str, decided_by: str, now: datetime, *, agreed: bool
) -> tuple[str, str] | None:
    """Let somebody in, or not; "account" or "token" with its id, None if nothing waits there.

    Nobody decides about themselves. A token that is not let in is revoked.
    """
    asked = handler_request.c
    row = session.execute(
        delete(handler_request)
        .where(
            asked.id == request_id, or_(asked.account_id.is_(None), asked.account_id != decided_by)
        )
        .returning(asked.account_id, asked.token_id, asked.organisation, asked.site, asked.sector)
    ).one_or_none()
    if row is None:
        return None
    if row.token_id is not None:
        if not agreed:
            revoke_token(session, row.token_id, now)
        return "token", str(row.token_id)
    if agreed:
        held = Membership(Role.PROTECTION, row.organisation, row.site, row.sector)
        add_membership(session, row.account_id, held)
    return "account", str(row.account_id)
