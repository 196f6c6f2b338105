"""The same work by others, where they are installed: ``peers``."""

from __future__ import annotations

from bench.frame import Bench


def peers(bench: Bench) -> None:
    """Messages to cases a second, by programs that people use for such work."""
    bench.say("peers: none is installed")
