"""What a file is by its content, and what of a picture is kept."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, PngImagePlugin

from feedback_hub.adapters import file_types
from feedback_hub.adapters.file_types import ContentExaminer
from feedback_hub.domain.attachment import UNKNOWN_TYPE, AttachmentKind, kind_of
from feedback_hub.services.ports import TooLarge, Unreadable

OOXML = "application/vnd.openxmlformats-officedocument"
examine = ContentExaminer().examine


def drawn(
    decoder: str,
    mode: str = "RGB",
    size: tuple[int, int] = (16, 8),
    **how: Any,
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red" if mode != "L" else 9).save(out, decoder, **how)
    return out.getvalue()


def zipped(*names: str, first: tuple[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def boxed(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0isom" + brand + b"\0" * 40


CONTENTS = {
    "audio/ogg": b"OggS\0\2" + b"\0" * 20 + b"\1\x13OpusHead\1\1" + b"\0" * 40,
    "audio/mpeg": b"ID3\4\0\0\0\0\0\0\xff\xfb\x90\x64" + b"\0" * 400,
    "audio/amr": b"#!AMR\n" + b"\x3c" * 64,
    "audio/mp4": boxed(b"M4A "),
    "audio/wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0" + b"\0" * 40,
    "audio/aac": b"\xff\xf1\x50\x80\x02\x1f\xfc" + b"\0" * 100,
    "video/mp4": boxed(b"isom"),
    "application/pdf": b"%PDF-1.4\n%\xe2\xe3\n1 0 obj",
    f"{OOXML}.wordprocessingml.document": zipped(
        "[Content_Types].xml", "_rels/.rels", "word/document.xml"
    ),
    f"{OOXML}.spreadsheetml.sheet": zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
    "application/vnd.oasis.opendocument.text": zipped(
        "content.xml", first=("mimetype", "application/vnd.oasis.opendocument.text")
    ),
}
UNKNOWN = {
    "html": b"<html><script>alert(1)</script>",
    "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x()'></svg>",
    "program": b"MZ\x90\0\3\0\0\0",
    "app": zipped("AndroidManifest.xml", "classes.dex"),
    "script": b"#!/bin/sh\nrm -rf /",
    "text": "olá".encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("media_type", CONTENTS)
def test_what_we_know_is_known_by_its_content_and_kept_as_it_is(media_type: str) -> None:
    examined = examine(CONTENTS[media_type])
    assert examined.media_type == media_type
    assert examined.content == CONTENTS[media_type]
    assert kind_of(media_type) is not AttachmentKind.FILE


@pytest.mark.parametrize("what", UNKNOWN)
def test_everything_else_is_kept_as_a_file_of_no_kind(what: str) -> None:
    examined = examine(UNKNOWN[what])
    assert examined.media_type == UNKNOWN_TYPE
    assert examined.content == UNKNOWN[what]
    assert kind_of(UNKNOWN_TYPE) is AttachmentKind.FILE


@pytest.mark.parametrize(
    ("decoder", "becomes"),
    [
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/jpeg"),
        ("AVIF", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/png"),
        ("BMP", "image/png"),
    ],
)
def test_every_picture_becomes_one_that_every_browser_opens(decoder: str, becomes: str) -> None:
    examined = examine(drawn(decoder))
    assert examined.media_type == becomes
    with Image.open(io.BytesIO(examined.content)) as seen:
        assert seen.size == (16, 8)


def secretive(decoder: str) -> bytes:
    """A picture that says where, when, with what and by whom, wherever its kind has room."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif[0x010F] = "SECRET phone"
    exif[0x0132] = "2026:03:04 09:00:00"
    exif.get_ifd(0x8825).update({1: "S", 2: (12.0, 58.0, 30.0), 3: "E", 4: (40.0, 31.0, 3.0)})
    how: dict[str, Any] = {"exif": exif, "xmp": b"<x>SECRET xmp</x>"}
    if decoder == "JPEG":
        how["comment"] = b"SECRET comment"
        how["icc_profile"] = b"SECRET profile"
    if decoder == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", "SECRET author")
        text.add_itxt("XML:com.adobe.xmp", "SECRET xmp")
        how = {"exif": exif, "pnginfo": text}
    return drawn(decoder, **how) + b"SECRET after the end"


@pytest.mark.parametrize("decoder", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_left_of_it(decoder: str) -> None:
    content = secretive(decoder)
    assert b"SECRET" in content
    examined = examine(content)
    assert b"SECRET" not in examined.content
    with Image.open(io.BytesIO(examined.content)) as seen:
        seen.load()
        assert not seen.getexif()
        assert not seen.getexif().get_ifd(0x8825)
        kept = {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert set(seen.info) <= kept


def test_a_photo_stays_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    with Image.open(io.BytesIO(examine(drawn("JPEG", exif=exif)).content)) as seen:
        assert seen.size == (8, 16)


def test_what_shows_through_still_does() -> None:
    glass = Image.new("RGBA", (16, 8), (255, 0, 0, 128))
    out = io.BytesIO()
    glass.save(out, "WEBP", lossless=True)
    examined = examine(out.getvalue())
    assert examined.media_type == "image/png"
    with Image.open(io.BytesIO(examined.content)) as seen:
        assert seen.mode == "RGBA"
        assert ImageChops.difference(seen, glass).getbbox() is None


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack("!L", len(data)) + name + data + struct.pack("!L", zlib.crc32(name + data))
        )

    header = struct.pack("!LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


@pytest.mark.parametrize("size", [(30_000, 30_000), (60_000, 60_000), (8_000, 8_000)])
def test_a_bomb_is_not_opened(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > file_types.MOST_PIXELS
    with pytest.raises(TooLarge):
        examine(png_claiming(*size))


@pytest.mark.parametrize(
    "content",
    [
        drawn("JPEG")[:200],
        b"\xff\xd8\xff\xe0",
        png_claiming(10, 10),
        boxed(b"heic"),  # an iPhone's own kind: it has a place in it like any other
        b"II*\0" + b"\0" * 40,
    ],
)
def test_a_picture_that_cannot_be_cleaned_is_not_kept(content: bytes) -> None:
    with pytest.raises(Unreadable):
        examine(content)


@settings(max_examples=150)
@given(
    st.sampled_from([drawn(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    st.integers(0, 400),
)
def test_no_picture_however_damaged_breaks_the_worker(
    whole: bytes, flips: list[tuple[int, int]], cut: int
) -> None:
    damaged = bytearray(whole)
    for place, value in flips:
        damaged[place % len(damaged)] = value
    with contextlib.suppress(Unreadable, TooLarge):
        examine(bytes(damaged[: max(1, len(damaged) - cut)]))
