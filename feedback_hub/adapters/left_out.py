"""What libraries load only because it is installed, and nobody here asks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Whatever is loaded within finds none of these packages, unless they are loaded already.

    Several libraries load another where it is there, for what we never use: a coloured traceback, a
    log-in by others. That is megabytes in each process, in one installation and not in the next.
    """
    absent = [name for name in names if name not in sys.modules]
    # What Python itself writes down for a package that must not be found.
    sys.modules |= dict.fromkeys(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
