"""One time for every machine that works on one database: the database's.

Leases, duties and deadlines are compared across machines. One whose clock is an hour wrong would
take over what another is sending, and end log-ins that are good.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

ASKED_EVERY = 60.0
"""Seconds after which the database is asked anew, at the next use of a connection."""


class SharedClock:
    """Tells the time of a PostgreSQL server, and this machine's until it was asked first.

    Between two askings it goes by the seconds since this machine started, which nobody sets.
    """

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._told: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """Now, aware and UTC."""
        if self._told is None and self._engine is not None:
            # Nobody can wait for a server that is away; what is asked of it next says so.
            with suppress(OperationalError), self._engine.connect():
                pass
        told = self._told
        if told is None:
            return datetime.now(UTC)
        then, at = told
        return then + timedelta(seconds=_seconds() - at)

    def ask(self, engine: Engine) -> None:
        """Go by this engine's server from its first connection on."""
        self._engine = engine
        event.listen(engine, "checkout", self._asked)

    def _asked(self, connection: DBAPIConnection, _record: object, _proxy: object) -> None:
        if self._told is not None and _seconds() - self._told[1] < ASKED_EVERY:
            return
        before = _seconds()
        cursor = connection.cursor()
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
        # Whoever takes the connection says first how its transaction is to be.
        connection.rollback()
        if row is not None:
            self._told = row[0].astimezone(UTC), (before + _seconds()) / 2


def _seconds() -> float:
    """Since this machine started, its sleep too where the system says so."""
    counted = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(counted)
