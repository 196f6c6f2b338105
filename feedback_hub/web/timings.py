"""How long requests take, by what they are for, counted by all processes of one web role.

The counts lie in memory that the processes share, each in a place of its own: none waits for
another, and any of them answers ``/metrics`` for all. Nothing of a request is kept but its kind,
its status and how long it took.
"""

from __future__ import annotations

import mmap
import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds; what takes longer than the last is counted beyond it."""
_PLACES = 64
"""Processes with a place of their own; one that takes another's place counts on from there."""
_STATUSES = 5
_SUM = len(BOUNDS) + 1
_WIDTH = _SUM + 1 + _STATUSES
"""Figures of one route: a count for each bound and beyond, seconds in all, statuses 1xx to 5xx."""


class Route(StrEnum):
    """What a request is for. No finer: which pages somebody opens is nobody's business."""

    WEBHOOK = "webhook"
    API = "api"
    PAGE = "page"
    STATIC = "static"
    PROBE = "probe"


_ROUTES = tuple(Route)
_BY_PREFIX = (
    ("/channels/", Route.WEBHOOK),
    ("/exchange/", Route.WEBHOOK),
    ("/api/", Route.API),
    ("/static/", Route.STATIC),
    ("/healthz", Route.PROBE),
    ("/readyz", Route.PROBE),
    ("/metrics", Route.PROBE),
)


def route_of(path: str) -> Route:
    """What a request to ``path`` is for."""
    return next((route for prefix, route in _BY_PREFIX if path.startswith(prefix)), Route.PAGE)


@dataclass(frozen=True)
class Timed:
    """One route: requests by bound (the last: beyond all), seconds in all, by class of status."""

    by_bound: tuple[int, ...]
    seconds: float
    by_status: Mapping[str, int]


class Timings:
    """Counts since the start. Made before the fork of those who count."""

    def __init__(self) -> None:
        """All at nought."""
        shared = mmap.mmap(-1, _PLACES * len(_ROUTES) * _WIDTH * 8)
        self._figures = memoryview(shared).cast("d")
        self._guard = threading.Lock()
        self._mine = 0

    def take_place(self, number: int) -> None:
        """Count in place ``number`` from now on: each process in another."""
        self._guard = threading.Lock()
        self._mine = number % _PLACES

    def note(self, path: str, status: str, seconds: float) -> None:
        """One request was answered with ``status`` (its line) after so many seconds."""
        at = self._at(self._mine, _ROUTES.index(route_of(path)))
        kind = ord(status[0]) - ord("1")
        with self._guard:  # one process's threads
            self._figures[at + bisect_left(BOUNDS, seconds)] += 1
            self._figures[at + _SUM] += seconds
            if 0 <= kind < _STATUSES:
                self._figures[at + _SUM + 1 + kind] += 1

    def read(self) -> dict[Route, Timed]:
        """All processes together."""
        return {route: self._read(number) for number, route in enumerate(_ROUTES)}

    def _read(self, route: int) -> Timed:
        whole = [0.0] * _WIDTH
        for place in range(_PLACES):
            at = self._at(place, route)
            whole = [
                one + more for one, more in zip(whole, self._figures[at : at + _WIDTH], strict=True)
            ]
        statuses = {f"{kind + 1}xx": int(whole[_SUM + 1 + kind]) for kind in range(_STATUSES)}
        return Timed(tuple(map(int, whole[:_SUM])), whole[_SUM], statuses)

    @staticmethod
    def _at(place: int, route: int) -> int:
        return (place * len(_ROUTES) + route) * _WIDTH
