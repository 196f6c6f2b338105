"""What RQ calls. A job is a wake-up: which rows are to be done, only the database says."""

from __future__ import annotations

import os
from functools import cache

from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import load_config
from feedback_hub.services.records import Queue
from workers import drain as draining
from workers.worker import stop_requested


@cache
def process_hub() -> Hub:
    """This process's hub, from ``$FEEDBACK_HUB_CONFIG``.

    The worker makes it before it forks, so that the children find frame and lexicon loaded; it
    opens no connection until a child needs one.
    """
    return build(load_config(None, os.environ, settings_of))


def drain(queue: str) -> int:
    """Handle what waits in ``queue``; how many rows."""
    return draining.drain(process_hub(), Queue(queue), stop_requested)
