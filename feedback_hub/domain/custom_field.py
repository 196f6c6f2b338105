"""A hub's own extra questions, and the tags that staff put on cases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from feedback_hub.domain.coding import Label
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Sensitivity

LONGEST = 2000
# Words, and a year at most: no place for a name with a number.
_TAG = re.compile(r"[^\W\d_]+(-([^\W\d_]+|\d{1,4}))*")
_LONGEST_TAG = 30


class FieldKind(StrEnum):
    """What an answer is."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


class ShownIn(StrEnum):
    """Where a question is asked."""

    DESK = "desk"
    FORM = "form"
    API = "api"


@dataclass(frozen=True)
class CustomField:
    """One question of the hub's own. L2: its answers are for the case team, never for partners.

    ``filters``: cases can be found by its answer, for which a keyed hash of that is kept.
    """

    name: str
    kind: FieldKind
    label: Label
    sensitivity: Sensitivity = Sensitivity.L1
    shown_in: frozenset[ShownIn] = frozenset(ShownIn)
    choices: Mapping[str, Label] | None = None
    filters: bool = False

    def read(self, said: str) -> str:
        """The answer as it is kept; empty is not asked. Raises ``Invalid``: ``fields.<name>``."""
        said = said.strip()
        if not said:
            return ""
        try:
            if self.kind is FieldKind.NUMBER:
                number = Decimal(said.replace(",", "."))
                if not number.is_finite() or len(said) > 30:
                    raise ValueError
                return str(number)
            if self.kind is FieldKind.DATE:
                return date.fromisoformat(said).isoformat()
        except (ValueError, InvalidOperation):
            raise Invalid(f"fields.{self.name}", f"must be a {self.kind}") from None
        if self.kind is FieldKind.CHOICE and said not in (self.choices or {}):
            raise Invalid(f"fields.{self.name}", "is none of the choices")
        if len(said) > LONGEST:
            raise Invalid(f"fields.{self.name}", f"is longer than {LONGEST} characters")
        return said

    def shown(self, answer: str, language: str) -> str:
        """An answer as a reader of ``language`` (ISO 639-3) sees it."""
        label = (self.choices or {}).get(answer)
        return label.in_language(language) if label else answer


def read_tag(written: str) -> str:
    """A tag: words in small letters, joined by dashes; a year may follow. Raises ``Invalid``.

    Tags stand in the clear, so they must not be able to hold a number of somebody.
    """
    tag = "-".join(written.strip().lower().split())
    if len(tag) > _LONGEST_TAG or not _TAG.fullmatch(tag):
        raise Invalid("tags", "a tag is a few words without numbers, up to 30 characters")
    return tag
