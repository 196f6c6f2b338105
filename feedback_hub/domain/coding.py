"""The coding frame: what a message can be about, and what follows from it.

The frame is data (one versioned file); this module only knows its shape and the field's words for
types and sectors (DOMAIN.md, Coding frame).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Priority, Sensitivity, highest, most_urgent

UNCLEAR = "other.unclear"
COLUMNS = (
    "type",
    "code",
    "sector",
    "sensitivity",
    "priority",
    "label_en",
    "label_pt",
    "description",
)


class FeedbackType(StrEnum):
    """The kind of thing somebody says."""

    QUESTION = "question"
    REQUEST = "request"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    THANKS = "thanks"
    RUMOUR = "rumour"
    PROTECTION = "protection"
    MISCONDUCT = "misconduct"
    SAFETY = "safety"
    OTHER = "other"


class Sector(StrEnum):
    """Whose work it is. GBV, child protection and mine action stand beneath protection."""

    CCCM = "cccm"
    SHELTER = "shelter"
    NFI = "nfi"
    FOOD = "food"
    WASH = "wash"
    HEALTH = "health"
    NUTRITION = "nutrition"
    EDUCATION = "education"
    PROTECTION = "protection"
    GBV = "gbv"
    CHILD_PROTECTION = "child_protection"
    MINE_ACTION = "mine_action"
    LOGISTICS = "logistics"
    MULTI = "multi"


class Label(NamedTuple):
    """One name, written side by side in both languages."""

    en: str
    pt: str

    def in_language(self, language: str) -> str:
        """The name in ``language`` (ISO 639-3); English where we have none."""
        return self.pt if language == "por" else self.en


TYPE_LABELS: Mapping[FeedbackType, Label] = {
    FeedbackType.QUESTION: Label("Question", "Pergunta"),
    FeedbackType.REQUEST: Label("Request", "Pedido"),
    FeedbackType.COMPLAINT: Label("Complaint", "Reclamação"),
    FeedbackType.SUGGESTION: Label("Suggestion", "Sugestão"),
    FeedbackType.THANKS: Label("Thanks", "Agradecimento"),
    FeedbackType.RUMOUR: Label("Rumour", "Boato"),
    FeedbackType.PROTECTION: Label("Protection", "Protecção"),
    FeedbackType.MISCONDUCT: Label("Misconduct", "Má conduta"),
    FeedbackType.SAFETY: Label("Safety", "Segurança"),
    FeedbackType.OTHER: Label("Other", "Outro"),
}

SECTOR_LABELS: Mapping[Sector, Label] = {
    Sector.CCCM: Label("Site management (CCCM)", "Gestão do centro (CCCM)"),
    Sector.SHELTER: Label("Shelter", "Abrigo"),
    Sector.NFI: Label("Household items", "Artigos domésticos"),
    Sector.FOOD: Label("Food and livelihoods", "Alimentos e meios de vida"),
    Sector.WASH: Label("Water, sanitation and hygiene", "Água, saneamento e higiene"),
    Sector.HEALTH: Label("Health", "Saúde"),
    Sector.NUTRITION: Label("Nutrition", "Nutrição"),
    Sector.EDUCATION: Label("Education", "Educação"),
    Sector.PROTECTION: Label("Protection", "Protecção"),
    Sector.GBV: Label("Gender-based violence", "Violência baseada no género"),
    Sector.CHILD_PROTECTION: Label("Child protection", "Protecção da criança"),
    Sector.MINE_ACTION: Label("Mine action", "Acção contra minas"),
    Sector.LOGISTICS: Label("Logistics", "Logística"),
    Sector.MULTI: Label("Several sectors", "Vários sectores"),
}

_Word = TypeVar("_Word", bound=StrEnum)
_CODE = re.compile(r"[a-z]+\.[a-z_]+")
_LONGEST_CODE = 64


@dataclass(frozen=True)
class Code:
    """One line of the frame. ``sector`` is None where the code alone implies none."""

    type: FeedbackType
    code: str
    sector: Sector | None
    sensitivity: Sensitivity
    priority: Priority
    label: Label
    description: str

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> Code:
        """Read a row of the file (``COLUMNS``, text as it stands there).

        Raises ``Invalid`` naming the column.
        """
        return _read(row)

    def row(self) -> dict[str, str]:
        """The row of the file that ``from_row`` reads."""
        return {
            "type": self.type.value,
            "code": self.code,
            "sector": self.sector or "",
            "sensitivity": self.sensitivity.value,
            "priority": self.priority.value,
            "label_en": self.label.en,
            "label_pt": self.label.pt,
            "description": self.description,
        }


@dataclass(frozen=True)
class CodingFrame:
    """Every code, in the file's order. ``version`` is drawn from the content alone."""

    codes: tuple[Code, ...]
    version: str
    _by_code: Mapping[str, Code] = field(repr=False, compare=False)

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, str]]) -> CodingFrame:
        """Build it from the file's rows (``COLUMNS``, text as it stands there).

        Raises ``Invalid`` naming row and column. Row 1 is the header, so the first code is row 2.
        """
        by_code: dict[str, Code] = {}
        for number, row in enumerate(rows, start=2):
            try:
                code = Code.from_row(row)
            except Invalid as error:
                raise Invalid(f"row {number}, {error.field}", error.problem) from None
            if code.code in by_code:
                raise Invalid(f"row {number}, code", "stands in the frame twice")
            by_code[code.code] = code
        return cls._of(by_code)

    def with_codes(self, codes: Iterable[Code]) -> CodingFrame:
        """This frame with ``codes`` in it: in the place of the same code, or at the end."""
        return self._of({**self._by_code, **{code.code: code for code in codes}})

    @classmethod
    def _of(cls, by_code: Mapping[str, Code]) -> CodingFrame:
        if UNCLEAR not in by_code:
            raise Invalid("frame", f"has no {UNCLEAR}, for what nobody can read")
        codes = tuple(by_code.values())
        return cls(codes, _version(codes), by_code)

    def __getitem__(self, code: str) -> Code:
        """The line of ``code``. Raises ``Invalid`` if the frame has none."""
        found = self._by_code.get(code)
        if found is None:
            raise Invalid("code", "is not in the coding frame")
        return found

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def of_type(self, feedback_type: FeedbackType) -> tuple[Code, ...]:
        """The codes of one type, in the file's order."""
        return tuple(code for code in self.codes if code.type is feedback_type)

    def by_type(self) -> tuple[tuple[FeedbackType, tuple[str, ...]], ...]:
        """Every type that has codes, with them, in the file's order."""
        kinds = dict.fromkeys(code.type for code in self)
        return tuple((kind, tuple(c.code for c in self.of_type(kind))) for kind in kinds)

    def type_of(self, codes: Sequence[str]) -> FeedbackType:
        """The type of the first of ``codes`` (at least one), the most likely."""
        return self[_some(codes)[0]].type

    def sector_of(self, codes: Sequence[str]) -> str:
        """The sector of the first of ``codes`` that implies one, a ``Sector``, or empty."""
        return next((sector for code in codes if (sector := self[code].sector)), "")

    def sensitivity_of(self, codes: Sequence[str]) -> Sensitivity:
        """The highest default among ``codes`` (at least one): when in doubt, higher."""
        return highest(*(self[code].sensitivity for code in _some(codes)))

    def priority_of(self, codes: Sequence[str]) -> Priority:
        """The most urgent default among ``codes`` (at least one)."""
        return most_urgent(*(self[code].priority for code in _some(codes)))


