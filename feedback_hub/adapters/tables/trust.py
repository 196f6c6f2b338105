"""Keys, the audit log, what was erased and kept, and what guards against repeats."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feedback_hub.adapters.column_types import Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, key_column, metadata, when
from feedback_hub.domain.audit import AuditAction

data_key = Table(
    "data_key",
    metadata,
    id_column(),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_by", String(16), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    when("at", nullable=False),
    Column("actor", CODE, nullable=False),
    Column("action", Word(AuditAction), nullable=False),
    Column("kind", CODE, nullable=False),
    Column("object_id", CODE, nullable=False),
    Column("reason", CODE, nullable=False),
    Column("device", CODE, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_action", "action", "sequence"),
    Index("ix_audit_actor", "actor", "sequence"),
    Index("ix_audit_object", "object_id", "sequence"),
)

# One row: writers of the log queue for it.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

# Every data key that was destroyed: a restored backup destroys it again.
erasure = Table("erasure", metadata, Column("key_id", ID, primary_key=True), when("at"))

# Whose lines are out, and what for. The file, if the hub keeps it, is sealed under a second key.
export_made = Table(
    "export_made",
    metadata,
    id_column(),
    Column("account_id", CODE, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("columns", Words, nullable=False),
    Column("personal", Boolean, nullable=False),
    key_column(),
    Column("purpose_sealed", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False),
    when("made_at", nullable=False),
    when("expires_at"),
    Column("stored_name", String(32), nullable=False),
    Column("file_key_id", ID),
    Column("file_name", String(100), nullable=False),
    Index("ix_export_made_account", "account_id", "made_at"),
)

# A person asked to see, to correct or to have erased what is kept of them.
person_request = Table(
    "person_request",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("kind", CODE, nullable=False),
    when("asked_at", nullable=False),
    when("due_at", nullable=False),
    Column("noted_by", CODE, nullable=False),
    when("ended_at"),
    Column("ended_by", CODE, nullable=False),
    Column("outcome", CODE, nullable=False),
    Index("ix_person_request_open", "ended_at", "due_at"),
)

retention = Table(
    "retention",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    # A legal hold: nothing of the case is erased while it lasts.
    Column("held", Boolean, nullable=False, default=False),
    when("identity_at"),
    when("text_at"),
    when("whole_at"),
)

wrong_try = Table(
    "wrong_try",
    metadata,
    id_column(),
    Column("asked_by", ID, nullable=False),
    Column("about", String(64), nullable=False),
    when("at", nullable=False),
    Index("ix_wrong_try_asked_by", "asked_by", "at"),
    Index("ix_wrong_try_about", "about", "at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", CODE, primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    key_column(),
    Column("body_sealed", LargeBinary, nullable=False),
    when("at", nullable=False),
)
