"""Flow runs of RapidPro or TextIt: ``/api/v2/runs.json`` as saved, a list of runs, or one a line.

Each run has ``uuid``, ``flow``, ``contact`` with its ``urn``, ``responded``, ``values`` (result key
→ ``value``, ``category``, ``time``, ``name``, ``input``) and its times, in UTC or with an offset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from feedback_hub.adapters.call_logs.base import (
    Entry,
    Ignored,
    Logged,
    Source,
    moment,
    unbelievable,
    unreadable,
)
from feedback_hub.adapters.table_files import Damaged
from feedback_hub.domain.call import Call, CallEnd

_CHUNK = 1 << 16
_LARGEST_RUN = 4_000_000  # characters; a file that is no JSON must not fill the memory
_BETWEEN = " \t\r\n,"
_ID = re.compile(r"[0-9A-Za-z-]{1,60}")
_KEYS = re.compile(r"[0-9*#]+")
_LANGUAGE = re.compile(r"[a-z]{3}")
_NO_ANSWER = frozenset({"", "other", "all responses", "no response", "timeout", "has text"})


def read(source: Source) -> Iterator[Entry]:
    """Every run that a person began; those the hub's own staff started are ignored."""
    with source.path.open("r", encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, found in enumerate(_documents(file), start=1):
            if isinstance(found, str):
                yield Damaged(number, number, found)
            else:
                yield _entry(source, number, found)


def recognises(start: str) -> bool:
    """Whether the beginning of a file looks like one of these."""
    return start.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") and '"flow"' in start


def _documents(file: TextIO) -> Iterator[dict[str, Any] | str]:
    """Each run, read one by one however long the file; a text is why the rest cannot be."""
    decoder = json.JSONDecoder()
    buffer = file.read(_CHUNK)
    head = buffer.lstrip()
    # A page wraps its runs: {"next": …, "results": [ … ]}. Runs a line or a list are not wrapped.
    paged = re.match(r'\{\s*"(next|previous|count|results)"', head)
    if paged and '"results"' in head:
        buffer = head[head.index('"results"') :].partition("[")[2]
    elif head.startswith("["):
        buffer = head[1:]
    while True:
        buffer = buffer.lstrip(_BETWEEN)
        if buffer[:1] in ("]", "}"):
            return
        try:
            found, end = decoder.raw_decode(buffer)
        except (ValueError, RecursionError):
            more = file.read(_CHUNK)
            if more and len(buffer) < _LARGEST_RUN:
                buffer += more
                continue
            if buffer:
                yield "is not JSON, or is cut off; the rest of the file cannot be read"
            return
        if not isinstance(found, dict) and end == len(buffer) and (more := file.read(_CHUNK)):
            # A number at the end of what was read may go on.
            buffer += more
            continue
        buffer = buffer[end:]
        yield found if isinstance(found, dict) else "is no flow run"


def _entry(source: Source, number: int, run: Mapping[str, Any]) -> Entry:
    run_id = str(run.get("uuid") or run.get("id") or "")
    at = moment(str(run.get("created_on") or ""), UTC)
    if not _ID.fullmatch(run_id) or at is None:
        return Damaged(number, number, "is no flow run: it has no uuid or no created_on")
    if run.get("start") is not None and not run.get("responded"):
        return Ignored()
    if not run.get("responded") and run.get("exit_type") is None:
        # Still on the line; the next file has how it went.
        return Ignored()
    contact = _mapping(run.get("contact"))
    urn = str(contact.get("urn") or "")
    results = sorted(
        ((str(key), _mapping(one)) for key, one in _results(run)),
        key=lambda pair: str(pair[1].get("time") or ""),
    )
    keys: list[str] = []
    answers: dict[str, str] = {}
    notes: list[str] = []
    for key, one in results:
        said = str(one.get("input") or one.get("value") or "").strip()
        category = str(one.get("category") or "").strip()
        if _KEYS.fullmatch(said):
            keys.extend(said)
        elif said:
            notes.append(f"{one.get('name') or key}: {said}")
        if category.casefold() not in _NO_ANSWER:
            answers[key] = category
    note, name = "\n".join(notes), str(contact.get("name") or "")
    if fault := unbelievable(at, source.now) or unreadable(urn, note, name, *answers.values()):
        return Damaged(number, number, fault)
    language = str(contact.get("language") or "")
    call = Call(
        external_id=run_id,
        at=at,
        # Who never answered the flow hung up on a machine.
        end=CallEnd.AUTOMATED if run.get("responded") else CallEnd.ABANDONED,
        caller=urn.partition(":")[2] or urn,
        lasted=_lasted(run, at),
        keys=tuple(keys),
        answers=answers,
        note=note,
        name=name[:200],
        language=language if _LANGUAGE.fullmatch(language) else "und",
    )
    return Logged(number, number, call)


def _results(run: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """``values`` by key; archives keep a list of such mappings, one a version of the results."""
    values = run.get("values")
    for one in values if isinstance(values, list) else [values]:
        yield from _mapping(one).items()


def _lasted(run: Mapping[str, Any], at: datetime) -> float:
    ended = moment(str(run.get("exited_on") or run.get("modified_on") or ""), UTC)
    return max(0.0, (ended - at).total_seconds()) if ended else 0.0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
