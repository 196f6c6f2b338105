"""How long a text is on the air: GSM 7-bit septets or UCS-2, and in how many parts it is sent.

3GPP TS 23.038 (alphabet and extension table) and 23.040 (concatenation): 160 septets or 70 UCS-2
units in one part; a text of several parts loses 7 septets or 3 units of each to its header.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Each is sent as an escape and a letter: two septets."""

_PLAIN = {"\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
"""What a word processor puts in by itself."""


@dataclass(frozen=True)
class SmsLength:
    """``units`` are septets, or 16-bit units when ``is_gsm7`` is false; ``segments`` are paid."""

    is_gsm7: bool
    units: int
    segments: int


def sms_length(text: str) -> SmsLength:
    """What ``text`` takes. Nothing takes no segment."""
    if foreign_to_gsm7(text):
        widths = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
        return SmsLength(False, sum(widths), _segments(widths, alone=70, joined=67))
    widths = [2 if letter in _EXTENSION else 1 for letter in text]
    return SmsLength(True, sum(widths), _segments(widths, alone=160, joined=153))


def foreign_to_gsm7(text: str) -> str:
    """The letters of ``text`` that turn 160 characters into 70, each once, as they come."""
    return "".join(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))


def without_costly_accents(text: str) -> str:
    """``text`` with each letter that GSM-7 lacks as the plain one beneath it, where there is one.

    Read as easily on a phone, at half the price: "não" becomes "nao", "é" stays.
    """
    return "".join(letter if _is_cheap(letter) else _plain(letter) for letter in text)


def _is_cheap(letter: str) -> bool:
    return letter in _BASIC or letter in _EXTENSION


def _plain(letter: str) -> str:
    if letter in _PLAIN:
        return _PLAIN[letter]
    beneath = unicodedata.normalize("NFKD", letter)
    plain = "".join(sign for sign in beneath if not unicodedata.combining(sign))
    return plain if plain and all(map(_is_cheap, plain)) else letter


def _segments(widths: list[int], *, alone: int, joined: int) -> int:
    if not widths:
        return 0
    if sum(widths) <= alone:
        return 1
    # An escape and its letter, or the halves of a surrogate pair, stay in one part.
    segments, filled = 1, 0
    for width in widths:
        if filled + width > joined:
            segments, filled = segments + 1, 0
        filled += width
    return segments
