"""A picture message as SMS Gateway for Android posts it: ``mms:downloaded``, files and all.

Its fields are those of the app (https://docs.sms-gate.app/features/mms/), from 1.56 on. Before, and
where the phone does not load the message, it tells of ``mms:received`` only, which has no content.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from itertools import count

from channels._sms_gateways import Fields
from feedback_hub.domain.attachment import AttachmentFault
from feedback_hub.domain.message import Attachment, DeliveryError, SendFault

WHOLE, NOTICE = "mms:downloaded", "mms:received"
"""The app's events: the message with all that is in it, and only that there is one."""

_CARRIED = "data:;base64,"
_KEPT_BY_THE_PHONE = "phone:"
_LAYOUT = frozenset({"application/smil", "text/plain"})
"""Parts that are no file: where things stand on the screen, and the text, which ``body`` has."""
# Operators write the kind of an address behind it (OMA MMS encapsulation, address coding).
_KIND_OF_ADDRESS = re.compile(r"/TYPE=\w+$", re.IGNORECASE)


def sender_in(fields: Fields) -> str:
    """Who sent it; the app names it twice, and older ones once."""
    named = fields.get("payload.sender") or fields.get("payload.phoneNumber") or b""
    return _KIND_OF_ADDRESS.sub("", _plain(named).strip())


def text_in(fields: Fields) -> str:
    """Subject and text, as a person reads them."""
    subject, body = (_plain(fields.get(f"payload.{name}", b"")) for name in ("subject", "body"))
    return body if subject.strip() in ("", body.strip()) else f"{subject}\n{body}".strip()


def files_in(fields: Fields) -> Iterator[Attachment]:
    """Its files. What the phone did not hand over is there too, so that it is seen to be missing.

    The bytes travel in the address, which is sealed like the message.
    """
    for number in count():
        part = f"payload.attachments.{number}"
        if not any(f"{part}.{name}" in fields for name in ("contentType", "data", "partId")):
            return
        content_type = _plain(fields.get(f"{part}.contentType", b"")).partition(";")[0].strip()
        if content_type.lower() in _LAYOUT:
            continue
        data = _plain(fields.get(f"{part}.data", b""))
        where = f"{_CARRIED}{data}" if data else f"{_KEPT_BY_THE_PHONE}{number}"
        yield Attachment(where, content_type, _plain(fields.get(f"{part}.name", b"")))


def content_of(attachment: Attachment, most: int) -> bytes:
    """The bytes that came with the message. Raises ``DeliveryError``: nobody else has them."""
    if not attachment.url.startswith(_CARRIED):
        raise _never(AttachmentFault.NOT_HELD)
    try:
        content = b64decode(attachment.url.removeprefix(_CARRIED), validate=True)
    except ValueError:
        raise _never(AttachmentFault.UNREADABLE) from None
    if len(content) > most:
        raise _never(AttachmentFault.TOO_LARGE)
    return content


def _never(fault: AttachmentFault) -> DeliveryError:
    return DeliveryError(SendFault.REFUSED, permanent=True, provider_code=fault.value)


def _plain(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
