"""Pages by key: a cursor says after which row to go on, so that deep pages cost no more."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, literal, tuple_

from feedback_hub.domain.errors import Invalid


def cursor_at(at: datetime, row_id: str) -> str:
    """The cursor of a row in a list ordered by time, then id."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode()


def position(cursor: str) -> tuple[datetime, str]:
    """The time (aware) and id in ``cursor``. Raises ``Invalid`` for one nobody gave out."""
    try:
        at, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        when = datetime.fromisoformat(at)
        if when.tzinfo is None:
            raise ValueError
    except (binascii.Error, ValueError, UnicodeError):
        raise Invalid("cursor", "is not one that this list gave out") from None
    return when, row_id


def beyond(
    time: Column[Any], key: Column[Any], cursor: str, *, backwards: bool
) -> ColumnElement[bool]:
    """Rows older than the cursor's, or newer when ``backwards``. Raises ``Invalid``."""
    at, row_id = position(cursor)
    # One comparison of both: an index is entered at that place. Said as two, SQLite looks twice.
    row, there = tuple_(time, key), tuple_(literal(at, time.type), literal(row_id, key.type))
    return row > there if backwards else row < there
