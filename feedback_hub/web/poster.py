"""A site's board as a poster for a wall: A3 or A4, large type, pictograms, a QR code to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

from feedback_hub.web.pictograms import picture

if TYPE_CHECKING:
    from fpdf import FPDF


class Size(StrEnum):
    """A sheet, upright."""

    A3 = "a3"
    A4 = "a4"


_MARGIN = 18.0
_GAP = 7.0
_ICON = 13.0
_QR = 42.0
_TITLE, _HEADING, _WORDS, _SMALL = 52.0, 20.0, 29.0, 16.0
_FOOT = _QR + 14.0
_SCALE = {Size.A3: 1.0, Size.A4: 210 / 297}
"""Everything is measured in millimetres and points of an A3 sheet."""
_INK, _QUIET, _LINE = (26, 26, 26), (90, 90, 90), (190, 190, 190)


@dataclass(frozen=True)
class PosterPart:
    """One of "you said", "we did", "not yet, because": its pictogram in ``icons.svg`` and words."""

    icon: str
    heading: str
    words: str


@dataclass(frozen=True)
class Poster:
    """What stands on it, all in the reader's language. ``link`` becomes the QR code; empty: none.

    ``entries`` are the lines of the board, each with the parts that have words.
    """

    title: str
    subtitle: str
    entries: Sequence[Sequence[PosterPart]]
    call: str
    link: str = ""
    link_words: str = ""


def draw(poster: Poster, size: Size) -> bytes:
    """The PDF; entries that do not fit go on to another sheet, never cut in two."""
    from fpdf import FPDF

    pdf = FPDF(format=size.value)
    pdf.set_auto_page_break(auto=False)
    pdf.set_title(poster.title)
    fonts = files("font_roboto") / "files"
    for style, name in (("", "Roboto-Regular.ttf"), ("B", "Roboto-Bold.ttf")):
        pdf.add_font("Roboto", style, str(fonts / name))
    sheet = _Sheet(pdf, poster, _SCALE[size])
    sheet.begin()
    for entry in poster.entries:
        sheet.entry(entry)
    sheet.end()
    return bytes(pdf.output())


class _Sheet:
    """Where the next entry goes. Lengths are given as on A3 and scaled here."""

    def __init__(self, pdf: FPDF, poster: Poster, scale: float) -> None:
        self.pdf = pdf
        self.poster = poster
        self.scale = scale
        self.left = _MARGIN * scale
        self.y = 0.0

    def begin(self) -> None:
        self.pdf.add_page()
        self.width = self.pdf.epw + self.pdf.l_margin + self.pdf.r_margin - 2 * self.left
        self.y = self.left
        self._text(self.poster.title, _TITLE, bold=True)
        self._text(self.poster.subtitle, _SMALL, ink=_QUIET)
        self.y += _GAP * self.scale

    def entry(self, parts: Sequence[PosterPart]) -> None:
        if self.y + self._height(parts) > self.pdf.h - _FOOT * self.scale - self.left:
            self.end()
            self.begin()
        self.pdf.set_draw_color(*_LINE)
        self.pdf.line(self.left, self.y, self.left + self.width, self.y)
        self.y += _GAP * self.scale
        for part in parts:
            self._icon(part.icon)
            self._text(part.heading, _HEADING, bold=True, indent=_ICON + 5)
            self._text(part.words, _WORDS, indent=_ICON + 5)
            self.y += _GAP * self.scale / 2
        self.y += _GAP * self.scale / 2

    def end(self) -> None:
        """The foot: where to say more."""
        qr = _QR * self.scale if self.poster.link else 0.0
        self.y = self.pdf.h - self.left - _QR * self.scale
        self.pdf.set_draw_color(*_INK)
        above = self.y - 4 * self.scale
        self.pdf.line(self.left, above, self.left + self.width, above)
        width = self.width
        if qr:
            self.pdf.image(_qr(self.poster.link), self.left + width - qr, self.y, qr, qr)
            self.width = width - qr - 6 * self.scale
        self._icon("phone")
        self._text(self.poster.call, _HEADING, bold=True, indent=_ICON + 5)
        if qr:
            self._text(self.poster.link_words, _SMALL, indent=_ICON + 5)
        self.width = width

    def _height(self, parts: Sequence[PosterPart]) -> float:
        top = self.y
        lines = sum(
            self._text(part.heading, _HEADING, bold=True, indent=_ICON + 5, measure=True)
            + self._text(part.words, _WORDS, indent=_ICON + 5, measure=True)
            for part in parts
        )
        self.y = top
        return lines + _GAP * self.scale * (1.5 + len(parts) / 2)

    def _text(
        self,
        words: str,
        points: float,
        *,
        bold: bool = False,
        ink: tuple[int, int, int] = _INK,
        indent: float = 0.0,
        measure: bool = False,
    ) -> float:
        """Write, or only measure; the height in millimetres of the sheet."""
        self.pdf.set_font("Roboto", "B" if bold else "", points * self.scale)
        self.pdf.set_text_color(*ink)
        self.pdf.set_xy(self.left + indent * self.scale, self.y)
        line = points * self.scale * 0.3528 * 1.3  # a point is 0.3528 mm; a little air
        written = self.pdf.multi_cell(
            self.width - indent * self.scale,
            line,
            words,
            align="L",
            dry_run=measure,
            output="LINES",
        )
        height = line * len(written) if isinstance(written, list) else 0.0
        self.y += height
        return height

    def _icon(self, name: str) -> None:
        side = _ICON * self.scale
        self.pdf.image(BytesIO(picture(name)), self.left, self.y, side, side)


def _qr(link: str) -> BytesIO:
    import qrcode

    image = BytesIO()
    qrcode.make(link, border=1).save(image, format="PNG")
    image.seek(0)
    return image
