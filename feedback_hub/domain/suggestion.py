"""What a machine thinks a message is about. It suggests; a person confirms (DOMAIN.md, Harm)."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_hub.domain.sensitivity import Priority, Sensitivity


@dataclass(frozen=True)
class Reason:
    """Why the machine thinks so, for a person to judge.

    ``field`` is what it speaks for (``code``, ``sensitivity``, ``priority``, ``site``,
    ``language``); ``value`` what it concludes; ``words`` the words of the message that spoke,
    exactly as written there. ``words`` is message text: sealed at rest, never logged.
    """

    field: str
    value: str
    words: str


@dataclass(frozen=True)
class Suggestion:
    """One reading of one message.

    ``codes`` are codes of the frame, the most likely first, never empty. ``sector`` is empty where
    none is implied. ``confidence`` is 0..1 for the first code, as often as it would be right;
    the other confidences alike, each for its field. ``site`` is a site code or empty;
    ``language`` ISO 639-3, ``und`` when unknown. ``version`` names the classifier that spoke.
    ``in_doubt``: it may be highly sensitive and is not raised yet, for another machine reads it
    within minutes; until then nothing may be said to the person.
    """

    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    confidence: float
    reasons: tuple[Reason, ...]
    language: str = "und"
    site: str = ""
    version: str = ""
    sector_confidence: float = 0.0
    sensitivity_confidence: float = 0.0
    priority_confidence: float = 0.0
    in_doubt: bool = False
