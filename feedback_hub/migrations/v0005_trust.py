"""The part of schema 0005 for words beside a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def trust() -> None:
    """Where a place, an accused and a tag are sealed, and keys of a name's own.

    Words that stand open stay where they are, since a program of before may be serving: the new one
    seals them when it starts and once a day (``case_words.seal_open_ones``).
    """
    op.create_table(
        "case_typed",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_typed_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_typed")),
    )
    op.create_table(
        "tag",
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_tag")),
    )
    op.add_column("contact", sa.Column("name_key_id", sa.String(32)))
    op.add_column("contact", sa.Column("safe_time_key_id", sa.String(32)))
