"""How often somebody asks: requests counted by the minute, in Redis where there is a cluster.

Without Redis each process counts for itself, so that ``n`` processes let through up to ``n`` times
as much. Redis being away does the same: nobody is shut out for it. What is counted is known by a
hash only.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis

_WINDOW = 60
_PREFIX = "feedback_hub:rate:"
_PATIENCE = 0.25
"""Seconds to wait for Redis; a page waits with it."""


class Rates:
    """Counts requests under a key. Opens no connection before the first one."""

    def __init__(self, redis_url: str = "") -> None:
        self._url = redis_url
        self._redis: Redis | None = None
        self._away_until = 0.0
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def wait(self, key: str, most: int) -> int:
        """Note one request; the seconds to wait if it is one too many this minute, else 0."""
        now = time.time()
        window = int(now // _WINDOW)
        count = self._shared(key, window) if self._url else None
        if count is None:
            count = self._own(key, window)
        return 0 if count <= most else int(_WINDOW - now % _WINDOW) + 1

    def _own(self, key: str, window: int) -> int:
        with self._lock:
            if window != self._window:
                self._window = window
                self._counts.clear()
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key]

    def _shared(self, key: str, window: int) -> int | None:
        from redis.exceptions import RedisError

        if time.monotonic() < self._away_until:
            return None
        try:
            with self._lock:
                if self._redis is None:
                    self._redis = self._connect()
            pipeline = self._redis.pipeline()
            name = f"{_PREFIX}{key}:{window}"
            pipeline.incr(name)
            pipeline.expire(name, 2 * _WINDOW)
            return int(pipeline.execute()[0])
        except (RedisError, OSError):
            # Not at every request: a page must not be slow for as long as Redis is away.
            self._away_until = time.monotonic() + _WINDOW / 6
            return None

    def _connect(self) -> Redis:
        from redis import Redis

        return Redis.from_url(self._url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
