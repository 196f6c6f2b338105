"""What arrives at the same time is committed together: a commit costs more than a message.

Whoever comes first commits for all who wait by then, and each is answered only after that: a reply
still means that the message is durable. Nobody waits for company: alone, one commits at once.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from feedback_hub.adapters.arrivals import Arrivals
from feedback_hub.bootstrap import Hub
from feedback_hub.services import intake
from feedback_hub.services.intake import Arrival

log = structlog.get_logger()

MOST = 100
"""Arrivals in one transaction."""


@dataclass(eq=False)
class _Waiting:
    arrival: Arrival
    called: threading.Event = field(default_factory=threading.Event)
    """Set when it is done, or when it is this one's turn to commit for all who wait."""
    done: bool = False
    fault: SQLAlchemyError | None = None


class Together:
    """Keeps arrivals of this process's threads. One a process."""

    def __init__(self, hub: Hub) -> None:
        """Opens no connection: safe to make before a fork."""
        self._hub = hub
        self._guard = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._busy = False

    def keep(self, arrival: Arrival) -> None:
        """Return once ``arrival`` is durable. Raises ``SQLAlchemyError`` if it is not."""
        mine = _Waiting(arrival)
        with self._guard:
            self._waiting.append(mine)
            first, self._busy = not self._busy, True
        if not first:
            # Who is done goes, whatever the others are at: nobody waits twice.
            mine.called.wait()
        if not mine.done:
            try:
                self._keep_all()
            finally:
                self._call_next(mine)
        if mine.fault is not None:
            raise mine.fault

    def _keep_all(self) -> None:
        """Commit for all who wait by the time that it is this process's turn."""
        with self._in_turn():
            with self._guard:
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                self._keep(some)
            finally:
                for one in some:
                    one.called.set()

    def _call_next(self, mine: _Waiting) -> None:
        with self._guard:
            if mine in self._waiting:  # it came to no turn: the disk is full, say
                self._waiting.remove(mine)
            if self._waiting:
                self._waiting[0].called.set()
            else:
                self._busy = False

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

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """On SQLite: before the other processes of this machine, or after them, each in its turn.

        SQLite's own waiting is asking again, at longer and longer intervals: some wait very long.
        The kernel wakes who waits for a lock the moment it is free, but whoever asks first gets it,
        which is mostly the one who has just given it back. So there are two: who holds the first is
        next, and keeps it until the second is free.
        """
        if self._hub.engine.dialect.name != "sqlite":
            yield
            return
        home = self._hub.config.hub.home
        turn = _open(home / "arrivals.lock")
        try:
            is_next = _open(home / "arrivals-next.lock")
            try:
                fcntl.flock(is_next, fcntl.LOCK_EX)
                fcntl.flock(turn, fcntl.LOCK_EX)
            finally:
                os.close(is_next)
            yield
        finally:
            os.close(turn)

    def _commit(self, some: Sequence[_Waiting]) -> None:
        into = Arrivals(self._hub.engine, self._hub.keyring)
        rows = intake.accept_together(into, [one.arrival for one in some])
        for row in rows:
            log.info("accepted", trace=row.id, channel=row.channel, kind=row.kind.value)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
