"""Twilio's call log as CSV with a header: the console's download, or the fields of its Calls API.

The header's names are read whatever their case, spaces and dashes: ``Call SID``, ``CallSid`` and
``sid`` are one. Newest first, as the console has them, or oldest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback_hub.adapters.call_logs.base import (
    Entry,
    Ignored,
    Logged,
    Source,
    moment,
    seconds,
    unbelievable,
    unreadable,
)
from feedback_hub.adapters.call_logs.joining import Joiner
from feedback_hub.adapters.table_files import Damaged, Row, Unreadable, open_table
from feedback_hub.domain.call import Call, CallEnd

_NAMES = {
    "id": ("callsid", "sid"),
    "parent": ("parentcallsid", "parentsid"),
    "at": ("starttime", "startdate", "datecreated", "date", "start"),
    "caller": ("from", "caller", "fromnumber"),
    "direction": ("direction",),
    "status": ("status", "callstatus"),
    "lasted": ("duration", "callduration", "durationseconds"),
}
COLUMNS = tuple(_NAMES)
"""Ours, as ``--map`` names them."""
_NEEDED = ("id", "at", "caller", "status")
_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_UNANSWERED = frozenset({"noanswer", "busy", "failed", "canceled", "cancelled"})
_UNFINISHED = frozenset({"queued", "ringing", "inprogress", "initiated"})
_LETTERS = re.compile(r"[^a-z]")


@dataclass(frozen=True)
class _Leg:
    number: int
    line: int
    at: datetime
    sid: str
    is_child: bool
    inbound: bool
    caller: str
    status: str
    lasted: float


def read(source: Source) -> Iterator[Entry]:
    """Every inbound call with the calls that were dialled from it; outbound ones by themselves."""
    joiner: Joiner[_Leg] = Joiner()
    with open_table(source.path) as table:
        columns = columns_of(table.columns) | dict(source.columns)
        if missing := [name for name in _NEEDED if name not in columns]:
            raise Unreadable(f"has no column for {', '.join(missing)}; see --map")
        knows_legs = "parent" in columns
        for row in table:
            if isinstance(row, Damaged):
                yield row
                continue
            leg = _leg(source, columns, row)
            if isinstance(leg, str):
                yield Damaged(row.number, row.line, leg)
            elif leg is None:
                yield Ignored()
            else:
                key, leg_of = leg
                for legs in joiner.put(key, leg_of.at, leg_of):
                    yield _call(legs, knows_legs=knows_legs)
    for legs in joiner.rest():
        yield _call(legs, knows_legs=knows_legs)


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Our names → the header's."""
    plain = {_plain(name): name for name in reversed(header)}
    return {
        ours: plain[one] for ours, theirs in _NAMES.items() for one in theirs[::-1] if one in plain
    }


def recognises(header: Sequence[str]) -> bool:
    """Whether a header looks like one of these."""
    found = columns_of(header)
    return all(name in found for name in _NEEDED)


def _leg(source: Source, columns: Mapping[str, str], row: Row) -> tuple[str, _Leg] | str | None:
    def cell(name: str) -> str:
        return row.cells.get(columns.get(name, ""), "").strip()

    sid, parent, status = cell("id"), cell("parent"), _plain(cell("status"))
    if not _SID.fullmatch(sid):
        return "has no call SID (CA and 32 characters)"
    if status in _UNFINISHED:
        return None
    at = moment(cell("at"), source.zone, source.formats)
    if at is None:
        return "has no start time we can read; say how with --date-format"
    if fault := unbelievable(at, source.now) or unreadable(cell("caller")):
        return fault
    is_child = bool(_SID.fullmatch(parent))
    direction = _plain(cell("direction"))
    leg = _Leg(
        row.number,
        row.line,
        at,
        sid,
        is_child,
        not direction or direction.startswith(("inbound", "incoming")),
        cell("caller"),
        status,
        seconds(cell("lasted")),
    )
    return (parent if is_child else sid), leg


def _call(legs: Sequence[_Leg], *, knows_legs: bool) -> Entry:
    own = next((leg for leg in legs if not leg.is_child), None)
    if own is None:
        # Its parent is in no file, or in another: whoever rang is not in this one.
        return Ignored()
    dialled = [leg for leg in legs if leg.is_child]
    if own.status in _UNANSWERED:
        end = CallEnd.ABANDONED
    elif any(leg.status == "completed" and leg.lasted > 0 for leg in dialled):
        end = CallEnd.ANSWERED
    elif dialled:
        end = CallEnd.ABANDONED
    else:
        end = CallEnd.AUTOMATED if knows_legs else CallEnd.ANSWERED
    call = Call(own.sid, own.at, end, own.caller, own.inbound, own.lasted)
    return Logged(own.number, own.line, call)


def _plain(name: str) -> str:
    return _LETTERS.sub("", name.casefold())
