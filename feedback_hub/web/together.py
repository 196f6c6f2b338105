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
from dataclasses import dataclass

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
    done: bool = False
    fault: SQLAlchemyError | None = None


class Together:
    """Keeps arrivals of this process's threads. One a process."""

    def __init__(self, hub: Hub) -> None:
        """Opens no connection: safe to make before a fork."""
        self._hub = hub
        self._waiting: list[_Waiting] = []
        self._turn = threading.Lock()

    def keep(self, arrival: Arrival) -> None:
        """Return once ``arrival`` is durable. Raises ``SQLAlchemyError`` if it is not."""
        mine = _Waiting(arrival)
        self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                # Taken off one by one: others are still being added.
                some = [self._waiting.pop(0) for _ in range(min(len(self._waiting), MOST))]
                self._keep(some)
                while not mine.done:
                    self._keep([self._waiting.pop(0)])
        if mine.fault is not None:
            raise mine.fault

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
        """On SQLite: before the other processes of this machine, or after them.

        SQLite's own waiting is asking again, at longer and longer intervals: some wait very long.
        The kernel wakes who waits for a lock the moment it is free.
        """
        if self._hub.engine.dialect.name != "sqlite":
            yield
            return
        lock = os.open(self._hub.config.hub.home / "arrivals.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _commit(self, some: Sequence[_Waiting]) -> None:
        with self._in_turn():
            into = Arrivals(self._hub.engine, self._hub.keyring)
            rows = intake.accept_together(into, [one.arrival for one in some])
        for row in rows:
            log.info("accepted", trace=row.id, channel=row.channel, kind=row.kind.value)
