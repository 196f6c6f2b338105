"""What machines and people read in a case, and how it is found again."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from feedback_hub.adapters.column_types import Stood, UtcDateTime, Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, key_column, metadata, when
from feedback_hub.domain.sensitivity import Priority, Sensitivity

suggestion = Table(
    "suggestion",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("message_id", ID, ForeignKey("message.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("codes", Words, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("sensitivity", Word(Sensitivity), nullable=False),
    Column("priority", Word(Priority), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("language", String(8), nullable=False),
    Column("site", CODE, nullable=False),
    Column("classifier", CODE, nullable=False),
    key_column(),
    Column("reasons_sealed", LargeBinary, nullable=False),
    Column("sector_confidence", Float, nullable=False, server_default="0"),
    Column("sensitivity_confidence", Float, nullable=False, server_default="0"),
    Column("priority_confidence", Float, nullable=False, server_default="0"),
)

judgement = Table(
    "judgement",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    # Null where no machine had read it. What it suggested, and which version it was, stands there.
    Column("suggestion_id", ID, ForeignKey("suggestion.id")),
    Column("actor", CODE, nullable=False),
    when("at", nullable=False),
    Column("codes", Words, nullable=False),
    Column("type", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("sensitivity", Word(Sensitivity), nullable=False),
    Column("priority", Word(Priority), nullable=False),
    Column("site", CODE, nullable=False),
    Column("before", Stood, nullable=False),
    Index("ix_judgement_at", "at"),
)

search_text = Table(
    "search_text",
    metadata,
    # An integer of its own: the rowid that FTS5 points at would not survive a VACUUM.
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, unique=True),
    # Masked, accent-folded, person-confirmed L1 text only.
    Column("body", Text, nullable=False),
)

# What tells that several people report the same thing. Of ordinary cases only, and without a word.
likeness = Table(
    "likeness",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("contact_id", ID),
    Column("site", CODE, nullable=False),
    Column("code", CODE, nullable=False),
    when("at", nullable=False),
    # See domain.likeness: keyed.
    Column("minima", LargeBinary, nullable=False),
    *(Column(f"band{number}", BigInteger) for number in range(4)),
    Index("ix_likeness_matter", "site", "code", "at"),
    *(Index(f"ix_likeness_band{number}", f"band{number}", "at") for number in range(4)),
)

# Somebody said that these are not the same matter. Sorted; an empty second one is an issue.
unlike = Table(
    "unlike",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("other_id", ID, primary_key=True),
    Column("actor", CODE, nullable=False),
    when("at", nullable=False),
    Index("ix_unlike_other", "other_id"),
)
