"""Every table as lines of JSON: one form for both databases, so that either restores the other's.

Each table's first line names its columns and what kind of value they hold: an archive of an older
shape says itself what it is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from feedback_hub.adapters.column_types import UtcDateTime
from feedback_hub.adapters.tables import metadata

_AT_ONCE = 500
_KINDS: tuple[tuple[str, type[TypeEngine[Any]]], ...] = (
    ("time", UtcDateTime),
    ("day", Date),
    ("bool", Boolean),
    ("int", Integer),
    ("float", Float),
    ("bytes", LargeBinary),
    ("text", Text),
)
# The widest: PostgreSQL would refuse a large number for what is said to be a small one.
_TYPES: dict[str, type[TypeEngine[Any]]] = dict(_KINDS) | {"int": BigInteger}
_WRITE: dict[str, Callable[[Any], object]] = {
    "time": datetime.isoformat,
    "day": date.isoformat,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
_READ: dict[str, Callable[[Any], object]] = {
    "time": datetime.fromisoformat,
    "day": date.fromisoformat,
    "bytes": base64.b64decode,
}


def table_names() -> list[str]:
    """Every table, those first that others point to."""
    return [table.name for table in metadata.sorted_tables]


def lines_of(connection: Connection, name: str) -> Iterator[str]:
    """A table's lines: the columns, then each row."""
    table = metadata.tables[name]
    # A number that the database gives is given anew.
    columns = [column for column in table.columns if column.autoincrement is not True]
    kinds = [_kind(column) for column in columns]
    yield json.dumps([[column.name, kind] for column, kind in zip(columns, kinds, strict=True)])
    wanted = select(
        *(
            type_coerce(column, Text()).label(column.name) if kind == "text" else column
            for column, kind in zip(columns, kinds, strict=True)
        )
    )
    # A referral passed on comes after the one it was passed on from.
    for order in ("created_at", "sequence"):
        if order in table.columns:
            wanted = wanted.order_by(table.columns[order])
    with connection.execute(wanted.execution_options(yield_per=_AT_ONCE)) as rows:
        for row in rows:
            written = [
                value if value is None or kind not in _WRITE else _WRITE[kind](value)
                for value, kind in zip(row, kinds, strict=True)
            ]
            yield json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def load(connection: Connection, name: str, lines: Iterable[str]) -> int:
    """Put a table's lines into the empty table; how many rows they were."""
    found = iter(lines)
    columns: list[tuple[str, str]] = [(one, kind) for one, kind in json.loads(next(found))]
    # Of its own: the row's values are in the database's form already, not in the domain's.
    table = Table(name, MetaData(), *(Column(one, _TYPES[kind]()) for one, kind in columns))
    if connection.execute(select(table).limit(1)).first() is not None:
        # What the migrations put there.
        connection.execute(delete(table))
    count = 0
    waiting: list[dict[str, object]] = []
    for line in found:
        waiting.append(
            {
                one: value if value is None or kind not in _READ else _READ[kind](value)
                for (one, kind), value in zip(columns, json.loads(line), strict=True)
            }
        )
        count += 1
        if len(waiting) == _AT_ONCE:
            connection.execute(insert(table), waiting)
            waiting = []
    if waiting:
        connection.execute(insert(table), waiting)
    return count


def _kind(column: Column[Any]) -> str:
    return next((name for name, type_ in _KINDS if isinstance(column.type, type_)), "text")
