"""Case references that a person can say aloud and key on a phone (CONTRACT, Words)."""

from __future__ import annotations

import re
import secrets

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_IN_TEXT = re.compile(r"(?<!\d)(\d{3})[ .\-]?(\d{3})[ .\-]?(\d{3})(?!\d)")


def check_digit(digits: str) -> str:
    """The Damm check digit of ``digits``: any one wrong digit or swapped neighbours are noticed."""
    state = 0
    for digit in digits:
        state = _DAMM[state][int(digit)]
    return str(state)


def new_reference() -> str:
    """A random reference: 9 digits, the last one a check digit, never starting with 0.

    Random, so that a reference tells nothing about how many cases there are; a leading 0 would be
    eaten by spreadsheets. The caller tries again if it is taken.
    """
    body = str(secrets.randbelow(90_000_000) + 10_000_000)
    return body + check_digit(body)


def parse_reference(written: str) -> str | None:
    """The reference in ``written`` (spaces, dots and dashes allowed), or None if it is not one."""
    match = _IN_TEXT.fullmatch(written.strip())
    if match is None:
        return None
    digits = "".join(match.groups())
    return digits if digits.isascii() and check_digit(digits[:-1]) == digits[-1] else None


def references_in(text: str) -> tuple[str, ...]:
    """Every valid reference that occurs in free text, in order, each once."""
    found = (parse_reference(match.group()) for match in _IN_TEXT.finditer(text))
    return tuple(dict.fromkeys(ref for ref in found if ref))


def spoken(ref: str) -> str:
    """The reference in threes, as it is read aloud: ``482-913-075``."""
    return f"{ref[:3]}-{ref[3:6]}-{ref[6:]}"
