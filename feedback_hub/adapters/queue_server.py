"""How the queue server and those who work by it are, for whoever only wants to say so.

Nothing is enqueued here. Workers and schedulers sign in with ``beat``; a flushed server knows them
again within a minute. Times are the server's own, so that no machine's clock matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey, NoEmbeddedValkey
from feedback_hub.config import Config

if TYPE_CHECKING:
    from redis import Redis

WORKER, SCHEDULER = "worker", "scheduler"
BEAT_EVERY = 45
"""Seconds within which an idle worker signs in; a busy one does each half minute."""
ALIVE_WITHIN = 120
"""Seconds after its last sign of life that a process counts as gone."""

_PATIENCE = 1.0
"""Seconds."""
_SIGN_IN = """
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 86400)
return redis.call('ZADD', KEYS[1], now, ARGV[1])
"""
_COUNT = """
local since = redis.call('TIME')[1] - ARGV[1]
return {redis.call('ZCOUNT', KEYS[1], since, '+inf'), redis.call('ZCOUNT', KEYS[2], since, '+inf')}
"""


@dataclass(frozen=True)
class QueueState:
    """Whether the server answers, and how many of each role gave a sign of life lately."""

    answers: bool
    workers: int = 0
    schedulers: int = 0


def beat(connection: Redis, role: str, name: str) -> None:
    """Say that a process of ``role`` lives. Raises ``RedisError``."""
    connection.eval(_SIGN_IN, 1, _key(role), name)


def leave(connection: Redis, role: str, name: str) -> None:
    """Say that it stops as it should. Raises ``RedisError``."""
    connection.zrem(_key(role), name)


def queue_state(config: Config) -> QueueState:
    """How the server is, asked for about a second at most."""
    words = ("EVAL", _COUNT, "2", _key(WORKER), _key(SCHEDULER), str(ALIVE_WITHIN))
    if not config.queue.url:
        try:
            said = EmbeddedValkey(config.hub.home).ask(*words)
        except (NoEmbeddedValkey, OSError):
            return QueueState(answers=False)
        counted = re.fullmatch(rb"\*2\r\n:(\d+)\r\n:(\d+)\r\n", said)
        # It may answer that it is just starting.
        return QueueState(True, *map(int, counted.groups())) if counted else QueueState(False)
    # Loaded only where a probe asks for a server of one's own: the web needs no Redis otherwise.
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(
            config.queue.url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE
        ) as connection:
            workers, schedulers = connection.execute_command(*words)
            return QueueState(True, workers, schedulers)
    except (RedisError, OSError):
        return QueueState(answers=False)


def _key(role: str) -> str:
    return f"feedback_hub:{role}s"
