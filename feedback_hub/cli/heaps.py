"""How much memory a process with many threads keeps for itself."""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
_HEAPS = 2
_ASKED = "MALLOC_ARENA_MAX"


def few_heaps() -> None:
    """Let threads share two heaps, where glibc gives each its own: 17 MB less in a web process.

    They wait for each other next to never: one lock lets one of them run Python at a time. Children
    inherit it; who sets ``MALLOC_ARENA_MAX`` decides otherwise. Where there is no glibc: nothing.
    """
    libc = ctypes.CDLL(None)
    if _ASKED not in os.environ and hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, _HEAPS)
