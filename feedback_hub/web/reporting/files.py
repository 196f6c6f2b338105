"""A report as a file: PDF for reading, XLSX and CSV for counting."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from feedback_hub.adapters.table_writing import neutral
from feedback_hub.web.i18n import gettext
from feedback_hub.web.labels import number
from feedback_hub.web.reporting.shape import Cell, Report, Table

if TYPE_CHECKING:
    from fpdf import FPDF

_INK, _QUIET, _LINE, _BED = (26, 26, 26), (90, 90, 90), (200, 200, 200), (240, 239, 235)


def as_pdf(report: Report) -> bytes:
    """A4, upright; a page of the report begins on a new sheet."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_title(report.title)
    pdf.set_margin(15)
    pdf.set_auto_page_break(auto=True, margin=15)
    fonts = files("font_roboto") / "files"
    for style, name in (("", "Roboto-Regular.ttf"), ("B", "Roboto-Bold.ttf")):
        pdf.add_font("Roboto", style, str(fonts / name))
    for place, tables in enumerate(report.pages):
        pdf.add_page()
        if place == 0:
            _head(pdf, report)
        for table in tables:
            _table(pdf, table)
        if place == len(report.pages) - 1:
            for note in report.notes:
                _words(pdf, note, 8, _QUIET)
    return bytes(pdf.output())


def as_xlsx(report: Report) -> bytes:
    """A sheet to read, and one with every figure under HXL tags."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("report")
    for line in ([report.title], [report.subtitle], []):
        sheet.append(_safe(line))
    for words, big, below in report.figures:
        sheet.append(_safe([words, big, below]))
    for tables in report.pages:
        for table in tables:
            sheet.append([])
            sheet.append(_safe([table.title]))
            sheet.append(_safe(list(table.head)))
            for row in table.rows:
                sheet.append(_safe([gettext("too few") if cell is None else cell for cell in row]))
            if table.note:
                sheet.append(_safe([table.note]))
    sheet.append([])
    for note in report.notes:
        sheet.append(_safe([note]))
    tagged = book.create_sheet("hxl")
    for row in report.tagged:
        tagged.append(_safe(list(row)))
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def as_csv(report: Report) -> bytes:
    """Every figure, one a row, under HXL tags."""
    kept = StringIO(newline="")
    writer = csv.writer(kept)
    for row in report.tagged:
        writer.writerow(_safe(list(row)))
    return kept.getvalue().encode()


WRITERS = {
    "pdf": (as_pdf, "application/pdf"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
}
"""Ending → how it is written, and what it is."""


def _safe(cells: Sequence[Cell]) -> list[Cell]:
    return [neutral(cell) if isinstance(cell, str) else cell for cell in cells]


def _head(pdf: FPDF, report: Report) -> None:
    _words(pdf, report.title, 20, _INK, bold=True)
    _words(pdf, report.subtitle, 10, _QUIET)
    pdf.ln(3)
    width = pdf.epw / max(1, len(report.figures))
    top = pdf.get_y()
    for place, (words, big, below) in enumerate(report.figures):
        pdf.set_xy(pdf.l_margin + place * width, top)
        pdf.set_font("Roboto", "B", 18)
        pdf.set_text_color(*_INK)
        pdf.cell(width - 3, 9, big)
        pdf.set_xy(pdf.l_margin + place * width, top + 9)
        pdf.set_font("Roboto", "", 8)
        pdf.multi_cell(width - 3, 3.8, words, align="L")
        pdf.set_xy(pdf.l_margin + place * width, top + 17)
        pdf.set_text_color(*_QUIET)
        pdf.cell(width - 3, 4, below)
    pdf.set_y(top + 23)
    pdf.set_draw_color(*_LINE)
    pdf.line(pdf.l_margin, top + 22, pdf.l_margin + pdf.epw, top + 22)


def _table(pdf: FPDF, table: Table) -> None:
    if pdf.get_y() > pdf.h - 50:
        pdf.add_page()
    pdf.ln(2)
    _words(pdf, table.title, 12, _INK, bold=True)
    if not table.rows:
        _words(pdf, gettext("Nothing to say."), 9, _QUIET)
        return
    pdf.set_font("Roboto", "", 9)
    pdf.set_text_color(*_INK)
    pdf.set_draw_color(*_LINE)
    columns = len(table.head)
    wide = tuple(3 if place < table.numbers else 1.3 for place in range(columns))
    sides = tuple("LEFT" if place < table.numbers else "RIGHT" for place in range(columns))
    from fpdf.fonts import FontFace

    with pdf.table(
        col_widths=wide,
        text_align=sides,
        borders_layout="HORIZONTAL_LINES",
        line_height=4.6,
        first_row_as_headings=any(table.head),
        headings_style=FontFace(emphasis="BOLD", size_pt=8, fill_color=_BED),
        padding=0.7,
    ) as drawn:
        if any(table.head):
            drawn.row(list(table.head))
        for row in table.rows:
            drawn.row([_written(cell) for cell in row])
    if table.note:
        _words(pdf, table.note, 8, _QUIET)


def _written(cell: Cell) -> str:
    if cell is None:
        return gettext("too few")
    return cell if isinstance(cell, str) else number(cell)


def _words(
    pdf: FPDF, words: str, points: float, ink: tuple[int, int, int], *, bold: bool = False
) -> None:
    pdf.set_font("Roboto", "B" if bold else "", points)
    pdf.set_text_color(*ink)
    pdf.multi_cell(0, points * 0.3528 * 1.35, words, new_x="LMARGIN", new_y="NEXT", align="L")