def _some(codes: Sequence[str]) -> Sequence[str]:
    if not codes:
        raise Invalid("codes", "at least one is needed")
    return codes


def _read(row: Mapping[str, str]) -> Code:
    def cell(column: str) -> str:
        # csv.DictReader leaves None where a row is too short.
        return (row.get(column) or "").strip()

    def word(words: type[_Word], column: str) -> _Word:
        try:
            return words(cell(column))
        except ValueError:
            known = ", ".join(words)
            raise Invalid(column, f"must be one of {known}") from None

    code = cell("code")
    if not _CODE.fullmatch(code):
        raise Invalid("code", "must look like type.word in small letters")
    if len(code) > _LONGEST_CODE:
        raise Invalid("code", f"has more than {_LONGEST_CODE} characters")
    feedback_type = word(FeedbackType, "type")
    if code.partition(".")[0] != feedback_type:
        raise Invalid("code", "must begin with its type")
    for column in ("label_en", "label_pt", "description"):
        if not cell(column):
            raise Invalid(column, "is empty")
    return Code(
        type=feedback_type,
        code=code,
        sector=word(Sector, "sector") if cell("sector") else None,
        sensitivity=word(Sensitivity, "sensitivity"),
        priority=word(Priority, "priority"),
        label=Label(cell("label_en"), cell("label_pt")),
        description=cell("description"),
    )


def _version(codes: tuple[Code, ...]) -> str:
    lines = (
        "\x1f".join(
            (
                code.code,
                code.sector or "",
                code.sensitivity,
                code.priority,
                *code.label,
                code.description,
            )
        )
        for code in codes
    )
    return "frame-" + hashlib.sha256("\x1e".join(lines).encode()).hexdigest()[:12]
