"""Values with a meaning of their own: spans, working hours, holidays, addresses, languages.

Every ``parse_…`` takes what TOML or the environment holds and raises ``Unfit``, never with the
value in it.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import difflib
import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from urllib.parse import urlsplit

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

_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SPAN = re.compile(
    r"(\d{1,6}) ?(s|m|min|h|d|w|days?|hours?|minutes?|weeks?|working days?)", re.ASCII
)
_LONGEST_SECONDS = 3660 * 86400
_LONGEST_WORKING_DAYS = 250


@dataclass(frozen=True)
class Span:
    """How long a duty may take: seconds of the calendar or days that are worked, not both.

    Neither is "at once".
    """

    seconds: int = 0
    working_days: int = 0


def parse_span(raw: object) -> Span:
    """``24h``, ``90 min``, ``7d``, ``3 working days``, ``at once`` → ``Span``."""
    words = " ".join(named(raw).lower().split())
    if words == "at once":
        return Span()
    match = _SPAN.fullmatch(words)
    remedy = 'Write it like "24h", "7d", "3 working days" or "at once".'
    if match is None:
        raise Unfit("is not a length of time", remedy)
    amount, unit = int(match[1]), match[2]
    if unit.startswith("working"):
        if not 0 < amount <= _LONGEST_WORKING_DAYS:
            raise Unfit("is not between one working day and a year of them", remedy)
        return Span(working_days=amount)
    seconds = amount * (_SECONDS.get(unit) or _SECONDS[unit[0]])
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise Unfit("is not between one second and ten years", remedy)
    return Span(seconds=seconds)


@dataclass(frozen=True)
class WorkingHours:
    """The local opening time and closing time of a working day; ``start`` is before ``end``."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def parse_working_hours(raw: object) -> WorkingHours:
    """``07:30-15:30`` → ``WorkingHours``."""
    remedy = 'Write it like "07:30-15:30".'
    match = re.fullmatch(r"(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})", named(raw), re.ASCII)
    if match is None:
        raise Unfit("is not a pair of times", remedy)
    try:
        hours = WorkingHours(time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4])))
    except ValueError:
        raise Unfit("has a time that no clock shows", remedy) from None
    if hours.start >= hours.end:
        raise Unfit("closes before it opens", f"{remedy} For round the clock: 00:00-23:59.")
    return hours


def parse_quiet_hours(raw: object) -> tuple[time, time] | None:
    """``21:00-06:00`` → its two times, past midnight or not; empty → None."""
    remedy = 'Write it like "21:00-06:00", or leave it empty.'
    written = named(raw) if raw != "" else ""
    if not written:
        return None
    match = re.fullmatch(r"(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})", written, re.ASCII)
    if match is None:
        raise Unfit("is not a pair of times", remedy)
    try:
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    except ValueError:
        raise Unfit("has a time that no clock shows", remedy) from None
    if start == end:
        raise Unfit("is never over", remedy)
    return start, end


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_working_days(raw: object) -> frozenset[int]:
    """``["mon", "tue"]`` → the numbers of ``date.weekday()`` (Monday is 0)."""
    words = [named(word).lower() for word in listed(raw, from_text=True)]
    remedy = f"Choose from: {', '.join(_WEEKDAYS)}."
    if not words:
        raise Unfit("has no day in it", remedy)
    if not set(words) <= set(_WEEKDAYS):
        raise Unfit("has a word that is no weekday", remedy)
    return frozenset(_WEEKDAYS.index(word) for word in words)


def parse_holidays(raw: object) -> frozenset[date]:
    """``["12-25", "2026-04-03"]`` → dates: month and day in every year, or one whole date."""
    days: set[date] = set()
    for item in listed(raw, from_text=True):
        if isinstance(item, date) and not isinstance(item, datetime):
            days.add(item)
            continue
        words = named(item)
        yearly = re.fullmatch(r"\d\d-\d\d", words, re.ASCII)
        try:
            # 2000 was a leap year: 29 February may be a yearly holiday.
            day = date.fromisoformat(f"2000-{words}" if yearly else words)
        except ValueError:
            raise Unfit(
                "has an entry that is no date",
                'Write "12-25" (every year) or "2026-04-03" (once).',
            ) from None
        days |= every_year(day.month, day.day) if yearly else {day}
    return frozenset(days)


def every_year(month: int, day: int) -> frozenset[date]:
    """That day in each year of this century that has it."""
    return frozenset(
        date(year, month, day)
        for year in range(2000, 2100)
        if (month, day) != (2, 29) or calendar.isleap(year)
    )


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


def parse_timezone(raw: object) -> zoneinfo.ZoneInfo:
    """A name of the IANA time zone database, ``Africa/Maputo``."""
    name = named(raw)
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1, cutoff=0.6)
        hint = f"Did you mean {near[0]}?" if near else 'Write it like "Africa/Maputo".'
        raise Unfit("is not a time zone this machine knows", hint) from None


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


def parse_folder(raw: object) -> Path | None:
    """A folder, or none for nothing."""
    name = text(raw).strip()
    return Path(name) if name else None


def parse_timezone_name(raw: object) -> str:
    """The name of a time zone, or nothing."""
    name = text(raw).strip()
    return parse_timezone(name).key if name else ""


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


