"""The worker role: RQ's worker, made to stop well and to leave nothing behind.

RQ forks a "work horse" for each job. A job is a wake-up that drains many rows, so on SIGTERM the
horse is told too and ends after the row in hand; see ``stop_requested``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import structlog
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker.base import DequeueStrategy

from feedback_hub.adapters.heaps import before_forks
from feedback_hub.adapters.queue_server import BEAT_EVERY, WORKER, beat, leave
from feedback_hub.services.records.work import Queue as QueueName
from workers.queues import connect, open_queue

log = structlog.get_logger()


def run_worker(url: str, names: Sequence[QueueName] = tuple(QueueName)) -> None:
    """Work on ``names`` in that order until SIGTERM, then finish the row in hand and return.

    ``url`` is the queue server's. An idle worker waits for a server that has gone away; one that
    was about to talk to it exits with 1, so that its supervisor starts it anew.
    """
    connection = connect(url)
    try:
        worker = DrainingWorker(
            [open_queue(name, connection) for name in names],
            connection=connection,
            serializer=JSONSerializer,
            log_job_description=False,
            # RQ waits for work this long less 15 s before it gives its next sign of life.
            worker_ttl=BEAT_EVERY + 15,
        )
        held = before_forks()
        # In turn, so that a flood of arrivals holds up neither reading nor answering.
        worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
        del held
    except RedisError as error:
        log.warning("queue server lost", fault=type(error).__name__)
        sys.exit(1)


def stop_requested() -> bool:
    """Whether the job that asks should end after the row in hand. Always false outside a job.

    The horse is born with SIGTERM blocked, so a request waits here instead of breaking off a
    transaction or a provider's call. It also waits when systemd or Docker signals every process.
    """
    return signal.SIGTERM in signal.sigpending()


class DrainingWorker(Worker):
    """RQ's forking worker that passes a warm shutdown on to its horse."""

    max_connection_wait_time = 5.0  # seconds between two tries to reach a server that is away

    def subscribe(self) -> None:
        """Listen to no commands: nobody sends any, and a process with a thread forks unsafely."""

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """A sign of life, ours too: RQ's own list of workers is not made again after a flush."""
        super().heartbeat(timeout, pipeline)
        beat(self.connection, WORKER, self.name)

    def register_death(self) -> None:
        """Whoever stops as told is not missed."""
        super().register_death()  # type: ignore[no-untyped-call]  # theirs says no types
        leave(self.connection, WORKER, self.name)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork with both signals blocked, so that none falls between the fork and its id.

        The child stays in ``super()``, and keeps them blocked, until it exits.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        super().fork_work_horse(job, queue)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})

    def handle_warm_shutdown_request(self) -> None:
        """Tell the horse, if one is out."""
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
