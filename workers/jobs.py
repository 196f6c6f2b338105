"""What RQ calls. A job is a wake-up: which rows are to be done, only the database says."""

from __future__ import annotations

from feedback_hub.bootstrap import process_hub
from feedback_hub.services.records.work import Queue
from workers import drain as draining
from workers.worker import stop_requested


def drain(queue: str) -> int:
    """Handle what waits in ``queue``; how many rows."""
    return draining.drain(process_hub(), Queue(queue), stop_requested)
