"""Several lines, one call: legs are held until no more of them can come, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Generic, TypeVar

WITHIN = timedelta(hours=3)
"""How far apart in a file's time legs of one call may be written: a long wait in a queue."""
MOST_OPEN = 5_000
"""Calls held at once, whatever their times: memory stays flat on a file in no order."""

Leg = TypeVar("Leg")


class Joiner(Generic[Leg]):
    """Gathers legs by key. ``put`` and ``rest`` give the calls that are complete."""

    def __init__(self, *, most: int = MOST_OPEN) -> None:
        self._open: OrderedDict[str, tuple[datetime, list[Leg]]] = OrderedDict()
        self._most = most

    def put(self, key: str, at: datetime, leg: Leg) -> Iterator[list[Leg]]:
        """Take one leg, seen ``at`` (UTC, the file's time)."""
        if key in self._open:
            first, legs = self._open[key]
            legs.append(leg)
            self._open[key] = (first, legs)
        else:
            self._open[key] = (at, [leg])
        while self._open:
            first, _ = next(iter(self._open.values()))
            # Logs run forwards or, as exports of web pages do, backwards.
            if abs(at - first) <= WITHIN and len(self._open) <= self._most:
                return
            yield self._open.popitem(last=False)[1][1]

    def rest(self, done: Callable[[list[Leg]], bool] = lambda _: True) -> Iterator[list[Leg]]:
        """What is left at the end of the file and is ``done``."""
        while self._open:
            legs = self._open.popitem(last=False)[1][1]
            if done(legs):
                yield legs
