"""What a file is by its content, and what of it may be kept.

Neither a name nor what a provider claims is asked. Pictures are made anew from their points, so
that nothing else in them is kept: no place, no camera, no time, no preview of what was cut away.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from feedback_hub.domain.attachment import EXTENSIONS, UNKNOWN_TYPE
from feedback_hub.services.ports import Examined, TooLarge, Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
"""A picture with more is not opened: 150 MB in memory, twice that while it is turned."""
_FORMATS = {
    # Media type → the one Pillow decoder that is let near it. What people rarely send is left out:
    # each decoder is a door.
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/bmp": "BMP",
}
_SAME = {
    "audio/x-wav": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
}
_PICTURES_IN_WEBM = (b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG", b"V_UNCOMPRESSED", b"V_MJPEG")
"""Names of what moves in a WebM: without one of them it is a voice note, as browsers record it."""
_DRAWN = frozenset({"PNG", "GIF", "BMP"})
"""Kept without loss: writing on a screen is what these are used for."""
_QUALITY = 90


class ContentExaminer:
    """Fulfils ``services.ports.Examiner``."""

    def examine(self, content: bytes) -> Examined:
        """The file as it may be kept. Raises ``Unreadable``, ``TooLarge``."""
        import filetype

        found = filetype.guess_mime(content) if content else None
        media_type = _SAME.get(found or "", found or UNKNOWN_TYPE)
        if media_type == "video/webm" and not any(one in content for one in _PICTURES_IN_WEBM):
            media_type = "audio/webm"
        if media_type in _FORMATS:
            return _picture_anew(content, _FORMATS[media_type])
        if media_type.startswith("image/"):
            # It could hold a place like any other, and we cannot take it out.
            raise Unreadable
        known = media_type if media_type in EXTENSIONS else UNKNOWN_TYPE
        return Examined(content, known)


def _picture_anew(content: bytes, decoder: str) -> Examined:
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=[decoder]) as picture:
            # Only the header is read so far.
            if picture.width * picture.height > MOST_PIXELS:
                raise TooLarge
            bare = _bare(ImageOps.exif_transpose(picture))
    except Image.DecompressionBombError:
        raise TooLarge from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError):
        raise Unreadable from None
    except (struct.error, OverflowError, ZeroDivisionError, RuntimeError):
        # The last is how decoders in C say it.
        raise Unreadable from None
    out = io.BytesIO()
    if decoder in _DRAWN or bare.mode == "RGBA":
        bare.save(out, "PNG")
        return Examined(out.getvalue(), "image/png")
    bare.save(out, "JPEG", quality=_QUALITY)
    return Examined(out.getvalue(), "image/jpeg")


def _bare(picture: Image) -> Image:
    """The points of the first frame and nothing else."""
    see_through = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    bare = picture.convert("RGBA" if see_through else "RGB")
    # A comment would be written again from here, a colour profile too.
    bare.info = {}
    return bare
