"""One id from a provider's call to the answer's delivery, in every log line on the way.

It is the id of the row in the inbox: random, and without it the log says nothing of anybody. Work
that follows from work inherits it (``outbox.trace``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TRACE: ContextVar[str] = ContextVar("trace", default="")


def current() -> str:
    """The id of what is being worked on; empty where it did not begin with a message."""
    return _TRACE.get()


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Work on what ``trace`` began."""
    before = _TRACE.set(trace)
    try:
        yield
    finally:
        _TRACE.reset(before)
