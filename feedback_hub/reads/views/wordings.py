"""Wordings and language packs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feedback_hub.domain.contact import Purpose


@dataclass(frozen=True)
class WordingView:
    """One wording in one language. ``length`` counts GSM-7 characters, or UCS-2 if ``accented``.

    ``spoken``: a prompt of a call, ``recorded`` if there is a recording of it.
    """

    purpose: Purpose
    language: str
    text: str
    approved: bool
    length: int
    segments: int
    accented: bool = False
    approved_by: str = ""
    approved_at: datetime | None = None
    spoken: bool = False
    recorded: bool = False
    back_translation: str = ""
    back_translated_by: str = ""


@dataclass(frozen=True)
class PacksPage:
    """Every wording the hub can send, by language. ``may_approve`` shows the buttons.

    ``missing`` are the purposes that nobody wrote in a language of the hub's yet.
    """

    wordings: tuple[WordingView, ...]
    may_approve: bool = False
    missing: Mapping[str, list[Purpose]] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are wordings in, in their order."""
        return tuple(dict.fromkeys(wording.language for wording in self.wordings))

    def of(self, language: str) -> tuple[WordingView, ...]:
        """The wordings in ``language``."""
        return tuple(wording for wording in self.wordings if wording.language == language)

    @property
    def drafts(self) -> int:
        """How many are not approved."""
        return sum(not wording.approved for wording in self.wordings)
