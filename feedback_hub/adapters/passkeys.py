"""Passkeys (WebAuthn, level 2) as rows: which key opens which account.

Of the credential's id only a hash is kept: it is what a browser proves itself by, and nothing here
needs to name it.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import account, passkey

MOST = 10
"""Passkeys of one account."""


@dataclass(frozen=True)
class Passkey:
    """One as its owner sees it. Times are UTC."""

    id: str
    name: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Known:
    """What an answer is checked against."""

    id: str
    account_id: str
    public_key: bytes
    sign_count: int


def of_account(session: Session, account_id: str) -> list[Passkey]:
    """Everyone of an account, the oldest first."""
    row = passkey.c
    found = session.execute(
        select(row.id, row.name, row.made_at, row.used_at)
        .where(row.account_id == account_id)
        .order_by(row.made_at, row.id)
    )
    return [Passkey(*one) for one in found]


def add(
    session: Session,
    account_id: str,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    now: datetime,
) -> str:
    """Keep a new one; its id. The unique column refuses a credential twice."""
    made = uuid.uuid4().hex
    session.execute(
        insert(passkey).values(
            id=made,
            account_id=account_id,
            credential_hash=_hash(credential_id),
            public_key=public_key,
            sign_count=sign_count,
            name=name,
            made_at=now,
        )
    )
    return made


def remove(session: Session, account_id: str, passkey_id: str) -> bool:
    """Forget one of this account; False where there is none."""
    row = passkey.c
    gone = delete(passkey).where(row.id == passkey_id, row.account_id == account_id)
    return change(session, gone) == 1


def find(session: Session, credential_id: bytes) -> Known | None:
    """The passkey of an active account with this credential."""
    row = passkey.c
    found = session.execute(
        select(row.id, row.account_id, row.public_key, row.sign_count)
        .join(account, account.c.id == row.account_id)
        .where(row.credential_hash == _hash(credential_id), account.c.active)
    ).one_or_none()
    return Known(*found) if found else None


def note_use(
    session: Session, known: Known, sign_count: int, challenged_at: datetime, now: datetime
) -> bool:
    """It answered; False for an answer that counted before, or one to an older challenge."""
    row = passkey.c
    fresh = or_(row.challenged_at.is_(None), row.challenged_at < challenged_at)
    used = (
        update(passkey)
        .where(row.id == known.id, fresh)
        .values(sign_count=sign_count, used_at=now, challenged_at=challenged_at)
    )
    return change(session, used) == 1


def _hash(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
