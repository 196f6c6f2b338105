"""Rows looked up by many ids at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ARRAY, Column, ColumnElement, String, any_, bindparam
from sqlalchemy.orm import Session


def among(session: Session, column: Column[str], values: Collection[str]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``values``.

    On PostgreSQL they are one parameter: the statement is the same for a page of any length, so
    that the driver has it ready and the server has planned it.
    """
    if session.get_bind().dialect.name != "postgresql":
        return column.in_(values)
    ids = bindparam(None, list(values), type_=ARRAY(String()), unique=True)
    found: ColumnElement[bool] = column == any_(ids)
    return found
