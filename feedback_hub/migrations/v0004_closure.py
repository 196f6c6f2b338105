"""Closure's part of revision 0004: on call, broadcasts, handovers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime


def on_call() -> None:
    """Who is on call, where they are rung, and what came of ringing."""
    op.create_table(
        "shift",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("group", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("begins", UtcDateTime()),
        sa.Column("ends", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_shift_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_table(
        "ring_address",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary()),
        sa.Column("telegram_sealed", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_ring_address_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ring_address")),
    )
    op.create_table(
        "ring",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("group", sa.String(32), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(32), nullable=False),
        sa.Column("taken_way", sa.String(32)),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_ring_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring")),
    )
    op.create_index(op.f("ix_ring_case_id"), "ring", ["case_id"])
    op.create_table(
        "ring_try",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("ring_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("provider_id", sa.String(200), nullable=False),
        sa.Column("fault", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.id"], name=op.f("fk_ring_try_ring_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring_try")),
    )
    op.create_index(op.f("ix_ring_try_ring_id"), "ring_try", ["ring_id"])
    op.create_index("ix_ring_try_provider", "ring_try", ["provider_id"])


def broadcasts() -> None:
    """Approved information to people who asked for it, once a person; interim notices."""
    op.add_column("contact", sa.Column("news_at", UtcDateTime()))
    op.add_column("case", sa.Column("interim_at", UtcDateTime()))
    op.create_table(
        "broadcast",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime()),
        sa.Column("started_by", sa.String(64), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("stopped_for", sa.String(32)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
    )
    op.create_index("ix_broadcast_due", "broadcast", ["state", "next_at"])
    op.create_table(
        "broadcast_person",
        sa.Column("broadcast_id", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("delivery_id", sa.String(32)),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name=op.f("fk_broadcast_person_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_broadcast_person_contact_id")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "contact_id", name=op.f("pk_broadcast_person")),
    )
    op.create_index(op.f("ix_broadcast_person_delivery_id"), "broadcast_person", ["delivery_id"])
