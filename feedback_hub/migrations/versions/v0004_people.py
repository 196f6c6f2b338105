"""What the people's screens, closure, trust and scale need kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.migrations import v0004_closure as closure
from feedback_hub.migrations.v0004_desk_app import desk_app
from feedback_hub.migrations.v0004_seeing import seeing
from feedback_hub.migrations.v0004_trust import trust

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables and columns of every part."""
    closure.on_call()
    closure.broadcasts()
    trust()
    desk_app()
    _screens()
    seeing()
    _operating()


def _screens() -> None:
    """Queue, case page, notices."""
    op.create_table(
        "account_choice",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_choice_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_account_choice")),
    )
    # Notices by Telegram, for who wants them.
    op.add_column(
        "account", sa.Column("chat", sa.String(32), nullable=False, server_default="none")
    )
    op.add_column("notice", sa.Column("chat", sa.String(32)))
    op.add_column(
        "notice", sa.Column("chat_tries", sa.Integer(), nullable=False, server_default="0")
    )


def _operating() -> None:
    """Scale, faults, the operator."""
    op.add_column("alert", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("trace", sa.String(32), nullable=False, server_default=""))
    # What a list is narrowed to, in the list's own order: a page is read and no more.
    for name in ("sector", "type", "priority"):
        op.create_index(f"ix_case_{name}", "case", [name, "received_at", "id"])
    op.create_index("ix_referral_state", "referral", ["state", "case_id"])
