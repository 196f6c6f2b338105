"""The part of 0004 that the desk app needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime


def desk_app() -> None:
    """Devices that keep reports while there is no network, and files that come in pieces."""
    op.create_table(
        "desk_device",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("rescue_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("log_in_id", sa.String(64), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_desk_device_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_device")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_desk_device_secret_hash")),
    )
    op.create_index("ix_desk_device_account", "desk_device", ["account_id", "seen_at"])
    op.create_table(
        "upload_part",
        sa.Column("attachment_id", sa.String(32), nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_upload_part_attachment_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", "start", name=op.f("pk_upload_part")),
    )
    op.add_column("message", sa.Column("device_at", UtcDateTime(), nullable=True))
