"""Putting what providers deliver into the inbox with as little as it takes: one statement, durable.

A webhook's transaction is always the same two inserts, so that nothing of a session is needed. On
PostgreSQL both are one statement and one round trip, which commits itself; a delivery that is known
already leaves neither row nor key.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from feedback_hub.adapters.tables import data_key, inbox
from feedback_hub.adapters.vault import KEY_BYTES, Keyring, sealed
from feedback_hub.services.records.work import InboxRow

_COLUMNS = tuple(column.name for column in inbox.columns)
_KEYS = tuple(column.name for column in data_key.columns)


class Arrivals:
    """Fulfils ``services.ports.Inbox`` for one group of arrivals; made anew for each."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring
        self._ciphers: dict[str, AESGCM] = {}
        self._wrapped: dict[str, tuple[str, bytes, str]] = {}

    def new_keys(self, count: int) -> list[str]:
        """Make ``count`` data keys; written with the row that each seals."""
        made = [uuid.uuid4().hex for _ in range(count)]
        for key_id in made:
            key = secrets.token_bytes(KEY_BYTES)
            self._ciphers[key_id] = AESGCM(key)
            self._wrapped[key_id] = (key_id, *self._keyring.wrap(key_id, key))
        return made

    def seal(self, key_id: str, plain: str | bytes, bound_to: str) -> bytes:
        """Encrypt under one of the keys made here."""
        return sealed(self._ciphers[key_id], plain, bound_to)

    def keep(self, rows: Sequence[InboxRow]) -> set[str]:
        """Make ``rows`` durable; the ids of those that were not known. Raises ``DBAPIError``."""
        if not rows:
            return set()
        try:
            return self._keep(rows)
        except OperationalError as error:
            if not error.connection_invalidated:
                raise
        # A connection that had died meanwhile. What it may have kept all the same is known now.
        return self._keep(rows)

    def _keep(self, rows: Sequence[InboxRow]) -> set[str]:
        ready = [_values(row, self._engine.dialect.name) for row in rows]
        keys = [self._wrapped[row.key_id] for row in rows]
        postgresql = self._engine.dialect.name == "postgresql"
        with closing(self._engine.raw_connection()) as pooled:
            driver: Any = pooled.driver_connection
            try:
                return (_on_postgresql if postgresql else _on_sqlite)(driver, ready, keys)
            except self._engine.dialect.loaded_dbapi.Error as fault:
                broken = bool(getattr(driver, "broken", False) or getattr(driver, "closed", False))
                if broken:
                    pooled.invalidate()
                raise _as_ours(fault, self._engine, broken=broken) from fault


def _as_ours(fault: Exception, engine: Engine, *, broken: bool) -> DBAPIError:
    """The driver's fault as SQLAlchemy says it, without a value of what was to be kept."""
    made = DBAPIError.instance(
        "arrivals",
        None,
        fault,
        engine.dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=engine.dialect,
    )
    assert isinstance(made, DBAPIError)  # noqa: S101  of a driver's own error it makes nothing else
    return made


def _on_postgresql(driver: Any, rows: list[list[object]], keys: list[Any]) -> set[str]:  # noqa: ANN401  as the driver has it
    given = [value for row in rows for value in row]
    given += [value for key in keys for value in key]
    driver.autocommit = True
    try:
        found = driver.execute(_statement(len(rows)), given, prepare=True).fetchall()
    finally:
        with suppress(Exception):
            driver.autocommit = False
    return {row[0] for row in found}


@cache
def _statement(count: int) -> str:
    row = "(" + ", ".join(["%s"] * len(_COLUMNS)) + ")"
    key = "(" + ", ".join(["%s"] * len(_KEYS)) + ")"
    return (
        f"WITH kept AS (INSERT INTO inbox ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608  ours
        f"{', '.join([row] * count)} ON CONFLICT DO NOTHING RETURNING id, key_id), "
        f"keyed AS (INSERT INTO data_key ({', '.join(_KEYS)}) SELECT given.* FROM (VALUES "
        f"{', '.join([key] * count)}) AS given ({', '.join(_KEYS)}) "
        "JOIN kept ON kept.key_id = given.id) SELECT id FROM kept"
    )


_ROW = (
    f"INSERT INTO inbox ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608  ours
    f"({', '.join('?' * len(_COLUMNS))}) ON CONFLICT DO NOTHING"
)
_KEY = f"INSERT INTO data_key ({', '.join(_KEYS)}) VALUES ({', '.join('?' * len(_KEYS))})"  # noqa: S608  ours


def _on_sqlite(driver: Any, rows: list[list[object]], keys: list[Any]) -> set[str]:  # noqa: ANN401  as the driver has it
    driver.execute("BEGIN IMMEDIATE")
    try:
        kept = set()
        for row, key in zip(rows, keys, strict=True):
            if driver.execute(_ROW, row).rowcount == 1:
                driver.execute(_KEY, key)
                kept.add(str(row[0]))
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    return kept


_TYPES = {
    column.name: column.type.dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())
    for column in inbox.columns
}


def _values(row: InboxRow, dialect: str) -> list[object]:
    values: list[object] = [getattr(row, name) for name in _COLUMNS]
    if dialect == "postgresql":
        return [getattr(value, "value", value) for value in values]
    made = (_TYPES[name] for name in _COLUMNS)
    return [make(value) if make else value for make, value in zip(made, values, strict=True)]
