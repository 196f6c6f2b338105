"""Tables as people hand them in: CSV of any dialect, or XLSX, damage and all.

Every row comes out once, whole or as ``Damaged`` with the reason; none is lost and none stops the
next. Row numbers are those a spreadsheet shows: the header is row 1.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO

LONGEST_CELL = 100_000
"""Characters. What is longer is no message of a person."""
LONGEST_FIELD_IN_LINES = 300
"""A field that runs on for more lines is an opening quote that nobody closed."""
_LONGEST_LINE = 4_000_000  # bytes; a file without line ends must not fill the memory
_LARGEST_XLSX = 500_000_000  # bytes unpacked
_DELIMITERS = ",;\t|"
_UNCLOSED = "opens a quote that is not closed properly"
_TOO_LONG = f"has more than {LONGEST_CELL:,} characters in one cell"


class Unreadable(Exception):
    """The file as a whole is no table we can read; says why and what to do."""


@dataclass(frozen=True)
class Row:
    """One row: its number, the line of the file it begins at, and its cells by column."""

    number: int
    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Damaged:
    """One row that cannot be read. ``reason`` continues "row 7 …" and quotes nothing of it."""

    number: int
    line: int
    reason: str


class TableFile:
    """One open table. ``columns`` are the header's names as written, without space around."""

    def __init__(self, records: Iterator[tuple[int, list[str] | str]]) -> None:
        self._records = records
        header: list[str] | str = []
        self._before_rows = 1
        for self._before_rows, (_, header) in enumerate(records, start=1):
            if isinstance(header, str) or any(header):
                break
        if not header:
            raise Unreadable("is empty; the first row must name the columns")
        if isinstance(header, str):
            raise Unreadable(f"has a first row that {header}")
        self._header = header
        self.columns = tuple(name.strip() for name in header)
        named = [name for name in self.columns if name]
        if len(set(named)) != len(named):
            raise Unreadable("names a column twice; rename one")
        self._has_extra = [n for n, name in enumerate(self.columns) if not name]

    def __iter__(self) -> Iterator[Row | Damaged]:
        for number, (line, record) in enumerate(self._records, start=self._before_rows + 1):
            if isinstance(record, str):
                yield Damaged(number, line, record)
            elif any(cell.strip() for cell in record):
                fault = self._fault(record)
                if fault:
                    yield Damaged(number, line, fault)
                else:
                    cells = zip(self.columns, record, strict=True)
                    yield Row(number, line, {name: cell for name, cell in cells if name})

    def _fault(self, record: Sequence[str]) -> str:
        wanted = len(self.columns)
        if len(record) < wanted:
            return f"is cut: it has {len(record)} of {wanted} columns"
        if len(record) > wanted:
            return f"has {len(record)} columns, the header {wanted}"
        if list(record) == self._header:
            return "repeats the header"
        text = "".join(record)
        if "\0" in text:
            return "holds a NUL character"
        # Bytes that were no UTF-8 came in as lone surrogates (PEP 383).
        try:
            text.encode()
        except UnicodeEncodeError:
            return "is not UTF-8 text; save the file as CSV UTF-8"
        if any(len(cell) > LONGEST_CELL for cell in record):
            return _TOO_LONG
        if any(record[n].strip() for n in self._has_extra):
            return "has a cell in a column without a name"
        return ""


@contextmanager
def open_table(path: Path) -> Iterator[TableFile]:
    """The table in ``path``. Raises ``Unreadable``, ``OSError``."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start == b"PK\x03\x04":
            yield TableFile(_read_xlsx(file))
            return
        if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            raise Unreadable("is UTF-16 text; save it as CSV UTF-8")
        if start.startswith(codecs.BOM_UTF8):
            file.seek(3)
        yield TableFile(_read_csv(file))


@contextmanager
def open_records(path: Path) -> Iterator[Iterator[tuple[int, list[str] | str]]]:
    """A CSV without header: ``(line, cells)`` of each record, or why it has none.

    Rows of any width. Raises ``Unreadable``, ``OSError``.
    """
    with _text(path) as file:
        yield _read_csv(file)


@contextmanager
def open_lines(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a text file, however long, with their ends. Raises as ``open_records``."""
    with _text(path) as file:
        lines = _Lines(file)
        yield _until_none(lines.take)


