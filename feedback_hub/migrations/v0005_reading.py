"""The part of schema 0005 for what a machine reads twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime


def reading() -> None:
    """Since when a case waits for the second reading; few ever do, so few are in the index."""
    op.add_column("case", sa.Column("doubted_at", UtcDateTime(), nullable=True))
    some = sa.text("doubted_at IS NOT NULL")
    op.create_index(
        "ix_case_doubted", "case", ["doubted_at"], sqlite_where=some, postgresql_where=some
    )
