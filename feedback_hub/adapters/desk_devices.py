"""Devices that keep reports while there is no network: registered, and taken out of use.

A device proves itself by a secret of which only the hash is kept. Out of use, it sends nothing,
its log-in has ended and nobody gets the key that opens what it has not sent; brought back into use,
it goes on where it was.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import desk_device, log_in
from feedback_hub.services.ports import Vault
from feedback_hub.services.seals import rescue_bound_to


@dataclass(frozen=True)
class DeskDevice:
    """One device as its owner and an administrator see it. Times are UTC."""

    id: str
    account_id: str
    name: str
    registered_at: datetime
    seen_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class Registered:
    """What a new device is given, once: its secret, and the key that opens it without its PIN."""

    id: str
    secret: str
    rescue: str


def register(
    session: Session, vault: Vault, account_id: str, name: str, log_in_id: str, now: datetime
) -> Registered:
    """Note a new device of an account."""
    made = Registered(uuid.uuid4().hex, secrets.token_urlsafe(32), secrets.token_hex(32))
    key_id = vault.new_key()
    session.execute(
        insert(desk_device).values(
            id=made.id,
            account_id=account_id,
            secret_hash=_hash(made.secret),
            name=name[:40],
            key_id=key_id,
            rescue_sealed=vault.seal(key_id, made.rescue, rescue_bound_to(made.id)),
            log_in_id=log_in_id,
            registered_at=now,
            seen_at=now,
        )
    )
    return made


def with_secret(session: Session, secret: str) -> DeskDevice | None:
    """The device that has this secret, also one out of use."""
    row = session.execute(
        select(desk_device).where(desk_device.c.secret_hash == _hash(secret))
    ).one_or_none()
    return _device(row) if row else None


def of_account(session: Session, account_id: str) -> list[DeskDevice]:
    """The devices of an account, the latest seen first."""
    rows = session.execute(
        select(desk_device)
        .where(desk_device.c.account_id == account_id)
        .order_by(desk_device.c.seen_at.desc(), desk_device.c.id)
    )
    return [_device(row) for row in rows]


def note_use(session: Session, device_id: str, log_in_id: str, now: datetime) -> None:
    """It was here, with this log-in."""
    session.execute(
        update(desk_device)
        .where(desk_device.c.id == device_id)
        .values(seen_at=now, log_in_id=log_in_id)
    )


def rescue_of(session: Session, vault: Vault, device_id: str) -> str:
    """The key that opens a device without its PIN; empty for one out of use."""
    row = session.execute(
        select(desk_device.c.key_id, desk_device.c.rescue_sealed).where(
            desk_device.c.id == device_id, desk_device.c.revoked_at.is_(None)
        )
    ).one_or_none()
    return vault.open(row.key_id, row.rescue_sealed, rescue_bound_to(device_id)) if row else ""


def take_out_of_use(session: Session, account_id: str, device_id: str, now: datetime) -> bool:
    """Let a device of this account send and open nothing any more; whether it did until now."""
    own = (desk_device.c.id == device_id, desk_device.c.account_id == account_id)
    log_in_id = session.scalar(
        update(desk_device)
        .where(*own, desk_device.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(desk_device.c.log_in_id)
    )
    if log_in_id is None:
        return False
    session.execute(
        delete(log_in).where(log_in.c.id == log_in_id, log_in.c.account_id == account_id)
    )
    return True


def bring_back(session: Session, account_id: str, device_id: str) -> bool:
    """It was found again; whether it was out of use."""
    own = (desk_device.c.id == device_id, desk_device.c.account_id == account_id)
    done = session.scalar(
        update(desk_device)
        .where(*own, desk_device.c.revoked_at.is_not(None))
        .values(revoked_at=None)
        .returning(desk_device.c.id)
    )
    return done is not None


def _device(row: object) -> DeskDevice:
    return DeskDevice(*(getattr(row, name) for name in DeskDevice.__dataclass_fields__))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
