"""The part of schema 0005 for lists of many cases."""

from __future__ import annotations

from alembic import op


def speed() -> None:
    """What a sector and a type leave, in the list's order, its state beside it."""
    op.create_index("ix_case_matter", "case", ["sector", "type", "received_at", "id", "state"])
