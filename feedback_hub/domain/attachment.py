"""Files that people send: what they are, and what became of fetching each."""

from __future__ import annotations

from enum import StrEnum


class AttachmentState(StrEnum):
    """Where a file stands. ``erased``: it was here, and its key was destroyed."""

    WAITING = "waiting"
    FETCHED = "fetched"
    FAILED = "failed"
    REFUSED = "refused"
    ERASED = "erased"


class AttachmentFault(StrEnum):
    """Why there is no file, or not yet. A channel's ``fetch`` says the first two by code."""

    TOO_LARGE = "too_large"
    GONE = "gone"
    NOT_HELD = "not_held"
    CREDENTIALS = "credentials"
    PROVIDER_DOWN = "provider_down"
    UNREADABLE = "unreadable"
    INFECTED = "infected"
    NO_SCANNER = "no_scanner"
    BROKEN = "broken"


REFUSALS = frozenset(
    {AttachmentFault.TOO_LARGE, AttachmentFault.UNREADABLE, AttachmentFault.INFECTED}
)
"""The file could be had and may not stay; for every other fault it could not be had."""


class AttachmentKind(StrEnum):
    """What a file is to whoever reads the case. ``file``: of a type that we do not know."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    FILE = "file"


UNKNOWN_TYPE = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
EXTENSIONS = {
    # Media type by content → the end of the name it is saved under. What is not here is kept, but
    # as a file of unknown type.
    "image/jpeg": "jpg",
    "image/png": "png",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/webm": "weba",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/pdf": "pdf",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{_OPEN}.text": "odt",
    f"{_OPEN}.spreadsheet": "ods",
}
PLAYED = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm"})
"""What browsers play; AMR is not among it."""


def kind_of(media_type: str) -> AttachmentKind:
    """What a file of this media type is to a reader."""
    if media_type not in EXTENSIONS:
        return AttachmentKind.FILE
    family = media_type.partition("/")[0]
    return {
        "image": AttachmentKind.PHOTO,
        "audio": AttachmentKind.VOICE,
        "video": AttachmentKind.VIDEO,
    }.get(family, AttachmentKind.DOCUMENT)


def may_be_tried_again(state: AttachmentState, fault: AttachmentFault | None) -> bool:
    """Whether asking the provider anew can bring the file."""
    return state is AttachmentState.FAILED or (
        state is AttachmentState.REFUSED and fault is AttachmentFault.TOO_LARGE
    )
