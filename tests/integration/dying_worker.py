"""A worker that kills itself (SIGKILL) at the n-th step of the road, before or after it.

Reads ``commit|send before|after N`` a line: a step is a commit or a provider call. Says 0 when the
road ended before the n-th step.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import process_hub
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts
from feedback_hub.services.records.work import Queue
from workers.drain import drain


def dying(real: Callable[..., object], when: str, at: int) -> Callable[..., object]:
    """``real``, but the process dies at the ``at``-th call of it."""
    steps = 0

    def step(*args: object, **kwargs: object) -> object:
        nonlocal steps
        steps += 1
        if steps == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if steps == at and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return step


def _work(step: str, when: str, at: int) -> None:
    place: Any = SqlUnitOfWork if step == "commit" else ChannelAccounts
    setattr(place, step, dying(getattr(place, step), when, at))
    hub = process_hub()
    for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY):
        drain(hub, queue)


def main() -> None:
    """One line in, one worker forked from what is loaded already, its exit status out."""
    process_hub()
    for line in sys.stdin:
        step, when, at = line.split()
        child = os.fork()
        if child == 0:
            _work(step, when, int(at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
