"""Exports that were made: by whom, of what and for what; and the file, while it may be fetched.

The file is sealed under a data key of its own, which is destroyed when its time is over: a copy of
the disk from later holds nothing of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, insert, select, update

from feedback_hub.adapters.tables import export_made
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import Invalid
from feedback_hub.services.ports import FileStore

LASTS = timedelta(hours=24)
"""How long a file may be fetched."""
LONGEST_PURPOSE = 500


@dataclass(frozen=True)
class Export:
    """One export. Times are UTC; ``expires_at`` is None for one that was written to a file."""

    id: str
    account_id: str
    kind: str
    columns: tuple[str, ...]
    personal: bool
    purpose: str
    count: int
    made_at: datetime
    file_name: str
    expires_at: datetime | None


def new_id() -> str:
    """What stands on every line of an export."""
    return uuid.uuid4().hex


def begin(
    uow: SqlUnitOfWork,
    export_id: str,
    by: str,
    account_id: str,
    kind: str,
    columns: Sequence[str],
    purpose: str,
    now: datetime,
    *,
    personal: bool,
) -> None:
    """Note it before the first line is written: a table that was begun may be out.

    Raises ``Invalid`` for a purpose that is too long.
    """
    if len(purpose) > LONGEST_PURPOSE:
        raise Invalid("purpose", f"is longer than {LONGEST_PURPOSE} characters")
    key_id = uow.vault.new_key()
    uow.session.execute(
        insert(export_made).values(
            id=export_id,
            account_id=account_id,
            kind=kind,
            columns=tuple(columns),
            personal=personal,
            key_id=key_id,
            purpose_sealed=uow.vault.seal(key_id, purpose, _purpose(export_id)),
            count=0,
            made_at=now,
            stored_name="",
            file_name="",
        )
    )
    reason = "personal" if personal else "pseudonymous"
    uow.audit(AuditAction.EXPORTED, by, now, kind=kind, object_id=export_id, reason=reason)


def end(uow: SqlUnitOfWork, export_id: str, count: int) -> None:
    """How many lines it has."""
    uow.session.execute(_one(export_id).values(count=count))


def keep(
    uow: SqlUnitOfWork,
    store: FileStore,
    export_id: str,
    file_name: str,
    content: bytes,
    count: int,
    now: datetime,
) -> None:
    """Keep its file for a while, under a key that goes with it. Raises ``OSError``."""
    stored, key_id = uuid.uuid4().hex, uow.vault.new_key()
    store.write(stored, uow.vault.seal(key_id, content, _content(export_id)))
    uow.session.execute(
        _one(export_id).values(
            count=count,
            stored_name=stored,
            file_key_id=key_id,
            file_name=file_name,
            expires_at=now + LASTS,
        )
    )


def made(uow: SqlUnitOfWork, account_id: str = "", most: int = 50) -> list[Export]:
    """What was exported, the latest first: one account's, or everybody's."""
    wanted = select(export_made).order_by(export_made.c.made_at.desc()).limit(most)
    if account_id:
        wanted = wanted.where(export_made.c.account_id == account_id)
    rows = uow.session.execute(wanted).all()
    uow.vault.load({row.key_id for row in rows})
    return [
        Export(
            row.id,
            row.account_id,
            row.kind,
            row.columns,
            row.personal,
            uow.vault.open(row.key_id, row.purpose_sealed, _purpose(row.id)),
            row._mapping["count"],  # a row has a method of that name
            row.made_at,
            row.file_name,
            row.expires_at,
        )
        for row in rows
    ]


def fetch(
    uow: SqlUnitOfWork, store: FileStore, export_id: str, account_id: str, now: datetime
) -> tuple[str, bytes] | None:
    """``(its name, the file)`` for whoever made it, while it may be fetched."""
    row = uow.session.execute(
        select(export_made).where(
            export_made.c.id == export_id,
            export_made.c.account_id == account_id,
            export_made.c.expires_at > now,
        )
    ).one_or_none()
    if row is None or not row.stored_name:
        return None
    try:
        sealed = store.read(row.stored_name)
    except FileNotFoundError:
        return None
    return row.file_name, uow.vault.open_bytes(row.file_key_id, sealed, _content(export_id))


def any_expired(uow: SqlUnitOfWork, now: datetime) -> bool:
    """Whether there is anything for ``forget_expired``."""
    row = export_made.c
    old = select(row.id).where(row.expires_at <= now, row.stored_name != "").limit(1)
    return uow.session.scalar(old) is not None


def forget_expired(uow: SqlUnitOfWork, now: datetime) -> list[str]:
    """Destroy the keys of files whose time is over; their stored names, to be removed after."""
    old = uow.session.execute(
        select(export_made.c.id, export_made.c.stored_name, export_made.c.file_key_id).where(
            export_made.c.expires_at <= now, export_made.c.stored_name != ""
        )
    ).all()
    for row in old:
        uow.vault.destroy(row.file_key_id)
        uow.session.execute(_one(row.id).values(stored_name="", file_key_id=None))
    return [row.stored_name for row in old]


def _one(export_id: str) -> Update:
    return update(export_made).where(export_made.c.id == export_id)


def _purpose(export_id: str) -> str:
    return f"export_made.purpose:{export_id}"


def _content(export_id: str) -> str:
    return f"export_made.content:{export_id}"
