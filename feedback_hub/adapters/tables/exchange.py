"""What passes between this hub and other mechanisms."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
)

from feedback_hub.adapters.column_types import Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, metadata, when
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.exchange import LetterKind, Way
from feedback_hub.services.records.exchange import LetterState

passage = Table(
    "passage",
    metadata,
    id_column(),
    Column("peer", CODE, nullable=False),
    Column("way", Word(Way), nullable=False),
    Column("wire_id", CODE, nullable=False),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    when("made_at", nullable=False),
    Column("referral_id", ID, ForeignKey("referral.id"), index=True),
    Column("reference", CODE, nullable=False),
    Column("trail", Words, nullable=False),
    Column("handled", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("peer", "way", "wire_id"),
)

letter = Table(
    "letter",
    metadata,
    id_column(),
    Column("passage_id", ID, ForeignKey("passage.id"), nullable=False),
    Column("peer", CODE, nullable=False),
    Column("kind", Word(LetterKind), nullable=False),
    Column("position", Integer, nullable=False),
    when("made_at", nullable=False),
    Column("about", ID, nullable=False),
    Column("outcome", Word(Outcome)),
    Column("state", Word(LetterState), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fault", String(64), nullable=False),
    when("ended_at"),
    Index("ix_letter_passage", "passage_id", "position"),
    Index("ix_letter_peer", "peer", "state", "made_at"),
)

# What came from a peer: its nonces, until they are too old to be used again, and its letters.
peer_seen = Table(
    "peer_seen",
    metadata,
    Column("peer", CODE, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("id", CODE, primary_key=True),
    when("at", nullable=False),
    Index("ix_peer_seen_at", "peer", "kind", "at"),
)

peer = Table(
    "peer",
    metadata,
    Column("name", CODE, primary_key=True),
    when("heard_at"),
    when("reached_at"),
    when("failed_at"),
    Column("fault", String(64), nullable=False),
)
