"""What arrives at the same time is committed together: a commit costs more than a message.

Whoever comes first commits for all who wait by then, and each is answered only after that: a reply
still means that the message is durable. Nobody waits for company: alone, one commits at once. On
SQLite one commits at a time; PostgreSQL writes several commits to the disk at once by itself, and
to wait for another's first would take twice as long as to commit beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from feedback_hub.adapters.engine import AT_ONCE, turn_to_write
from feedback_hub.bootstrap import Hub, database_url
from feedback_hub.services import intake
from feedback_hub.services.intake import Arrival
from feedback_hub.services.records.work import Arrived

log = structlog.get_logger()

MOST = 100
"""Arrivals in one transaction."""


@dataclass(eq=False)
class _Waiting:
    rows: Sequence[Arrived]
    called: threading.Event = field(default_factory=threading.Event)
    """Set when it is done, or when it is this one's turn to commit for all who wait."""
    done: bool = False
    fault: SQLAlchemyError | None = None
    kept: Collection[str] = ()
    """Of what this transaction kept: whoever finds itself here is new."""


class Together:
    """Keeps arrivals of this process's threads. One a process."""

    def __init__(self, hub: Hub) -> None:
        """Opens no connection: safe to make before a fork."""
        self._hub = hub
        self._guard = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._free = 1 if database_url(hub.config).startswith("sqlite") else AT_ONCE

    def keep(self, arrival: Arrival) -> None:
        """Return once ``arrival`` is durable. Raises ``SQLAlchemyError`` if it is not."""
        # Sealed before its turn: while one commits, the others make theirs ready.
        mine = _Waiting(intake.sealed_rows(self._hub.arrivals, arrival))
        with self._guard:
            commits = self._free > 0
            if commits:
                self._free -= 1
            else:
                self._waiting.append(mine)
        if not commits:
            # Who is done goes, whatever the others are at: nobody waits twice.
            mine.called.wait()
        if not mine.done:
            try:
                self._keep_with(mine)
            finally:
                self._call_next()
        if mine.fault is not None:
            raise mine.fault
        for row in mine.rows:
            if row.id in mine.kept:
                log.info("accepted", trace=row.id, channel=row.channel, kind=row.kind.value)

    def _keep_with(self, mine: _Waiting) -> None:
        """Commit mine, and for all who wait by the time that it is this process's turn."""
        # On SQLite: before the other processes of this machine, or after them.
        with turn_to_write(self._hub.engine):
            with self._guard:
                some = [mine, *self._waiting[: MOST - 1]]
                del self._waiting[: MOST - 1]
            try:
                self._keep(some)
            finally:
                for one in some:
                    one.called.set()

    def _call_next(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.pop(0).called.set()
            else:
                self._free += 1

    def _keep(self, some: Sequence[_Waiting]) -> None:
        try:
            self._commit(some)
        except SQLAlchemyError as error:
            if len(some) == 1 or isinstance(error, (OperationalError, InterfaceError)):
                # The database is away or full: for each of them alike.
                for one in some:
                    one.fault = error
                    one.done = True
                return
            # Nobody pays for what another one brought.
            for one in some:
                self._keep([one])
        except BaseException:
            for one in some:
                one.done = True
                one.fault = SQLAlchemyError("the transaction was broken off")
            raise
        else:
            for one in some:
                one.done = True

    def _commit(self, some: Sequence[_Waiting]) -> None:
        kept = self._hub.arrivals.keep([row for one in some for row in one.rows])
        for one in some:
            one.kept = kept
