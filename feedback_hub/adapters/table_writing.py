"""A table written to a file for people who count: CSV, or XLSX where the name ends so."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

Cell = str | int | float | None
"""None is an empty cell: a number that is not said."""

# The wide ones too, which some spreadsheets read as the narrow.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class TableWriter(Protocol):
    """Takes rows, the first ones being the header."""

    def row(self, cells: Sequence[Cell]) -> None:
        """Write one row."""


@contextmanager
def write_table(path: Path) -> Iterator[TableWriter]:
    """Write ``path``, for its owner's eyes only. Raises ``OSError``."""
    # What lies there already keeps its permissions when opened: it may be open to others.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        write_rows(file, xlsx=path.suffix.lower() == ".xlsx") as table,
    ):
        yield table


@contextmanager
def write_rows(file: BinaryIO, *, xlsx: bool) -> Iterator[TableWriter]:
    """Write the table into an open file."""
    if xlsx:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        yield _Sheet(book.create_sheet("data"))
        book.save(file)
    else:
        lines = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        yield _Lines(csv.writer(lines))
        lines.detach()


def neutral(cell: str) -> str:
    """``cell`` as no spreadsheet runs it: what begins like a formula gets an apostrophe."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _safe(cells: Sequence[Cell]) -> list[Cell]:
    return [neutral(cell) if isinstance(cell, str) else cell for cell in cells]


class _Appends(Protocol):
    def append(self, row: list[Cell]) -> None: ...


class _WritesRow(Protocol):
    def writerow(self, row: list[Cell], /) -> object: ...


class _Sheet:
    def __init__(self, sheet: _Appends) -> None:
        self._sheet = sheet

    def row(self, cells: Sequence[Cell]) -> None:
        self._sheet.append(_safe(cells))


class _Lines:
    def __init__(self, writer: _WritesRow) -> None:
        self._writer = writer

    def row(self, cells: Sequence[Cell]) -> None:
        self._writer.writerow(_safe(cells))
