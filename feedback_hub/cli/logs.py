"""Structured log lines on standard error: ids and kinds, never content."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from feedback_hub.adapters.left_out import left_out

with left_out("rich"):  # it would be loaded for tracebacks in colour
    import structlog
from structlog.typing import EventDict, WrappedLogger

_ALL = structlog.make_filtering_bound_logger(logging.NOTSET)
_WARNINGS = structlog.make_filtering_bound_logger(logging.WARNING)


def configure_logs() -> None:
    """One JSON object a line on stderr; a coloured line where somebody is watching."""
    watching = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if watching else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=_ALL,
        # Whatever stderr is when a line is written: it may have been put elsewhere meanwhile. A
        # line and its end in one write: other processes write there too.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # Their lines hold whole URLs, and a URL may hold a phone number.
    for chatty in ("urllib3", "twilio", "httpx", "rq"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


@contextmanager
def warnings_only(*, but: Collection[str] = ()) -> Iterator[None]:
    """Where somebody watches a count go up, what went well is not said of each row too.

    Nor is what is named in ``but``, which whoever watches could only be alarmed by.
    """

    def leave_out(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        if line["event"] in but:
            raise structlog.DropEvent
        return line

    processors = structlog.get_config()["processors"]
    structlog.configure(processors=[leave_out, *processors], wrapper_class=_WARNINGS)
    try:
        yield
    finally:
        structlog.configure(processors=processors, wrapper_class=_ALL)
