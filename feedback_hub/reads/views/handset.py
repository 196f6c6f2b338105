"""The sandbox channel's handset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.message import DeliveryState


@dataclass(frozen=True)
class HandsetLine:
    """A text on the practice phone; ``mine`` when the invented person wrote it."""

    at: datetime
    text: str
    mine: bool
    delivery: DeliveryState | None = None


@dataclass(frozen=True)
class HandsetContact:
    """An invented number that has been used, with the last words on it."""

    number: str
    last_text: str = ""
    last_at: datetime | None = None


@dataclass(frozen=True)
class HandsetPage:
    """The practice phone for sandbox channel ``channel``, as the person holding ``number``."""

    channel: str
    number: str = ""
    lines: tuple[HandsetLine, ...] = ()
    contacts: tuple[HandsetContact, ...] = ()
    examples: tuple[str, ...] = ()
