"""What is wrong in a configuration, in words the person who wrote it can act on.

No fault ever repeats a value: what was typed into the wrong key may be a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Fault:
    """One thing to mend. ``where`` is ``table.key`` (or file and line), ``remedy`` what to do."""

    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}. {self.remedy}"


class ConfigError(Exception):
    """Every fault found in one reading of the configuration, never only the first."""

    def __init__(self, faults: Iterable[Fault], source: Path | None = None) -> None:
        self.faults = tuple(faults)
        self.source = source
        super().__init__(self.faults, source)

    def __str__(self) -> str:
        origin = str(self.source) if self.source else "the configuration"
        count = len(self.faults)
        head = f"{origin} has {count} fault{'' if count == 1 else 's'}"
        return "\n  ".join([head, *map(str, self.faults)])


class Unfit(ValueError):
    """A value that cannot be accepted, raised by the code that reads or checks it.

    ``problem`` continues the sentence "<table.key>: …" and must not repeat the value. ``key`` names
    one setting when a check over several of them (``__post_init__``) raises it.
    """

    def __init__(self, problem: str, remedy: str = "", *, key: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.key = key


def shown(name: str) -> str:
    """``name`` as it may be printed: a key's name comes from a file and may hold anything."""
    return name if _PLAIN_KEY.fullmatch(name) else ascii(name[:_LONGEST_SHOWN])


def unknown(where: str, what: str, name: str, known: Iterable[str]) -> Fault:
    """The fault for a ``what`` (table, key) that nothing reads, with the nearest one that is."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        remedy = f"Did you mean {near[0]}?"
    elif names:
        remedy = f"Known here: {', '.join(names)}."
    else:
        remedy = "Take it out: there is nothing to set here."
    return Fault(where, f"unknown {what}", remedy)
