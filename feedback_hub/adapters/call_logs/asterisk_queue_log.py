"""Asterisk's ``queue_log``: one event a line, ``time|call|queue|agent|event|…``, times in seconds.

https://docs.asterisk.org/Operation/Logging/Queue-Logs/ names the events. ``NOTE`` and ``KEYS`` are
ours: a dial plan writes them with ``QueueLog(queue,${UNIQUEID},agent,NOTE,the words)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feedback_hub.adapters.call_logs.base import (
    Entry,
    Ignored,
    Logged,
    Source,
    unbelievable,
    unreadable,
)
from feedback_hub.adapters.call_logs.joining import WITHIN, Joiner
from feedback_hub.adapters.table_files import Damaged, open_lines
from feedback_hub.domain.call import Call, CallEnd

_CALL_ID = re.compile(r"[\w.:-]{1,150}", re.ASCII)
_NO_CALL = frozenset({"NONE", "REALTIME", "MANAGER", ""})
_CONNECTS = frozenset(
    {"CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "TRANSFER", "BLINDTRANSFER", "ATTENDEDTRANSFER"}
)
_GIVES_UP = frozenset(
    {"ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "AGENTDUMP", "FULL", "JOINEMPTY"}
)
_OF_A_CALL = _CONNECTS | _GIVES_UP | {"ENTERQUEUE", "DID", "INFO", "NOTE", "KEYS"}


@dataclass(frozen=True)
class Event:
    """One line about one call."""

    number: int
    call_id: str
    at: datetime
    name: str
    data: tuple[str, ...]


def read(source: Source) -> Iterator[Entry]:
    """Every call of the file. One that is still waiting at its end is left for the next look."""
    joiner: Joiner[Event] = Joiner()
    with open_lines(source.path) as lines:
        for number, text in enumerate(lines, start=1):
            if not text.strip():
                continue
            event = _event(source, number, text.rstrip("\r\n"))
            if isinstance(event, str):
                yield Damaged(number, number, event)
            elif event is None:
                yield Ignored()
            else:
                for events in joiner.put(event.call_id, event.at, event):
                    yield from _calls(events)
    for events in joiner.rest(lambda events: _is_over(events, source.now)):
        yield from _calls(events)


def recognises(line: str) -> bool:
    """Whether a line looks like one of these."""
    cells = line.split("|")
    return len(cells) >= 5 and cells[0].isdigit() and cells[4].isalpha() and cells[4].isupper()


def _event(source: Source, number: int, text: str) -> Event | str | None:
    cells = text.split("|")
    if len(cells) < 5:
        return f"has {len(cells)} fields, an event has 5 or more"
    written, call_id, _queue, _agent, name = cells[:5]
    try:
        at = datetime.fromtimestamp(float(written), UTC)
    except (ValueError, OverflowError, OSError):
        return "has no time in seconds in its first field"
    if name not in _OF_A_CALL or call_id in _NO_CALL:
        return None if name.isalpha() else "has no event in its fifth field"
    if not _CALL_ID.fullmatch(call_id):
        return "has no call id in its second field"
    if fault := unbelievable(at, source.now) or unreadable(text):
        return fault
    return Event(number, call_id, at, name, tuple(cells[5:]))


def _calls(events: Sequence[Event]) -> Iterator[Logged]:
    """The call these events tell of; none where only notes are left of it."""
    names = {event.name for event in events}
    if not names & (_CONNECTS | _GIVES_UP | {"ENTERQUEUE"}):
        return
    first, last = events[0], max(events, key=lambda event: event.at)
    entered = next((e for e in events if e.name == "ENTERQUEUE" and len(e.data) > 1), None)
    keys = "".join(e.data[0] for e in events if e.name in {"KEYS", "EXITWITHKEY"} and e.data)
    call = Call(
        external_id=first.call_id,
        at=first.at,
        end=CallEnd.ANSWERED if names & _CONNECTS else CallEnd.ABANDONED,
        caller=entered.data[1].strip() if entered else "",
        lasted=(last.at - first.at).total_seconds(),
        keys=tuple(re.findall(r"[0-9*#]", keys)),
        # A note may hold the separator.
        note="\n".join("|".join(e.data).strip() for e in events if e.name == "NOTE").strip(),
    )
    yield Logged(first.number, first.number, call)


def _is_over(events: Sequence[Event], now: datetime) -> bool:
    names = {event.name for event in events}
    return bool(names & (_CONNECTS | _GIVES_UP)) or events[-1].at < now - WITHIN
