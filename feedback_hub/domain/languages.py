"""Which languages machines read here, and what waits for a person who speaks them."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_hub.domain.coding import UNCLEAR

UNKNOWN = "und"
READ_BY_MACHINE = frozenset({"por", "eng", "fra", "swh", "spa"})
"""ISO 639-3 (issue: "classify well in ...; for others say needs a speaker")."""
_MACROLANGUAGES = {"swa": "swh"}


def individual(language: str) -> str:
    """The language that other systems name by its macrolanguage (ISO 639-3): Swahili is ``swh``."""
    return _MACROLANGUAGES.get(language, language)


def needs_speaker(language: str, codes: Sequence[str]) -> bool:
    """Whether somebody who speaks ``language`` (ISO 639-3) has to say what was meant.

    In an unknown one only where the machine could make nothing of it: short texts name none.
    """
    if language == UNKNOWN:
        return tuple(codes) in {(), (UNCLEAR,)}
    return language not in READ_BY_MACHINE