def _until_none(take: Callable[[], str | None]) -> Iterator[str]:
    while (line := take()) is not None:
        yield line


@contextmanager
def _text(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(3 if start.startswith(codecs.BOM_UTF8) else 0)
        if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            raise Unreadable("is UTF-16 text; save it as UTF-8")
        yield file


class _Lines:
    """The lines of a file with their numbers; lines may be put back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self.next_number = 1

    def take(self) -> str | None:
        """The next line with its end, or None at the end of the file."""
        if not self._waiting:
            raw = self._file.readline(_LONGEST_LINE)
            if not raw:
                return None
            while not raw.endswith(b"\n") and (more := self._file.readline(_LONGEST_LINE)):
                raw = raw[:_LONGEST_LINE] + (b"\n" if more.endswith(b"\n") else b"")
            text = raw.decode("utf-8", "surrogateescape")
            self._waiting.append(text)
        self.next_number += 1
        return self._waiting.popleft()

    def put_back(self, lines: Sequence[str]) -> None:
        """Read ``lines`` again."""
        self._waiting.extendleft(reversed(lines))
        self.next_number -= len(lines)


def _read_csv(file: IO[bytes]) -> Iterator[tuple[int, list[str] | str]]:
    """``(line number, cells)`` of each record, or the reason why there are none."""
    lines = _Lines(file)
    first = lines.take()
    if first is None:
        return
    lines.put_back([first])
    delimiter = _delimiter(first)
    width = 0
    while True:
        began = lines.next_number
        taken: list[str] = []
        reader = csv.reader(_feed(lines, taken), delimiter=delimiter, strict=True)
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # Only the first line is given up: what an open quote swallowed is read again.
            lines.put_back(taken[1:])
            yield began, _reason(str(error))
            continue
        width = width or len(record)
        if len(taken) > 1 and len(record) != width:
            # A stray quote joined rows that may be whole on their own.
            lines.put_back(taken[1:])
            yield began, f"has {len(record)} of {width} columns over {len(taken)} lines"
        else:
            yield began, record


def _feed(lines: _Lines, taken: list[str]) -> Iterator[str]:
    while len(taken) < LONGEST_FIELD_IN_LINES and (line := lines.take()) is not None:
        taken.append(line)
        yield line


def _reason(error: str) -> str:
    if "field larger" in error:
        return _TOO_LONG
    if "new-line character" in error:
        return "has a carriage return in the middle; save the file as CSV UTF-8"
    return _UNCLOSED


def _delimiter(header: str) -> str:
    """What separates the header's names: whichever of the usual ones stands there most often."""
    return max(_DELIMITERS, key=header.count)


def _read_xlsx(file: IO[bytes]) -> Iterator[tuple[int, list[str] | str]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(file) as archive:
            if sum(part.file_size for part in archive.infolist()) > _LARGEST_XLSX:
                raise Unreadable("is too large for an XLSX file; save it as CSV UTF-8")
        book = load_workbook(file, read_only=True, data_only=True)
        width = 0
        for number, values in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            cells = [_as_text(value) for value in values]
            while len(cells) > width and not cells[-1]:
                cells.pop()
            cells += [""] * (width - len(cells))
            if width or any(cells):
                width = width or len(cells)
                yield number, cells
    except Unreadable:
        raise
    except Exception as error:
        # A damaged workbook raises whatever its parser stumbled over.
        raise Unreadable("is a damaged XLSX file; save it again, or as CSV UTF-8") from error


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)
