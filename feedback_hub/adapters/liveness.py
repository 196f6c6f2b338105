"""Whether a kept PostgreSQL connection still stands, mostly without asking the server.

A server that ends a connection says so and closes it: what arrived in the meantime lies in the
socket, where looking costs microseconds. A page takes half a dozen connections out of the pool, and
to ask the server each time whether it is there took a tenth of the page.
"""

from __future__ import annotations

import select
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.pool import ConnectionPoolEntry

ASKED_AFTER = 20.0
"""Seconds without use after which the server itself is asked: a network may have swallowed it."""
_USED_AT = "used_at"


def watch(engine: Engine) -> None:
    """Look at each connection of the engine before it is used again, and replace a dead one."""
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_check, engine))


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _check(
    engine: Engine,
    connection: Any,  # noqa: ANN401  psycopg's; SQLAlchemy knows less of it than we look at
    record: ConnectionPoolEntry,
    _given: object,
) -> None:
    used_at = record.info.get(_USED_AT)
    if used_at is None:
        return  # just made
    if time.monotonic() - used_at < ASKED_AFTER and not _has_news(connection):
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        # The pool lets go of all that were made before now: mostly the server was restarted.
        raise DisconnectionError from error


def _has_news(connection: psycopg.Connection[Any]) -> bool:
    if connection.closed:
        return True
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return bool(looking.poll(0))
