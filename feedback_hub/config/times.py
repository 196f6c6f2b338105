"""Times as a configuration writes them: spans, hours, days, zones."""

from __future__ import annotations

import calendar
import difflib
import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time

from feedback_hub.config.convert import listed, named, text
from feedback_hub.config.faults import Unfit

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


def parse_timezone(raw: object) -> zoneinfo.ZoneInfo:
    """A name of the IANA time zone database, ``Africa/Maputo``."""
    name = named(raw)
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1, cutoff=0.6)
        hint = f"Did you mean {near[0]}?" if near else 'Write it like "Africa/Maputo".'
        raise Unfit("is not a time zone this machine knows", hint) from None


def parse_timezone_name(raw: object) -> str:
    """The name of a time zone, or nothing."""
    name = text(raw).strip()
    return parse_timezone(name).key if name else ""
