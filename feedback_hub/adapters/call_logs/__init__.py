"""Readers of call logs, one file a format. ``read_log`` reads, ``detect`` says which format."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from feedback_hub.adapters.call_logs.base import Entry, Ignored, Logged, Source
from feedback_hub.adapters.table_files import Damaged, Unreadable, open_records, open_table

__all__ = [
    "Damaged",
    "Entry",
    "Ignored",
    "LogFormat",
    "Logged",
    "Source",
    "columns_of",
    "detect",
    "read_log",
]

_SAMPLE = 5
"""Lines looked at to find out a format."""


class LogFormat(StrEnum):
    """The formats, each named like its file here."""

    ASTERISK_CDR = "asterisk_cdr"
    ASTERISK_QUEUE_LOG = "asterisk_queue_log"
    FREESWITCH_CDR = "freeswitch_cdr"
    TWILIO_CALLS = "twilio_calls"
    RAPIDPRO = "rapidpro"
    OPERATOR = "operator"


def read_log(log_format: LogFormat, source: Source) -> Iterator[Entry]:
    """Everything in ``source``. Raises ``Unreadable`` where the file as a whole is no such log."""
    # One format a run: the others need not load.
    module = import_module(f"{__name__}.{log_format.value}")
    entries: Iterator[Entry] = module.read(source)
    return entries


def columns_of(log_format: LogFormat) -> tuple[str, ...]:
    """Our names of the columns that a table of this format may have mapped; empty for no table."""
    module = import_module(f"{__name__}.{log_format.value}")
    return getattr(module, "COLUMNS", ())


def detect(path: Path) -> LogFormat:
    """Which format ``path`` is in, from its first lines. Raises ``Unreadable``, ``OSError``."""
    from feedback_hub.adapters.call_logs import (  # noqa: PLC0415  each format asked in turn
        asterisk_cdr,
        asterisk_queue_log,
        freeswitch_cdr,
        operator,
        rapidpro,
        twilio_calls,
    )

    with path.open("rb") as file:
        start = file.read(1 << 16)
    if not start.startswith(b"PK\x03\x04"):
        text = start.decode("utf-8", "replace")
        if rapidpro.recognises(text):
            return LogFormat.RAPIDPRO
        lines = [line for line in text.splitlines() if line.strip()][:_SAMPLE]
        if any(map(asterisk_queue_log.recognises, lines)):
            return LogFormat.ASTERISK_QUEUE_LOG
        with open_records(path) as records:
            for _, (_, record) in zip(range(_SAMPLE), records, strict=False):
                if isinstance(record, str):
                    continue
                if freeswitch_cdr.recognises(record):
                    return LogFormat.FREESWITCH_CDR
                if asterisk_cdr.recognises(record):
                    return LogFormat.ASTERISK_CDR
    with open_table(path) as table:
        if twilio_calls.recognises(table.columns):
            return LogFormat.TWILIO_CALLS
        if operator.recognises(table.columns):
            return LogFormat.OPERATOR
    formats = ", ".join(LogFormat)
    raise Unreadable(f"is in no format known here; say which with --format: {formats}")
