"""What was said, sent along and read in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.attachment import REFUSALS, AttachmentFault, AttachmentState
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.sensitivity import Priority, Sensitivity


@dataclass(eq=False)
class Message:
    """What a person said, word for word, sealed.

    ``revises_id`` is the message, as it first came, that this one is a newer version of.
    ``device_at``: what the clock of the device showed, right or wrong; ``received_at`` is mended.
    ``doubted_at``: since when it waits for a slower machine to say whether it is highly sensitive;
    until then it is shown to nobody, though the case that it goes on with is.
    """

    id: str
    case_id: str
    channel: str
    external_id: str
    kind: MessageKind
    key_id: str
    text_sealed: bytes
    received_at: datetime
    contact_id: str | None = None
    attachments_sealed: bytes | None = None
    language: str = "und"
    sent_at: datetime | None = None
    revises_id: str | None = None
    device_at: datetime | None = None
    doubted_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it was said, as far as the channel tells; else when it came (UTC)."""
        return self.sent_at or self.received_at


@dataclass(eq=False)
class WrongTry:
    """Somebody asked about a case with numbers that do not fit.

    ``asked_by`` is a contact's id or empty; ``about`` the keyed hash of the reference they gave.
    """

    id: str
    asked_by: str
    about: str
    at: datetime


@dataclass(eq=False)
class AttachmentRow:
    """One file of a message. Where the provider has it stands in the message, at ``position``.

    ``stored_name`` is the file's in the store, sealed under ``key_id``, a key of its own.
    ``media_type`` is by content, ``size`` in bytes; both empty until it is fetched.
    """

    id: str
    message_id: str
    position: int
    key_id: str
    stored_name: str
    state: AttachmentState = AttachmentState.WAITING
    fault: AttachmentFault | None = None
    attempts: int = 0
    media_type: str = ""
    size: int = 0
    fetched_at: datetime | None = None

    def end(self, fault: AttachmentFault) -> None:
        """There is no file, and nobody goes on trying by themselves."""
        self.state = AttachmentState.REFUSED if fault in REFUSALS else AttachmentState.FAILED
        self.fault = fault


class RemarkKind(StrEnum):
    """What staff or a partner wrote."""

    NOTE = "note"
    ANSWER = "answer"
    REASON = "reason"
    REFERRAL_NOTE = "referral_note"
    DECLINE = "decline"
    QUESTION = "question"
    RESUME = "resume"
    PARTNER_ANSWER = "partner_answer"
    SENT_BACK = "sent_back"
    TRANSLATION = "translation"
    EMERGENCY = "emergency"
    CONSENT = "consent"


@dataclass(eq=False)
class Remark:
    """Words of staff or a partner on a case, sealed like the person's own."""

    id: str
    case_id: str
    kind: RemarkKind
    author: str
    at: datetime
    key_id: str
    text_sealed: bytes
    referral_id: str | None = None


@dataclass(eq=False)
class SuggestionRow:
    """A machine's reading of one message, kept so that it can be judged later."""

    id: str
    case_id: str
    message_id: str
    at: datetime
    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    confidence: float
    language: str
    site: str
    classifier: str
    key_id: str
    reasons_sealed: bytes
    sector_confidence: float = 0.0
    sensitivity_confidence: float = 0.0
    priority_confidence: float = 0.0


@dataclass(frozen=True)
class TypedRow:
    """What was typed of a case, as it is kept.

    ``plain_place``: written open, by a program of before.
    """

    case_id: str
    plain_place: str
    key_id: str
    sealed: bytes
