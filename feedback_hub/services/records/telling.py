"""What is told to people, in approved words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.message import DeliveryState, SendFault


@dataclass(eq=False)
class Delivery:
    """One text to one person: the ledger of what was sent and what became of it.

    ``attempted_at`` is the first attempt, ``tried_at`` the latest. ``segments`` is what it costs.
    """

    id: str
    channel: str
    purpose: Purpose
    language: str
    key_id: str
    queued_at: datetime
    case_id: str | None = None
    contact_id: str | None = None
    text_sealed: bytes | None = None
    state: DeliveryState = DeliveryState.QUEUED
    withheld: Withheld | None = None
    fault: SendFault | None = None
    provider_code: str = ""
    provider_id: str | None = None
    segments: int = 0
    attempts: int = 0
    attempted_at: datetime | None = None
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None

    def advance(self, state: DeliveryState, now: datetime) -> bool:
        """Move forward to ``state``; False, and no change, if that would go back or stand still."""
        if state.rank <= self.state.rank:
            return False
        self.state = state
        if state.rank >= DeliveryState.SENT.rank and self.sent_at is None:
            self.sent_at = now
        if state.is_final:
            self.ended_at = now
        return True


@dataclass(eq=False)
class BroadcastPerson:
    """Somebody was told by a broadcast: never again by the same. No ``delivery_id``: no text."""

    broadcast_id: str
    contact_id: str
    at: datetime
    delivery_id: str | None = None


class WordingState(StrEnum):
    """Whether a wording may be sent. Only approved wording is (DOMAIN.md, Loop back)."""

    DRAFT = "draft"
    RECORDED = "recorded"
    BACK_TRANSLATED = "back_translated"
    APPROVED = "approved"


@dataclass(eq=False)
class Wording:
    """The text for one purpose in one language, and who approved it."""

    language: str
    purpose: Purpose
    text: str
    state: WordingState = WordingState.DRAFT
    approved_by: str = ""
    approved_at: datetime | None = None
    recording: str = ""
    """Digest of the recording that was approved with it; empty if there is none."""
    written_by: str = ""
    back_translation: str = ""
    """What somebody else, who did not know the original, understood: in the hub's own language."""
    back_translated_by: str = ""
    back_translated_at: datetime | None = None
