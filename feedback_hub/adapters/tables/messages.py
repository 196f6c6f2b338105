"""What people send and what is sent to them, and the channels it travels on."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from feedback_hub.adapters.column_types import JsonMap, Word
from feedback_hub.adapters.tables.shape import (
    CODE,
    ID,
    claimable,
    id_column,
    key_column,
    metadata,
    when,
)
from feedback_hub.domain.attachment import AttachmentFault, AttachmentState
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.contact import Purpose, Step, Withheld
from feedback_hub.domain.message import DeliveryState, MessageKind, SendFault
from feedback_hub.services.records.telling import WordingState
from feedback_hub.services.records.watching import AlertKind, WebhookState
from feedback_hub.services.records.work import InboxKind, Queue, Task

contact = Table(
    "contact",
    metadata,
    id_column(),
    Column("channel", CODE, nullable=False),
    Column("address_index", String(64), nullable=False),
    key_column(),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("name_sealed", LargeBinary),
    when("created_at", nullable=False),
    Column("language", String(8), nullable=False),
    when("stopped_at"),
    Column("private_phone", Word(Answered), nullable=False),
    Column("may_leave_message", Word(Answered), nullable=False),
    Column("safe_time_sealed", LargeBinary),
    Column("site", CODE, nullable=False, server_default=""),
    Column("asking", Word(Step)),
    Column("asking_case", ID, nullable=False, server_default=""),
    when("asked_at"),
    when("paced_to"),
    when("texted_to"),
    when("news_at"),
    # Keys of their own where handlers alone may open them (``sealing``). Null: the address's key.
    Column("name_key_id", ID),
    Column("safe_time_key_id", ID),
    UniqueConstraint("channel", "address_index"),
)

inbox = Table(
    "inbox",
    metadata,
    id_column(),
    Column("channel", CODE, nullable=False),
    Column("kind", Word(InboxKind), nullable=False),
    Column("external_id", String(200), nullable=False),
    key_column(),
    Column("raw_sealed", LargeBinary, nullable=False),
    Column("parsed_sealed", LargeBinary, nullable=False),
    when("arrived_at", nullable=False),
    Column("from_history", Boolean, nullable=False, default=False),
    Column("case_id", ID),
    *claimable(),
    when("paced_at"),
    UniqueConstraint("channel", "kind", "external_id"),
    # When an account was last heard of, and how often: read, so that no webhook has to note it.
    Index("ix_inbox_heard", "channel", "kind", "arrived_at"),
    # Partial in the migration: only rows that somebody has to look at.
    Index("ix_inbox_aside", "channel", "set_aside_at"),
    # Partial in the migration: only rows that wait. Said here it would load the other dialect.
    Index("ix_inbox_waiting", "available_at"),
)

message = Table(
    "message",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("contact_id", ID, ForeignKey("contact.id")),
    Column("channel", CODE, nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("kind", Word(MessageKind), nullable=False),
    key_column(),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("attachments_sealed", LargeBinary),
    Column("language", String(8), nullable=False),
    when("received_at", nullable=False),
    when("sent_at"),
    # No foreign key: SQLite adds none to a table that stands.
    Column("revises_id", ID),
    # What the clock of the device showed on which it was written, right or wrong.
    when("device_at"),
    when("doubted_at"),
    Index(
        "ix_message_doubted",
        "doubted_at",
        sqlite_where=text("doubted_at IS NOT NULL"),
        postgresql_where=text("doubted_at IS NOT NULL"),
    ),
    Index("ix_message_talk", "contact_id", "channel", "received_at"),
    Index("ix_message_external", "channel", "external_id"),
)

attachment = Table(
    "attachment",
    metadata,
    id_column(),
    Column("message_id", ID, ForeignKey("message.id"), nullable=False),
    Column("position", Integer, nullable=False),
    key_column(),
    Column("stored_name", ID, nullable=False, unique=True),
    Column("state", Word(AttachmentState), nullable=False),
    Column("fault", Word(AttachmentFault)),
    Column("attempts", Integer, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    when("fetched_at"),
    UniqueConstraint("message_id", "position"),
)

# A file that is sent here piece by piece, over a link that breaks; gone once it is whole.
upload_part = Table(
    "upload_part",
    metadata,
    Column("attachment_id", ID, ForeignKey("attachment.id"), primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), index=True),
    Column("contact_id", ID, ForeignKey("contact.id")),
    Column("channel", CODE, nullable=False),
    Column("purpose", Word(Purpose), nullable=False),
    Column("language", String(8), nullable=False),
    key_column(),
    Column("text_sealed", LargeBinary),
    Column("state", Word(DeliveryState), nullable=False),
    Column("withheld", Word(Withheld)),
    Column("fault", Word(SendFault)),
    Column("provider_code", String(32), nullable=False),
    Column("provider_id", String(200)),
    Column("segments", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False),
    when("queued_at", nullable=False),
    when("attempted_at"),
    when("tried_at"),
    when("sent_at"),
    when("ended_at"),
    Index("ix_delivery_provider", "channel", "provider_id"),
    Index("ix_delivery_talk", "contact_id", "queued_at"),
    Index("ix_delivery_recent", "channel", "state", "queued_at"),
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("queue", Word(Queue), nullable=False),
    Column("task", Word(Task), nullable=False),
    Column("subject_id", ID, nullable=False),
    # The row of the inbox, or the request, that it all began with (``tracing``).
    Column("trace", ID, nullable=False, server_default=""),
    *claimable(),
    Index("ix_outbox_waiting", "queue", "available_at"),
)

channel_account = Table(
    "channel_account",
    metadata,
    Column("name", CODE, primary_key=True),
    Column("cursor", Text, nullable=False, default=""),
    # Who pulls it now. Taking it over changes the holder, which is what a commit is fenced with.
    Column("holder", ID, nullable=False, default=""),
    when("leased_until"),
    when("pulled_at"),
    # How far sending is paced, and the last turn that was given to a text that waits.
    when("paced_to"),
    when("asked_to"),
    when("catch_up_due_at"),
    when("caught_up_at"),
    when("check_due_at"),
    when("checked_at"),
    Column("check_said", String(200), nullable=False, default=""),
    Column("check_fault", Word(SendFault)),
    Column("check_code", String(64), nullable=False, default=""),
    Column("webhook", Word(WebhookState)),
)

alert = Table(
    "alert",
    metadata,
    id_column(),
    Column("kind", Word(AlertKind), nullable=False),
    Column("subject", CODE, nullable=False),
    when("raised_at", nullable=False),
    when("resolved_at"),
    Column("detail", JsonMap, nullable=False),
    # Kind and subject while it lasts, null after: an alert is raised once.
    Column("lasting", String(100), unique=True),
    when("told_at"),
    Index("ix_alert_raised", "raised_at"),
)

wording = Table(
    "wording",
    metadata,
    Column("language", String(8), primary_key=True),
    Column("purpose", Word(Purpose), primary_key=True),
    Column("text", Text, nullable=False),
    Column("state", Word(WordingState), nullable=False),
    Column("approved_by", CODE, nullable=False),
    when("approved_at"),
    Column("recording", String(64), nullable=False, server_default=""),
    Column("written_by", CODE, nullable=False, server_default=""),
    Column("back_translation", Text, nullable=False, server_default=""),
    Column("back_translated_by", CODE, nullable=False, server_default=""),
    when("back_translated_at"),
)
