"""What was said and done in a case, and what a machine read in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind, AttachmentState
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import DeliveryState, MessageKind, SendFault
from feedback_hub.domain.sensitivity import Priority, Sensitivity


class Speaker(StrEnum):
    """Whose words a line of the conversation is; a note is never sent to anybody."""

    PERSON = "person"
    HUB = "hub"
    PARTNER = "partner"
    NOTE = "note"


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; ``why`` is what the machine concluded from it, or empty."""

    text: str
    why: str = ""


@dataclass(frozen=True)
class AttachmentView:
    """One file of a message. ``plays``: a browser can play it. ``size`` in bytes, 0 until it came.

    ``kind`` is by content, and so not known before the file is here.
    """

    ref: str
    id: str
    state: AttachmentState
    fault: AttachmentFault | None
    kind: AttachmentKind
    plays: bool
    size: int
    may_retry: bool


@dataclass(frozen=True)
class MessageView:
    """One line of the conversation.

    ``by`` is a user's or organisation's name, empty for the person and for automatic texts.
    ``purpose`` and ``withheld`` belong to texts of ours: what for, and why not sent. ``moved``
    stands for words that were moved to a case of their own: ``pieces`` is then empty. ``earlier``:
    how the person worded it before they edited it, the oldest first. ``personal``: there are names
    or numbers in it, which go to nobody else unless the person agreed. ``translations``: what it
    says in another language, and who wrote that.
    """

    id: str
    speaker: Speaker
    at: datetime
    pieces: tuple[Piece, ...] = ()
    language: str = "und"
    kind: MessageKind = MessageKind.TEXT
    channel: str = ""
    by: str = ""
    purpose: Purpose | None = None
    delivery: DeliveryState | None = None
    fault: SendFault | None = None
    withheld: Withheld | None = None
    moved: bool = False
    earlier: tuple[str, ...] = ()
    attachments: tuple[AttachmentView, ...] = ()
    personal: bool = False
    translations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SuggestionView:
    """What the machine thinks and because of which words; a person decides."""

    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    words: tuple[str, ...]
    site: str = ""
    sure: bool = False


@dataclass(frozen=True)
class HistoryLine:
    """Who did what and when. ``by`` is empty for the system itself.

    ``values`` are the event's detail, with ``organisation`` and ``owner`` already names;
    ``text`` is a reason in somebody's own words.
    """

    at: datetime
    event: EventKind
    by: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


def marked(text: str, reasons: Iterable[tuple[str, str]]) -> tuple[Piece, ...]:
    """Cut ``text`` into pieces so that the words that spoke can be highlighted.

    ``reasons`` are (words, what was concluded); words that are not in the text are left out, the
    first reason wins where two overlap. Joined again, the pieces are exactly ``text``.
    """
    lower = text.lower()
    if len(lower) != len(text):
        lower = text
    spans: list[tuple[int, int, str]] = []
    for words, why in reasons:
        start = lower.find(words.lower()) if words else -1
        end = start + len(words)
        if start >= 0 and all(end <= left or start >= right for left, right, _ in spans):
            spans.append((start, end, why))
    pieces: list[Piece] = []
    here = 0
    for start, end, why in sorted(spans):
        if start > here:
            pieces.append(Piece(text[here:start]))
        pieces.append(Piece(text[start:end], why))
        here = end
    if here < len(text):
        pieces.append(Piece(text[here:]))
    return tuple(pieces)
