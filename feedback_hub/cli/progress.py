"""How far long work is: a bar on a terminal, a line every few seconds otherwise. On stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

import click
from tqdm import tqdm

EVERY = 5.0
"""Seconds between two lines."""


class Progress:
    """Counts ``what`` is done. ``total`` None: nobody knows how much there is."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._said = time.monotonic()
        self._bar = (
            tqdm(total=total, desc=what, unit="", file=sys.stderr, leave=False)
            if sys.stderr.isatty()
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            of = f" of {self._total}" if self._total else ""
            click.echo(f"{self._what}: {self._done}{of}", err=True)
