"""One id from a provider's call to the answer's delivery, in every log line on the way.

Of a message it is the id of its row in the inbox, of what a person did the id of their request:
random, and without it the log says nothing of anybody. Work that follows from work inherits it
(``outbox.trace``), and a receipt goes on with the trace of the text that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TRACE: ContextVar[str] = ContextVar("trace", default="")


def current() -> str:
    """The id of what is being worked on; empty where no message and no request began it."""
    return _TRACE.get()


def go_on_with(trace: str) -> None:
    """From here on, till ``traced`` ends or another begins, it is ``trace`` that is worked on."""
    _TRACE.set(trace)


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Work on what ``trace`` began."""
    before = _TRACE.set(trace)
    try:
        yield
    finally:
        _TRACE.reset(before)
