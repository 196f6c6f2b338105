"""Whether the queue server answers, for whoever only wants to say so (nothing is enqueued here)."""

from __future__ import annotations

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey, NoEmbeddedValkey
from feedback_hub.config import Config

_PATIENCE = 1.0
"""Seconds."""


def queue_answers(config: Config) -> bool:
    """Whether the server answers a PING, within about a second."""
    if not config.queue.url:
        try:
            return EmbeddedValkey(config.hub.home).answers()
        except NoEmbeddedValkey:
            return False
    # Loaded only where a probe asks for a server of one's own: the web needs no Redis otherwise.
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(
            config.queue.url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE
        ) as connection:
            return bool(connection.ping())
    except (RedisError, OSError):
        return False
