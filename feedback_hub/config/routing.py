"""``[routing.<name>]`` and ``[calendars.<name>]``: who gets what, and who works when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from feedback_hub.config.addresses import parse_mail_address
from feedback_hub.config.convert import listed, text
from feedback_hub.config.faults import Unfit
from feedback_hub.config.settings import setting
from feedback_hub.config.times import (
    WorkingHours,
    parse_holidays,
    parse_timezone,
    parse_working_days,
    parse_working_hours,
)
from feedback_hub.config.values import LANGUAGES, parse_code

_WORD = re.compile(r"[a-z_]{2,40}(\.[a-z_]{2,40})?")


class RuledLevel(StrEnum):
    """Levels that are referred; an L3 goes to its handlers, whatever a rule says."""

    ANY = ""
    L1 = "L1"
    L2 = "L2"


def _word(raw: object) -> str:
    word = text(raw).strip()
    if word and not _WORD.fullmatch(word):
        raise Unfit("is no word of the coding frame", 'Write it like "complaint.broken" or "wash".')
    return word


def _code(raw: object) -> str:
    return parse_code(raw) if text(raw).strip() else ""


def _codes(raw: object) -> frozenset[str]:
    return frozenset(parse_code(one) for one in listed(raw, from_text=True))


def _language(raw: object) -> str:
    code = text(raw).strip()
    if code and code not in LANGUAGES:
        raise Unfit("is no language known here", f"One of: {', '.join(LANGUAGES)}.")
    return code


def _hours(raw: object) -> WorkingHours | None:
    return parse_working_hours(raw) if raw != "" else None


@dataclass(frozen=True)
class RoutingSettings:
    """One rule: whatever is left empty fits everything."""

    organisation: str = setting("The organisation that gets it.", parse=parse_code)
    focal_point: str = setting("Its focal point's e-mail.", default="", parse=parse_mail_address)
    backup: str = setting("Its back-up's e-mail.", default="", parse=parse_mail_address)
    site: str = setting("A site's code.", default="", parse=_code)
    sector: str = setting("A sector.", default="", parse=_word)
    code: str = setting("A code of the coding frame, or a whole type.", default="", parse=_word)
    sensitivity: RuledLevel = setting("L1 or L2.", default=RuledLevel.ANY)
    language: str = setting("The language of who speaks.", default="", parse=_language)
    hours: WorkingHours | None = setting(
        "Only between these times of a working day.", default=None, parse=_hours
    )


@dataclass(frozen=True)
class CalendarSettings:
    """When some work, where that differs from ``[clocks]``."""

    organisations: frozenset[str] = setting(
        "Codes of the organisations that work so.", default=frozenset(), parse=_codes
    )
    sites: frozenset[str] = setting(
        "Codes of the sites where people work so.", default=frozenset(), parse=_codes
    )
    timezone: ZoneInfo | None = setting(
        "IANA name; empty: that of [hub].",
        default=None,
        parse=lambda raw: parse_timezone(raw) if raw != "" else None,
    )
    working_hours: WorkingHours | None = setting(
        "Opening hours of a working day; empty: those of [clocks].", default=None, parse=_hours
    )
    working_days: frozenset[int] | None = setting(
        "Days of the week worked; empty: those of [clocks].",
        default=None,
        parse=lambda raw: parse_working_days(raw) if raw != [] else None,
    )
    holidays: frozenset[date] | None = setting(
        "Days off; empty: those of [clocks].",
        default=None,
        parse=lambda raw: parse_holidays(raw) if raw != [] else None,
        private=True,
    )


ONE_KIND: Mapping[str, type] = MappingProxyType(
    {"routing": RoutingSettings, "calendars": CalendarSettings}
)
"""Families whose tables are all of one kind, which is not written."""
