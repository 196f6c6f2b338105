"""What a report is made of, before it is written as a mail, a page, a PDF or a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feedback_hub.domain.reporting import ReportKind

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table; columns from ``numbers`` on hold numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: int = 1
    note: str = ""


@dataclass(frozen=True)
class Report:
    """A whole report: figures (words, number, what it is of), then pages of tables."""

    kind: ReportKind
    title: str
    subtitle: str
    figures: Sequence[tuple[str, str, str]]
    pages: Sequence[Sequence[Table]]
    notes: Sequence[str]
    tagged: Sequence[Sequence[Cell]]
    """The same figures, one a row, under HXL tags."""
    file_name: str
