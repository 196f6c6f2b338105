"""What understanding, answering and trust need kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables and columns of every part."""
    _understanding()
    _administration()


def _understanding() -> None:
    """A suggestion says of each field how sure it is."""
    for field in ("sector", "sensitivity", "priority"):
        op.add_column(
            "suggestion",
            sa.Column(f"{field}_confidence", sa.Float(), nullable=False, server_default="0"),
        )


def _administration() -> None:
    """Tokens are scoped by sector too, and wait for a handler's word as people do."""
    op.add_column("token", sa.Column("sector", sa.String(64), nullable=False, server_default=""))
    connection = op.get_bind()
    names = ("id", "account_id", "organisation", "site", "sector")
    asked = sa.table(
        "handler_request",
        *(sa.column(name) for name in names),
        sa.column("asked_at", UtcDateTime),
    )
    before = sa.select(*(column for column in asked.c if column.name != "organisation"))
    waiting = [{**row, "organisation": ""} for row in connection.execute(before).mappings()]
    # Made anew: SQLite loosens no column of a table that stands.
    op.drop_table("handler_request")
    op.create_table(
        "handler_request",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("token_id", sa.String(32)),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_handler_request_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["token.id"], name=op.f("fk_handler_request_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handler_request")),
    )
    if waiting:
        connection.execute(sa.insert(asked), waiting)
