"""Erasing for good: the data key goes, and with it whatever it sealed, wherever that stands.

Each destroyed key is in the ledger (table ``erasure``, and ``erasure.ledger`` in the home folder
and beside the keys), so that a backup made before cannot bring it back.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters import search_index
from feedback_hub.adapters.tables import (
    attempt,
    case_answer,
    case_fields,
    contact,
    data_key,
    erasure,
    idempotency,
    invitation,
    log_in,
    message,
    metadata,
    wrong_try,
)

LEDGER = "erasure.ledger"
"""The keys that were destroyed, one a line. Ids only."""
KEPT_ANSWERS = timedelta(days=7)
"""Nobody repeats a request that late: a desk's queue is sent within days."""
KEPT_TRIES = timedelta(days=2)
"""Longer than anything counts wrong tries, and than a log-in lasts."""
_AT_ONCE = 500


def destroy(
    connection: Connection | Session, key_ids: Iterable[str], now: datetime | None = None
) -> set[str]:
    """Destroy data keys and blank what they sealed; those that were still there.

    With ``now`` they enter the ledger.
    """
    keys = sorted(set(key_ids))
    destroyed: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        live = set(connection.scalars(select(data_key.c.id).where(data_key.c.id.in_(some))))
        destroyed |= live
        connection.execute(delete(data_key).where(data_key.c.id.in_(live)))
        for table in metadata.sorted_tables:
            if "key_id" in table.c and table is not erasure:
                _blank(connection, table, some)
        # Nobody finds a case by an answer that is gone.
        of_case = select(case_fields.c.case_id).where(case_fields.c.key_id.in_(some))
        connection.execute(delete(case_answer).where(case_answer.c.case_id.in_(of_case)))
        if now is not None and live:
            connection.execute(
                insert(erasure), [{"key_id": one, "at": now} for one in sorted(live)]
            )
    return destroyed


def forget_repeats(session: Session, now: datetime) -> None:
    """What only guards against repeats and guesses goes when it is old.

    Answers kept for an ``Idempotency-Key`` after ``KEPT_ANSWERS``, wrong numbers after
    ``KEPT_TRIES``, invitations and log-ins that are over. Not in the ledger: a restored backup
    forgets them anew.
    """
    old = select(idempotency.c.key_id).where(idempotency.c.at < now - KEPT_ANSWERS)
    destroy(session, session.scalars(old))
    for table, column, before in (
        (idempotency, idempotency.c.at, now - KEPT_ANSWERS),
        (wrong_try, wrong_try.c.at, now - KEPT_TRIES),
        (attempt, attempt.c.at, now - KEPT_TRIES),
        (invitation, invitation.c.expires_at, now),
        (log_in, log_in.c.started_at, now - KEPT_TRIES),
    ):
        session.execute(delete(table).where(column < before))


def ledgers(home: Path, secrets: Path) -> list[Path]:
    """Where the ledger is kept: whoever takes the keys to another machine takes it along."""
    folders = [home, *([secrets] if secrets.is_dir() else [])]
    return [folder / LEDGER for folder in folders]


def write_ledger(ledgers: Iterable[Path], key_ids: Collection[str]) -> None:
    """Add destroyed keys to each copy of the ledger."""
    if not key_ids:
        return
    for ledger in ledgers:
        descriptor = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{one}\n" for one in sorted(key_ids))
            file.flush()
            os.fsync(file.fileno())


def without_key(connection: Connection) -> set[str]:
    """Keys by which something is sealed, and which are no more: of a restored older database."""
    known = select(data_key.c.id)
    gone: set[str] = set()
    for table in metadata.sorted_tables:
        if "key_id" in table.c and table is not erasure:
            orphans = select(table.c.key_id).where(table.c.key_id.not_in(known)).distinct()
            gone.update(connection.scalars(orphans))
    return gone


def forget_found_by(connection: Connection, key_ids: Collection[str]) -> None:
    """What a restored database would still find by: the index's words, and the number's hash."""
    keys = sorted(key_ids)
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        said = select(message.c.case_id).where(message.c.key_id.in_(some))
        with Session(connection) as session:
            for case_id in session.scalars(said.distinct()).all():
                search_index.forget(session, case_id)
            session.execute(
                update(contact)
                .where(contact.c.key_id.in_(some))
                .values(address_index="erased:" + contact.c.id, language="und")
            )


def _blank(connection: Connection | Session, table: Table, key_ids: list[str]) -> None:
    sealed = {
        column.name: None if column.nullable else b""
        for column in table.c
        if column.name.endswith("_sealed")
    }
    if sealed:
        connection.execute(update(table).where(table.c.key_id.in_(key_ids)).values(**sealed))
