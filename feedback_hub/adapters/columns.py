"""Rows kept column by column: a column is put together when it is asked for, and then kept.

Counting a million rows reads a few of their columns, each a run of equal bytes in memory; copying
whole rows about would take longer than all of the counting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Mask = NDArray[np.bool_]
Octets = NDArray[np.uint8]


class Columns:
    """So many rows, each column of which ``load`` can make."""

    def __init__(self, size: int, load: Callable[[str], Column]) -> None:
        self._size = size
        self._load = load
        self._held: dict[str, Column] = {}

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> Column:
        if name not in self._held:
            self._held[name] = self._load(name)
        return self._held[name]

    def chosen(self, mask: Mask) -> Columns:
        """The rows of the mask."""
        return _Chosen(self, np.flatnonzero(mask))


class _Chosen(Columns):
    """Some rows of others, by their places; chosen again, a column is still copied once."""

    def __init__(self, root: Columns, places: NDArray[np.intp]) -> None:
        # By places takes half as long as by a mask, and less the fewer they are.
        super().__init__(len(places), lambda name: root[name].take(places))
        self._root = root
        self._places = places

    def chosen(self, mask: Mask) -> Columns:
        return _Chosen(self._root, self._places[mask])


def packed(rows: Column) -> bytes:
    """Rows of a structured array as bytes, column after column."""
    names = rows.dtype.names or ()
    return b"".join(np.ascontiguousarray(rows[name]).tobytes() for name in names)


def size_of(held: bytes, kind: np.dtype[Any]) -> int:
    """How many rows ``packed`` made bytes of."""
    return len(held) // kind.itemsize


def column(held: bytes, kind: np.dtype[Any], name: str) -> Column:
    """One column of what ``packed`` made, without a copy."""
    size = size_of(held, kind)
    before, base = _layout(kind)[name]
    return np.frombuffer(held, base, count=size, offset=before * size)


def joined(pieces: Sequence[Octets], kind: np.dtype[Any], name: str) -> Column:
    """One column of many that ``packed`` made, one after the other.

    Of thousands of pieces each is cut as octets: to make an array of its own kind of each first
    would take longer than to copy them.
    """
    before, base = _layout(kind)[name]
    row, until = kind.itemsize, before + base.itemsize
    cut = [piece[len(piece) // row * before : len(piece) // row * until] for piece in pieces]
    return np.concatenate(cut).view(base) if cut else np.zeros(0, base)


@cache
def _layout(kind: np.dtype[Any]) -> dict[str, tuple[int, np.dtype[Any]]]:
    """Where each column begins, in bytes for each row, and what it holds."""
    found: dict[str, tuple[int, np.dtype[Any]]] = {}
    before = 0
    for name in kind.names or ():
        found[name] = before, kind[name]
        before += kind[name].itemsize
    return found


def unpacked(held: bytes, kind: np.dtype[Any]) -> Column:
    """The rows again, as a structured array."""
    rows = np.zeros(size_of(held, kind), kind)
    for name in kind.names or ():
        rows[name] = column(held, kind, name)
    return rows
