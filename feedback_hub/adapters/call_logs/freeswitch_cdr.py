"""FreeSWITCH's ``cdr-csv/Master.csv`` by the ``example`` template of ``cdr_csv.conf``, no header.

``caller_id_name, caller_id_number, destination_number, context, start_stamp, answer_stamp,
end_stamp, duration, billsec, hangup_cause, uuid, bleg_uuid, accountcode`` and, in newer ones,
``read_codec, write_codec``; a column added at the end may carry ``keys=`` and ``note=``.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feedback_hub.adapters.call_logs.base import (
    Entry,
    Ignored,
    Logged,
    Source,
    moment,
    seconds,
    told_in,
    unbelievable,
    unreadable,
)
from feedback_hub.adapters.call_logs.joining import MOST_OPEN, Joiner
from feedback_hub.adapters.table_files import Damaged, open_records
from feedback_hub.domain.call import Call, CallEnd

LEAST = 12
"""Columns up to ``bleg_uuid``."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*")


@dataclass(frozen=True)
class _Leg:
    unique_id: str
    logged: Logged


def read(source: Source) -> Iterator[Entry]:
    """Every call; a B leg of its own is the same call and ignored."""
    joiner: Joiner[_Leg] = Joiner()
    partners: OrderedDict[str, None] = OrderedDict()

    def told(legs: Sequence[_Leg]) -> Entry:
        return Ignored() if legs[0].unique_id in partners else legs[0].logged

    with open_records(source.path) as records:
        for number, (line, record) in enumerate(records, start=1):
            if isinstance(record, str):
                yield Damaged(number, line, record)
                continue
            if not any(record):
                continue
            leg = _leg(source, number, line, record)
            if isinstance(leg, str):
                yield Damaged(number, line, leg)
                continue
            if partner := record[11].strip():
                partners[partner] = None
                if len(partners) > 4 * MOST_OPEN:
                    partners.popitem(last=False)
            # A line that comes twice is one call: the id sees to it.
            for legs in joiner.put(f"{leg.unique_id}", leg.logged.call.at, leg):
                yield told(legs)
    for legs in joiner.rest():
        yield told(legs)


def recognises(record: Sequence[str]) -> bool:
    """Whether a line looks like one of these."""
    return (
        len(record) >= LEAST
        and _UUID.fullmatch(record[10].strip()) is not None
        and _STAMP.fullmatch(record[4].strip()) is not None
    )


def _leg(source: Source, number: int, line: int, record: Sequence[str]) -> _Leg | str:
    if len(record) < LEAST:
        return f"has {len(record)} columns, a call has {LEAST} or more"
    unique_id = record[10].strip()
    if not _UUID.fullmatch(unique_id):
        return "has no uuid in its eleventh column"
    at = moment(record[4].strip(), source.zone)
    if at is None:
        return "has no start time in its fifth column"
    keys, note = next((told_in(cell) for cell in record[12:] if "=" in cell), ((), ""))
    caller = record[1].strip()
    if fault := unbelievable(at, source.now) or unreadable(caller, note):
        return fault
    talked = seconds(record[8]) > 0 and bool(record[11].strip())
    call = Call(
        external_id=unique_id,
        at=at,
        # Without a B leg nobody was spoken to, whatever a menu or a queue played.
        end=CallEnd.ANSWERED if talked else CallEnd.ABANDONED,
        caller=caller,
        lasted=seconds(record[7]),
        keys=keys,
        note=note,
    )
    return _Leg(unique_id, Logged(number, line, call))
