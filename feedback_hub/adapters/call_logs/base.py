"""What every reader of a call log keeps to, and the little they share.

A reader is one file: ``read(source)`` yields, in the order of the file, a ``Call``, an ``Ignored``
line (known, and no call) or a ``Damaged`` one. No line ends another's reading, none is lost
silently, and memory does not grow with the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from pathlib import Path

from feedback_hub.adapters.table_files import LONGEST_CELL, Damaged
from feedback_hub.domain.call import Call

_KEYS = re.compile(r"(?:^|[;|,\s])(?:keys|teclas)=([0-9*#]+(?:[->][0-9*#]+)*)", re.IGNORECASE)
_NOTE = re.compile(r"(?:^|[;|,\s])(?:note|nota)=(.*)", re.IGNORECASE | re.DOTALL)
_SHORT_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "CAT": 2, "SAST": 2, "EAT": 3}
_TIME_FIRST = re.compile(r"(\d\d?:\d\d:\d\d) ([A-Z]{1,4}) (\d{4}-\d\d-\d\d)")
_TIME_LAST = re.compile(r"(\d{4}-\d\d-\d\d \d\d?:\d\d:\d\d) ([A-Z]{1,4})")


@dataclass(frozen=True)
class Ignored:
    """A line that is no call and no fault: an agent logging in, a run somebody else started."""


@dataclass(frozen=True)
class Logged:
    """A call and where in the file it begins. ``line`` is that of its first leg."""

    number: int
    line: int
    call: Call


Entry = Logged | Ignored | Damaged


@dataclass(frozen=True)
class Source:
    """A log to read. ``zone`` is where times without an offset were written.

    ``columns`` maps our names to the file's, for tables whose headers we could not guess;
    ``formats`` are ``strptime`` ones tried after ISO 8601. ``now`` (UTC) bounds what is believable.
    """

    path: Path
    zone: tzinfo
    now: datetime
    columns: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ()


Reader = Callable[[Source], Iterator[Entry]]


def told_in(field_text: str) -> tuple[tuple[str, ...], str]:
    """What a dial plan put into a free field: ``keys=1-2;note=words`` → ``(("1", "2"), "words")``.

    Anything else there (recordings' names, agents) is nobody's words.
    """
    if "=" not in field_text:
        return (), ""
    note = _NOTE.search(field_text)
    head = field_text[: note.start()] if note else field_text
    keys = _KEYS.search(head)
    pressed = tuple(re.split(r"[->]", keys[1])) if keys else ()
    if len(pressed) == 1:
        # ``keys=12`` is two keys: a menu reads one at a time.
        pressed = tuple(pressed[0])
    return pressed, note[1].strip() if note else ""


def moment(written: str, zone: tzinfo, formats: tuple[str, ...] = ()) -> datetime | None:
    """A time as logs write it, in UTC; None if it is none. An offset in it is honoured.

    Local times that a change of the clocks makes ambiguous are taken as the first of the two.
    """
    found = _parsed(written, formats)
    if found is None:
        return None
    try:
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _parsed(written: str, formats: tuple[str, ...]) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass
    if found := _TIME_FIRST.fullmatch(written):
        written, short = f"{found[3]} {found[1].zfill(8)}", found[2]
        return _in_short_zone(written, short)
    if found := _TIME_LAST.fullmatch(written):
        return _in_short_zone(found[1], found[2])
    for one in formats:
        try:
            return datetime.strptime(written, one)  # noqa: DTZ007  the caller adds the zone
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(written)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _in_short_zone(written: str, short: str) -> datetime | None:
    # Most abbreviations name several zones; only those that cannot be mistaken here are read.
    if short not in _SHORT_ZONES:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return (found - timedelta(hours=_SHORT_ZONES[short])).replace(tzinfo=UTC)


def unbelievable(at: datetime, now: datetime) -> str:
    """Why ``at`` is no time of a call, empty if it may be one."""
    if at > now + timedelta(days=1):
        return "lies in the future; is --timezone right?"
    return "lies before 1990" if at.year < 1990 else ""


def unreadable(*cells: str) -> str:
    """Why these cells cannot be kept as text, empty if they can."""
    text = "".join(cells)
    if "\0" in text:
        return "holds a NUL character"
    if len(text) > LONGEST_CELL:
        return f"has more than {LONGEST_CELL:,} characters"
    # Bytes that were no UTF-8 came in as lone surrogates (PEP 383).
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is not UTF-8 text; save the file as UTF-8"
    return ""


def seconds(written: str) -> float:
    """A length as logs write it: ``75``, ``75.5``, ``1:15``, ``0:01:15``; 0 for anything else."""
    total = 0.0
    try:
        for part in written.strip().split(":"):
            total = total * 60 + float(part or 0)
    except ValueError:
        return 0.0
    return total if 0 <= total < 10**7 else 0.0
