"""Erasing for good: the data key goes, and with it whatever it sealed, wherever that stands.

Each destroyed key is in the ledger (table ``erasure``, and ``erasure.ledger`` in the home folder),
so that a backup made before cannot bring it back.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import (
    attempt,
    case_answer,
    case_fields,
    data_key,
    erasure,
    idempotency,
    invitation,
    log_in,
    metadata,
    wrong_try,
)

LEDGER = "erasure.ledger"
"""In the home folder: the keys that were destroyed, one a line. Ids only."""
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


def write_ledger(home: Path, key_ids: Collection[str]) -> None:
    """Add destroyed keys to the ledger in the home folder."""
    if not key_ids:
        return
    descriptor = os.open(home / LEDGER, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{one}\n" for one in sorted(key_ids))
        file.flush()
        os.fsync(file.fileno())


def _blank(connection: Connection | Session, table: Table, key_ids: list[str]) -> None:
    sealed = {
        column.name: None if column.nullable else b""
        for column in table.c
        if column.name.endswith("_sealed")
    }
    if sealed:
        connection.execute(update(table).where(table.c.key_id.in_(key_ids)).values(**sealed))
