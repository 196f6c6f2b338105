"""What a call leaves with the hub, as messages. Nothing here knows how a caller was spoken with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from channels._ivr import Place
from channels.base import identifier, phone_address
from feedback_hub.domain.message import Attachment, InboundMessage, MessageKind

HIDDEN = frozenset(
    # What Twilio puts in place of a number that the caller or the network hides, in words and as
    # keyed on a phone. Source: https://help.twilio.com/articles/223179988
    {"", "anonymous", "restricted", "unavailable", "blocked", "unknown"}
    | {"+266696687", "+7378742883", "+86282452253", "+2562533", "+8656696", "+17378742883"}
)


def voice(
    call: str, recording: str, url: str, caller: str, recipient: str, at: datetime
) -> InboundMessage:
    """What somebody said after the tone, having agreed to be recorded."""
    return InboundMessage(
        external_id=identifier(recording, "RecordingSid"),
        received_at=at,
        text="",
        sender=caller,
        address=phone_address(caller),
        kind=MessageKind.VOICE,
        recipient=recipient,
        attachments=(Attachment(url, "audio/mpeg"),),
        metadata={"call": call, "consent_record": "yes"},
    )


def heard(call: str, now: datetime, numbers: tuple[str, str] | None = None) -> InboundMessage:
    """That nobody need call back. Of a question about a case its numbers, which are sealed."""
    metadata = {"call": call}
    if numbers is not None:
        metadata |= {"reference": numbers[0], "secret": numbers[1]}
    return InboundMessage(
        external_id=f"{call}.heard",
        received_at=now,
        text="",
        kind=MessageKind.OPENED,
        metadata=metadata,
    )


def answered(call: str, place: Place, value: str, now: datetime) -> InboundMessage:
    """What was answered about the message that the same call left; a later key corrects nothing."""
    return InboundMessage(
        external_id=f"{call}.{place.about}.{place.asks[0]}",
        received_at=now,
        text="",
        kind=MessageKind.OPENED,
        metadata={
            "call": call,
            "about": identifier(place.about, "recording"),
            "question": place.asks[0],
            "answer": value,
        },
    )


def asked_back(
    call: str, caller: str, recipient: str, at: datetime, said: Mapping[str, str]
) -> InboundMessage:
    """That whoever rang asks to be called back, or left nothing else; ``said`` on the call."""
    return InboundMessage(
        external_id=call,
        received_at=at,
        text="",
        sender=caller,
        address=phone_address(caller),
        kind=MessageKind.MISSED_CALL,
        recipient=recipient,
        metadata={"call": call, **said},
    )


def caller_in(raw: str) -> str:
    """The caller's number as it came; empty if it is hidden."""
    return "" if raw.strip().lower() in HIDDEN else raw
