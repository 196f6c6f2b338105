"""Asterisk's call detail records: ``cdr-csv/Master.csv`` or ``cdr-custom/Master.csv``, no header.

``cdr_csv`` writes 16 columns from ``accountcode`` to ``amaflags``, then as ``cdr.conf`` says
``uniqueid`` (``loguniqueid``), ``userfield`` (``loguserfield``) and, with ``newcdrcolumns``,
``peeraccount, linkedid, sequence``. ``cdr_custom`` begins with ``clid`` and has whatever somebody
left in its mapping. So only the middle, from the start time to the disposition, is read by its
place; what stands around it is known by its looks. https://docs.asterisk.org (CDR Variables)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feedback_hub.adapters.call_logs.base import (
    Entry,
    Logged,
    Source,
    moment,
    seconds,
    told_in,
    unbelievable,
    unreadable,
)
from feedback_hub.adapters.call_logs.joining import Joiner
from feedback_hub.adapters.table_files import Damaged, open_records
from feedback_hub.domain.call import Call, CallEnd

LEAST, MOST = 14, 24
"""Columns a line may have."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_UNIQUE = re.compile(r"(?:[\w.-]+-)?(\d{9,11})\.\d+", re.ASCII)
_STATES = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN"})
_ASKS_FOR_SOMEBODY = frozenset({"queue", "dial", "appqueue", "followme", "page", "voicemail"})


@dataclass(frozen=True)
class Leg:
    """One line, as far as it is read."""

    number: int
    line: int
    at: datetime
    caller: str
    unique_id: str
    linked_id: str
    connected: bool
    asked: bool
    lasted: float
    keys: tuple[str, ...]
    note: str


def read(source: Source) -> Iterator[Entry]:
    """Every call of the file; its legs are joined by ``linkedid``, else by ``uniqueid``."""
    joiner: Joiner[Leg] = Joiner()
    with open_records(source.path) as records:
        for number, (line, record) in enumerate(records, start=1):
            if isinstance(record, str):
                yield Damaged(number, line, record)
                continue
            if not any(record) or _is_header(record):
                continue
            leg = _leg(source, number, line, record)
            if isinstance(leg, str):
                yield Damaged(number, line, leg)
            elif key := leg.linked_id or leg.unique_id:
                for legs in joiner.put(key, leg.at, leg):
                    yield _call(legs)
            else:
                yield _call([leg])
    for legs in joiner.rest():
        yield _call(legs)


def recognises(record: Sequence[str]) -> bool:
    """Whether a line looks like one of these."""
    return LEAST <= len(record) <= MOST and _start(record) > 0


def _leg(source: Source, number: int, line: int, record: Sequence[str]) -> Leg | str:
    if not LEAST <= len(record) <= MOST:
        return f"has {len(record)} columns, a call has {LEAST} to {MOST}"
    start = _start(record)
    if not start:
        return "has no start time where a call detail record has one"
    state = record[start + 5].strip()
    if state not in _STATES:
        return "has no disposition (ANSWERED, NO ANSWER …) after its times"
    at = moment(record[start].strip(), source.zone)
    if at is None:
        return "has a start time that no clock shows"
    tail = record[start + 6 :]
    unique = [n for n, cell in enumerate(tail) if _UNIQUE.fullmatch(cell)]
    unique_id = tail[unique[0]] if unique else ""
    at = _unambiguous(record[start], at, unique_id, source)
    if fault := unbelievable(at, source.now):
        return fault
    # Without its first column cdr_csv has the start where cdr_custom has it.
    caller = record[0 if "<" in record[3] and start == 8 else 1].strip()
    keys: tuple[str, ...] = ()
    note = ""
    for cell in tail:
        if not (keys or note) and "=" in cell:
            keys, note = told_in(cell)
    if fault := unreadable(caller, note):
        return fault
    partner, application = record[start - 3], record[start - 2].strip().lower()
    answered = state == "ANSWERED" and seconds(record[start + 4]) > 0
    return Leg(
        number=number,
        line=line,
        at=at,
        caller=caller,
        unique_id=unique_id,
        # One id alone may be either; both name the same call.
        linked_id=tail[unique[-1]] if unique else "",
        connected=answered and bool(partner.strip()) and application != "voicemail",
        asked=application in _ASKS_FOR_SOMEBODY or state != "ANSWERED",
        lasted=seconds(record[start + 3]),
        keys=keys,
        note=note,
    )


def _call(legs: Sequence[Leg]) -> Logged:
    first = min(legs, key=lambda leg: (leg.at, leg.number))
    if any(leg.connected for leg in legs):
        end = CallEnd.ANSWERED
    elif any(leg.asked for leg in legs):
        end = CallEnd.ABANDONED
    else:
        end = CallEnd.AUTOMATED
    finish = max(leg.at.timestamp() + leg.lasted for leg in legs)
    call = Call(
        external_id=first.linked_id or first.unique_id,
        at=first.at,
        end=end,
        caller=first.caller,
        lasted=finish - first.at.timestamp(),
        keys=next((leg.keys for leg in legs if leg.keys), ()),
        note="\n".join(dict.fromkeys(leg.note for leg in legs if leg.note)),
    )
    return Logged(first.number, first.line, call)


def _start(record: Sequence[str]) -> int:
    """The column of the start time; 0 if there is none. Eight in a custom file may be nine here."""
    for column in (8, 9):
        if len(record) > column + 5 and _DATE.fullmatch(record[column].strip()):
            return column
    return 0


def _unambiguous(written: str, at: datetime, unique_id: str, source: Source) -> datetime:
    """In the hour that comes twice the unique id, which holds seconds of UTC, says which it was."""
    found = _UNIQUE.fullmatch(unique_id)
    if found is None:
        return at
    local = datetime.fromisoformat(written.strip())
    second = local.replace(tzinfo=source.zone, fold=1).astimezone(UTC)
    if second == at:
        return at
    made = int(found[1])
    return min((at, second), key=lambda one: abs(one.timestamp() - made))


def _is_header(record: Sequence[str]) -> bool:
    return "disposition" in {cell.strip().lower() for cell in record}
