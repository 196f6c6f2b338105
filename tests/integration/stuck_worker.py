"""A worker whose first reading gets stuck in native code: no signal of Python's is heard any more.

``python -m tests.integration.stuck_worker QUEUE_URL FLAG``: it is stuck while FLAG is not there,
and makes it first, so that the next try goes through.
"""

from __future__ import annotations

import ctypes
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from feedback_hub.bootstrap import process_hub
from feedback_hub.services import triage
from workers.worker import run_worker


def stuck(flag: Path) -> None:
    """Wait for ever in C with the interpreter held, as a library's dead loop does."""
    flag.touch()
    library = ctypes.PyDLL(None)
    mutex = ctypes.create_string_buffer(128)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)


def main() -> None:
    """Work until SIGTERM."""
    url, flag = sys.argv[1], Path(sys.argv[2])
    real = triage.classify

    def classify(*args: Any, **kwargs: Any) -> None:
        if not flag.exists():
            stuck(flag)
        real(*args, **kwargs)

    triage.classify = classify
    # Loaded before the fork, as the worker role does: the job's time goes to the work.
    _ = process_hub().classifier
    import_module("workers.jobs")
    run_worker(url)


if __name__ == "__main__":
    main()
