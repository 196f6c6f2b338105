"""Who is on call, where they are rung, and what came of ringing."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feedback_hub.adapters.column_types import Word
from feedback_hub.adapters.tables.shape import ID, id_column, key_column, metadata, when
from feedback_hub.domain.on_call import HandlerGroup, RingState, RingWay

shift = Table(
    "shift",
    metadata,
    id_column(),
    Column("group", Word(HandlerGroup), nullable=False),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    when("begins"),
    when("ends"),
)

# Where one of the staff is rung. Their own number: sealed like everybody's.
ring_address = Table(
    "ring_address",
    metadata,
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    key_column(),
    Column("phone_sealed", LargeBinary),
    Column("telegram_sealed", LargeBinary),
)

ring = Table(
    "ring",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("group", Word(HandlerGroup), nullable=False),
    when("started_at", nullable=False),
    Column("state", Word(RingState), nullable=False),
    Column("turns", Integer, nullable=False),
    Column("taken_by", ID, nullable=False),
    Column("taken_way", Word(RingWay)),
    when("ended_at"),
)

# One call or message to one person. The provider's id says what a key or a button answers.
ring_try = Table(
    "ring_try",
    metadata,
    id_column(),
    Column("ring_id", ID, ForeignKey("ring.id"), nullable=False, index=True),
    Column("account_id", ID, nullable=False),
    Column("way", Word(RingWay), nullable=False),
    when("at", nullable=False),
    Column("provider_id", String(200), nullable=False),
    Column("fault", String(32), nullable=False),
    Index("ix_ring_try_provider", "provider_id"),
)
