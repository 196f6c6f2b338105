"""Wakes the workers for what waits in the database. Losing Redis costs delay only.

Runs in the scheduler role and is safe to run twice: a wake-up too many finds nothing to do, one
too few is made up for at the next look.
"""

from __future__ import annotations

import math

from redis import Redis

from feedback_hub.adapters import outbox
from feedback_hub.bootstrap import Hub
from feedback_hub.services.records.work import Queue
from workers.queues import DRAIN, open_queue

MOST_WAKE_UPS = 4
"""Pending wake-ups a queue may have: more than workers would only find each other's leavings."""
BACKED_UP = 20
"""Rows of an urgent queue that are due: from here on nothing is read a second time."""
_URGENT = (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY)
JOB_SECONDS = 180
"""RQ ends a job after this; a drain makes room for others long before. One that hears no signal
any more, stuck in native code, is killed a minute later; its rows are others' by then."""


def broken_off(connection: Redis) -> int:
    """How many wake-ups ended in a fault since the last look: forgotten here, told elsewhere.

    Their rows are in the database, free again once their leases run out, and woken for as ever: a
    failed wake-up is a sign (a worker died, hung or lost the database), never work that is left.
    """
    broken = 0
    for name in Queue:
        registry = open_queue(name, connection).failed_job_registry
        for job_id in registry.get_job_ids():
            registry.remove(job_id, delete_job=True)
            broken += 1
    return broken


def wake(hub: Hub, connection: Redis) -> dict[Queue, int]:
    """Make sure that every queue with due rows has a wake-up pending; what was waiting.

    Raises ``redis.exceptions.RedisError`` when Redis is away: nothing is lost, look again later.
    """
    with hub.reading() as uow:
        now = hub.clock()
        waiting = outbox.waiting(uow.session, now)
        backed_up = Queue.REREAD in waiting and any(
            outbox.is_backed_up(uow.session, urgent, now, BACKED_UP) for urgent in _URGENT
        )
    for name, rows in waiting.items():
        queue = open_queue(name, connection)
        wanted = min(math.ceil(rows / outbox.BATCH), MOST_WAKE_UPS)
        if name is Queue.REREAD:
            # Every worker but one stays free for what is urgent.
            wanted = 0 if backed_up else min(wanted, 1) - queue.started_job_registry.count
        if name is Queue.FILES and queue.started_job_registry.count:
            # One worker at a time: slow downloads are not to hold all of them.
            wanted = 0
        for _ in range(wanted - queue.count):
            queue.enqueue(
                DRAIN, name.value, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600
            )
    return waiting
