"""Codes that let a person choose a password: printed or read out, used once, soon over."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import account, invitation, log_in

LASTS = timedelta(days=7)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that is taken for another one on paper."""
_GROUPS, _EACH = 5, 4


def invite(session: Session, account_id: str, now: datetime) -> str:
    """A new code for this account, and the only time it is readable. An older one is void."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_EACH)) for _ in range(_GROUPS))
    code = "-".join(groups)
    session.execute(delete(invitation).where(invitation.c.account_id == account_id))
    session.execute(
        insert(invitation).values(
            code_hash=_hash(code), account_id=account_id, expires_at=now + LASTS
        )
    )
    return code


def invited(session: Session, code: str, now: datetime) -> str | None:
    """The e-mail address of the account that ``code`` is for; None if there is none any more."""
    return session.scalar(
        select(account.c.email)
        .join(invitation, invitation.c.account_id == account.c.id)
        .where(
            invitation.c.code_hash == _hash(code), invitation.c.expires_at > now, account.c.active
        )
    )


def accept(session: Session, code: str, password_hash: str, now: datetime) -> str | None:
    """Set the password and log out whoever knew the old one; the account's id, or None.

    The code is taken in the same step, so that it counts once.
    """
    account_id: str | None = session.scalar(
        delete(invitation)
        .where(invitation.c.code_hash == _hash(code), invitation.c.expires_at > now)
        .returning(invitation.c.account_id)
    )
    if account_id is None:
        return None
    chosen = update(account).where(account.c.id == account_id)
    session.execute(chosen.values(password=password_hash))
    session.execute(delete(log_in).where(log_in.c.account_id == account_id))
    return account_id


def _hash(code: str) -> str:
    plain = code.strip().lower().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode()).hexdigest()