def parse_audit_copy(raw: object) -> str:
    """``""``, an absolute path, ``syslog:/dev/log`` or ``syslog:host:port``. Raises ``Unfit``."""
    written = text(raw).strip()
    host, colon, port = written.removeprefix("syslog:").rpartition(":")
    there = bool(host and colon and port.isascii() and port.isdigit())
    if not written or written.startswith(("/", "syslog:/")):
        return written
    if written.startswith("syslog:") and there and int(port) < 65536:
        return written
    remedy = 'Write an absolute path, "syslog:/dev/log" or "syslog:host:514".'
    raise Unfit("is no place for the head of the audit log", remedy)


def parse_country(raw: object) -> str:
    """A country that phone numbers can be read for: ISO 3166-1, two capital letters."""
    # Slow to import (0.1 s), and not needed where the default stands.
    from phonenumbers import SUPPORTED_REGIONS

    code = named(raw)
    if code not in SUPPORTED_REGIONS:
        raise Unfit("is not a country with telephones", 'Write its two capital letters, "MZ".')
    return code


def parse_base_url(raw: object) -> str:
    """The public address, http or https, without query and without the last slash."""
    url = named(raw)
    remedy = 'Write it like "https://hub.example.org".'
    try:
        parts = urlsplit(url)
        # Reading the port is what finds a bad one.
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise Unfit("is not an address", remedy) from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        raise Unfit("is not an http or https address", remedy)
    if "?" in url or "#" in url:
        raise Unfit("has a query or a fragment", remedy)
    if "@" in parts.netloc:
        raise Unfit("has a user name in it", remedy)
    return url.rstrip("/")


def parse_other_url(raw: object) -> str:
    """Like ``parse_base_url``; empty stays empty."""
    return parse_base_url(raw) if text(raw).strip() else ""


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


def parse_hosts(raw: object) -> tuple[str, ...]:
    """Host names; a leading dot takes in every name beneath it."""
    hosts = tuple(named(host).lower() for host in listed(raw, from_text=True))
    for host in hosts:
        if not re.fullmatch(r"\.?[a-z0-9]([a-z0-9.\-]*[a-z0-9])?|\[[0-9a-f:]+\]", host, re.ASCII):
            raise Unfit(
                "has an entry that is no host name",
                'Write names alone, without "https://" and port: ["hub.example.org"].',
            )
    return hosts


def parse_mail_address(raw: object) -> str:
    """An e-mail address, in small letters; empty stays empty."""
    address = text(raw).strip().lower()
    if address and not re.fullmatch(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+", address):
        raise Unfit("is not an e-mail address", 'Write it like "voz@example.org".')
    return address


def parse_smtp_url(raw: object) -> str:
    """The address of a mail server, without a log-in; empty stays empty."""
    url = text(raw).strip()
    if not url:
        return ""
    remedy = 'Write it like "smtps://mail.example.org" or "smtp://mail.example.org:587".'
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise Unfit("is not an address", remedy) from None
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise Unfit("is not the address of a mail server", remedy)
    if parts.username or parts.password:
        raise Unfit("has a log-in in it", "The name and the password have keys of their own.")
    return url


def parse_clamd(raw: object) -> str:
    """A ClamAV daemon: the absolute path of its socket, or ``host:port``; empty stays empty."""
    address = text(raw).strip()
    host, _, port = address.rpartition(":")
    if not address or address.startswith("/"):
        return address
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Unfit(
            "is not where a ClamAV daemon listens",
            'Write "/run/clamav/clamd.ctl" or "127.0.0.1:3310".',
        )
    return address


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
_DATABASE_SCHEMES = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_QUEUE_SCHEMES = {
    "redis": "redis",
    "rediss": "rediss",
    "valkey": "redis",
    "valkeys": "rediss",
    "unix": "unix",
}


def parse_database_url(raw: object) -> str:
    """A PostgreSQL or SQLite URL with the driver SQLAlchemy is to use; empty stays empty."""
    url = text(raw).strip()
    if not url:
        return ""
    scheme, separator, rest = url.partition("://")
    remedy = (
        'Write "postgresql://user@host/name" or "sqlite:////absolute/path", or leave it empty '
        "for SQLite in the home folder."
    )
    if separator and scheme == "sqlite":
        if not re.match(r"^//[^/?]", rest):
            raise Unfit("names no SQLite file by its whole path", remedy)
        return url
    if not separator or scheme not in _DATABASE_SCHEMES:
        raise Unfit("is neither a PostgreSQL nor a SQLite address", remedy)
    _, slash, name = rest.partition("/")
    if not slash or not name or name.startswith("?"):
        raise Unfit("names no database", remedy)
    return f"{_DATABASE_SCHEMES[scheme]}://{rest}"


def parse_queue_url(raw: object) -> str:
    """A Redis or Valkey URL; empty stays empty."""
    url = text(raw).strip()
    if not url:
        return ""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _QUEUE_SCHEMES or not rest:
        raise Unfit(
            "is not a Redis or Valkey address",
            'Write "redis://host:6379/0", or leave it empty for the embedded one.',
        )
    return f"{_QUEUE_SCHEMES[scheme]}://{rest}"
