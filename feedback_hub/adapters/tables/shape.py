"""The shape that tables share."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String

from feedback_hub.adapters.column_types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(32)
CODE = String(64)


def id_column() -> Column[str]:
    """The row's own random id."""
    return Column("id", ID, primary_key=True)


def key_column() -> Column[str]:
    """The data key that opens the row's sealed columns."""
    return Column("key_id", ID, nullable=False)


def when(name: str, *, nullable: bool = True) -> Column[object]:
    """A moment in UTC."""
    return Column(name, UtcDateTime, nullable=nullable)


def claimable() -> list[Column[object]]:
    """What work needs to be claimed by one worker at a time, retried and set aside."""
    return [
        when("available_at", nullable=False),
        when("leased_until"),
        Column("attempts", Integer, nullable=False, default=0),
        when("handled_at"),
        when("set_aside_at"),
        Column("fault", String(200), nullable=False, default=""),
    ]
