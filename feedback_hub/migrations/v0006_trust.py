"""The part of schema 0006 for what may not be seen yet, or not by everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime


def trust() -> None:
    """Since when a later message waits for its second reading; who is accused, to leave it out.

    Few messages and few cases are in these indexes.
    """
    op.add_column("message", sa.Column("doubted_at", UtcDateTime(), nullable=True))
    _some("ix_message_doubted", "message", ["doubted_at"], "doubted_at IS NOT NULL")
    named = ["accused_organisation", "received_at"]
    _some("ix_case_accused", "case", named, "accused_organisation <> ''")
    _some("ix_case_accuser", "case", ["entered_by", "received_at"], "accused_class IS NOT NULL")


def _some(name: str, table: str, columns: list[str], which: str) -> None:
    some = sa.text(which)
    op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)
