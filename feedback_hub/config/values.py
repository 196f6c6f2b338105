"""Values with a meaning of their own: spans, working hours, holidays, addresses, languages.

Every ``parse_…`` takes what TOML or the environment holds and raises ``Unfit``, never with the
value in it.
"""

from __future__ import annotations

import base64
import binascii
import re

from feedback_hub.config.convert import listed, named, text
from feedback_hub.config.faults import Unfit

LANGUAGES = {
    "bwg": "Cibarke",
    "eko": "Ekoti",
    "eng": "English",
    "fra": "French",
    "kde": "Shimakonde",
    "mgh": "Meetto",
    "mxc": "Cimanyika",
    "ndc": "Cindau",
    "por": "Portuguese",
    "seh": "Cisena",
    "swh": "Kiswahili",
    "tso": "Xichangana",
    "twx": "Ciutee",
    "vmw": "Emakhuwa",
    "wmw": "Kimwani",
}
"""ISO 639-3 code → English name (DOMAIN.md, Languages)."""

_COMMON_MISTAKES = {"pt": "por", "en": "eng", "fr": "fra", "fre": "fra", "sw": "swh", "ts": "tso"}


def parse_languages(raw: object) -> tuple[str, ...]:
    """ISO 639-3 codes, the first being the one to fall back to; each once, at least one."""
    codes = tuple(named(code) for code in listed(raw, from_text=True))
    if not codes:
        raise Unfit("has no language in it", 'Write it like ["por", "eng"].')
    for place, code in enumerate(codes, start=1):
        if code not in LANGUAGES:
            meant = _COMMON_MISTAKES.get(code.lower())
            hint = f"Did you mean {meant}? " if meant else ""
            known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
            raise Unfit(
                f"has no known language in place {place}",
                f"{hint}Use ISO 639-3 codes: {known}.",
            )
    if len(set(codes)) < len(codes):
        raise Unfit("names a language twice", "Name each once.")
    return codes


QUESTIONS = ("language", "consent", "site", "safe")
MOST_QUESTIONS = 3


def parse_questions(raw: object) -> tuple[str, ...]:
    """The questions of the dialogue, each once, as many as a person may be asked."""
    asked = tuple(named(one) for one in listed(raw, from_text=True))
    if not set(asked) <= set(QUESTIONS) or not len(set(asked)) == len(asked) <= MOST_QUESTIONS:
        known = ", ".join(QUESTIONS)
        raise Unfit("is no list of questions", f"Each once, {MOST_QUESTIONS} at most: {known}.")
    return asked


CALL_LOGS = (
    "asterisk_cdr",
    "asterisk_queue_log",
    "freeswitch_cdr",
    "twilio_calls",
    "rapidpro",
    "operator",
)
"""Formats of call logs, as ``adapters/call_logs`` has them."""


def parse_call_log(raw: object) -> str:
    """One of ``CALL_LOGS``, or nothing."""
    name = text(raw).strip()
    if name and name not in CALL_LOGS:
        raise Unfit("is no format of a call log", f"Choose from: {', '.join(CALL_LOGS)}.")
    return name


def parse_pattern(raw: object) -> str:
    """A regular expression; empty matches nothing that anybody has."""
    pattern = text(raw)
    try:
        re.compile(pattern)
    except re.error:
        remedy = 'Write it like "[0-9]{2,4}".'
        raise Unfit("is not a regular expression", remedy) from None
    return pattern


def parse_channel_name(raw: object) -> str:
    """The name of a channel account."""
    name = named(raw)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
        raise Unfit("is not a channel's name", "Use a to z, 0 to 9, dash, underscore.")
    return name


def parse_call_codes(raw: object) -> tuple[str, ...]:
    """``["1-2=request.water", "topic=Food=request.food"]``: keys or an answer, and its code."""
    pairs = tuple(named(item) for item in listed(raw, from_text=True))
    for pair in pairs:
        said, equals, code = pair.rpartition("=")
        if not equals or not said.strip() or not re.fullmatch(r"[a-z_]+\.[a-z_]+", code.strip()):
            raise Unfit(
                "has an entry without a code of the frame",
                'Write keys or an answer, "=" and the code: "1-2=request.water".',
            )
    return pairs


def parse_country(raw: object) -> str:
    """A country that phone numbers can be read for: ISO 3166-1, two capital letters."""
    # Slow to import (0.1 s), and not needed where the default stands.
    from phonenumbers import SUPPORTED_REGIONS

    code = named(raw)
    if code not in SUPPORTED_REGIONS:
        raise Unfit("is not a country with telephones", 'Write its two capital letters, "MZ".')
    return code


def parse_hotline(raw: object) -> str:
    """The number people are told to ring, as it is to be shown."""
    number = named(raw)
    if not re.fullmatch(r"\+?\d[\d ]{1,18}", number, re.ASCII):
        raise Unfit("is not a telephone number", 'Write it like "1458" or "+258 84 123 4567".')
    return number


def parse_code(raw: object) -> str:
    """A code as the organisations file has them: letters, digits, dot, dash, underscore."""
    code = named(raw)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}", code, re.ASCII):
        raise Unfit("is not a code", "Use letters, digits, dots, dashes and underscores.")
    return code


def parse_key_material(raw: object) -> str:
    """A key of at least 32 characters, which is what 32 random bytes never fall below."""
    key = text(raw)
    if len(key) < 32:
        raise Unfit("is shorter than 32 characters", "Make one with: openssl rand -base64 32.")
    return key


def parse_handlers_key(raw: object) -> str:
    """Half of a pair that ``keys handlers`` made: 32 bytes in base64; empty for none."""
    key = text(raw).strip()
    try:
        fits = not key or len(base64.urlsafe_b64decode(key)) == _HALF
    except (binascii.Error, ValueError):
        fits = False
    if not fits:
        raise Unfit("is no handlers' key", "Make one with: feedback-hub keys handlers FILE.")
    return key


_HALF = 32
