"""A puller that kills itself (SIGKILL) at the n-th step, before or after it.

Reads ``commit|pull before|after N`` a line. Says 0 when all was fetched before the n-th step.
"""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import process_hub
from tests.integration.dying_worker import dying
from tests.integration.post_box import NAME, PostBox
from workers.pull import Puller


def _work(file: Path, step: str, when: str, at: int) -> None:
    place: Any = SqlUnitOfWork if step == "commit" else PostBox
    setattr(place, step, dying(getattr(place, step), when, at))
    puller = Puller(process_hub(), NAME, PostBox(file), uuid.uuid4().hex)
    while puller.look() == 0:
        pass


def main() -> None:
    """One line in, one puller forked from what is loaded already, its exit status out."""
    process_hub()
    for line in sys.stdin:
        step, when, at = line.split()
        child = os.fork()
        if child == 0:
            _work(Path(os.environ["POST_BOX"]), step, when, int(at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
