"""The job queues and how they are reached: JSON on the wire everywhere, never pickle."""

from __future__ import annotations

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from feedback_hub.services.records.work import Queue as QueueName

DRAIN = "workers.jobs.drain"
"""The one job: named, not imported, so that whoever enqueues it need not load what it does."""


def connect(url: str) -> Redis:
    """A client for the server at ``url`` (``redis://``, ``rediss://`` or ``unix://``).

    Connects with the first command, for 5 s at most; an answer may take as long (RQ's worker
    extends that for its blocking reads). Make one in each process: a fork must not share it.
    """
    return Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)


def open_queue(name: QueueName, connection: Redis) -> Queue:
    """The queue ``name``; nothing is sent yet."""
    return Queue(name, connection=connection, serializer=JSONSerializer)
