"""Putting what providers deliver into the inbox with as little as it takes: one statement, durable.

A webhook's transaction is always the same two inserts, so that nothing of a session is needed. On
PostgreSQL both are one statement and one round trip, which commits itself; a delivery that is known
already leaves neither row nor key.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from feedback_hub.adapters.engine import AT_ONCE
from feedback_hub.adapters.tables import data_key, inbox
from feedback_hub.adapters.vault import KEY_BYTES, Keyring, sealed
from feedback_hub.domain.ids import new_id
from feedback_hub.services.records.work import Arrived, Sealed

_GIVEN = (
    "id",
    "channel",
    "kind",
    "external_id",
    "key_id",
    "raw_sealed",
    "parsed_sealed",
    "arrived_at",
    "available_at",
)
# All that may not be empty has to be said: the defaults of the tables are SQLAlchemy's, not theirs.
_COLUMNS = ", ".join((*_GIVEN, "from_history", "attempts", "fault"))
_ALWAYS = "FALSE, 0, ''"
_KEYS = tuple(column.name for column in data_key.columns)


class Arrivals:
    """Fulfils ``services.ports.Inbox``. On PostgreSQL ``engine`` is one that commits by itself."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def seal(self, row_id: str, raw: bytes, parsed: str) -> Sealed:
        """Encrypt what goes into a row under a new key, written with the row."""
        key_id, key = new_id(), secrets.token_bytes(KEY_BYTES)
        wrapped, wrapped_by = self._keyring.wrap(key_id, key)
        cipher = AESGCM(key)
        return Sealed(
            key_id,
            wrapped,
            wrapped_by,
            raw=sealed(cipher, raw, f"inbox.raw:{row_id}"),
            parsed=sealed(cipher, parsed, f"inbox.parsed:{row_id}"),
        )

    def keep(self, rows: Sequence[Arrived]) -> set[str]:
        """Make ``rows`` durable; the ids of those that were not known. Raises ``DBAPIError``."""
        if not rows:
            return set()
        for _ in range(AT_ONCE):
            try:
                return self._keep(rows)
            except OperationalError as error:
                if not error.connection_invalidated:
                    raise
            # A connection that had died meanwhile, and with it most likely those that lie idle
            # beside it: each is let go as it is met. What it may have kept all the same is known.
        return self._keep(rows)

    def _keep(self, rows: Sequence[Arrived]) -> set[str]:
        postgresql = self._engine.dialect.name == "postgresql"
        try:
            connection = self._engine.raw_connection()
        except self._engine.dialect.loaded_dbapi.Error as fault:
            # The pool says it in the driver's words.
            raise _as_ours(fault, self._engine, broken=False) from fault
        with closing(connection) as pooled:
            driver: Any = pooled.driver_connection
            try:
                return (_on_postgresql if postgresql else _on_sqlite)(driver, rows)
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


def _on_postgresql(driver: Any, rows: Sequence[Arrived]) -> set[str]:  # noqa: ANN401  as the driver has it
    given = [value for row in rows for value in _row(row)]
    given += [value for row in rows for value in _key(row)]
    return {row[0] for row in driver.execute(_statement(len(rows)), given, prepare=True).fetchall()}


@cache
def _statement(count: int) -> str:
    row = f"({', '.join(['%s'] * len(_GIVEN))}, {_ALWAYS})"
    key = "(" + ", ".join(["%s"] * len(_KEYS)) + ")"
    return (
        f"WITH kept AS (INSERT INTO inbox ({_COLUMNS}) VALUES "  # noqa: S608  ours
        f"{', '.join([row] * count)} ON CONFLICT DO NOTHING RETURNING id, key_id), "
        f"keyed AS (INSERT INTO data_key ({', '.join(_KEYS)}) SELECT given.* FROM (VALUES "
        f"{', '.join([key] * count)}) AS given ({', '.join(_KEYS)}) "
        "JOIN kept ON kept.key_id = given.id) SELECT id FROM kept"
    )


_ROW = (
    f"INSERT INTO inbox ({_COLUMNS}) VALUES "  # noqa: S608  ours
    f"({', '.join('?' * len(_GIVEN))}, {_ALWAYS}) ON CONFLICT DO NOTHING"
)
_KEY = f"INSERT INTO data_key ({', '.join(_KEYS)}) VALUES ({', '.join('?' * len(_KEYS))})"  # noqa: S608  ours


def _on_sqlite(driver: Any, rows: Sequence[Arrived]) -> set[str]:  # noqa: ANN401  as the driver has it
    ready = [
        [make(value) if make else value for make, value in zip(_TYPES, _row(row), strict=True)]
        for row in rows
    ]
    driver.execute("BEGIN IMMEDIATE")
    try:
        kept = set()
        for row, values in zip(rows, ready, strict=True):
            if driver.execute(_ROW, values).rowcount == 1:
                driver.execute(_KEY, _key(row))
                kept.add(row.id)
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    return kept


_TYPES = [
    inbox.c[name].type.dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())
    for name in _GIVEN
]


def _row(row: Arrived) -> tuple[object, ...]:
    """In the order of ``_GIVEN``."""
    return (
        row.id,
        row.channel,
        row.kind.value,
        row.external_id,
        row.sealed.key_id,
        row.sealed.raw,
        row.sealed.parsed,
        row.arrived_at,
        row.available_at,
    )


def _key(row: Arrived) -> tuple[object, ...]:
    """In the order of ``_KEYS``."""
    return (row.sealed.key_id, row.sealed.wrapped, row.sealed.wrapped_by)
