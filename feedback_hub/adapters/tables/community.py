"""What concerns many: issues, public boards, the information bank and meetings."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from feedback_hub.adapters.column_types import JsonMap, Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, metadata, when
from feedback_hub.domain.board import EntryState, Occasion
from feedback_hub.domain.broadcast import BroadcastState, StopReason
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.meeting import MeetingKind

issue = Table(
    "issue",
    metadata,
    id_column(),
    Column("title", String(200), nullable=False),
    when("created_at", nullable=False),
    Column("created_by", CODE, nullable=False),
    Column("site", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("code", CODE, nullable=False),
    Column("owner", CODE, nullable=False),
    Column("state", Word(IssueState), nullable=False),
    Column("decision", Text, nullable=False),
    Column("public_answer", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

issue_case = Table(
    "issue_case",
    metadata,
    Column("issue_id", ID, ForeignKey("issue.id"), primary_key=True),
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
)

board_entry = Table(
    "board_entry",
    metadata,
    id_column(),
    Column("issue_id", ID, ForeignKey("issue.id"), nullable=False, index=True),
    Column("site", CODE, nullable=False),
    Column("language", String(8), nullable=False),
    Column("said", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("not_yet", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("state", Word(EntryState), nullable=False),
    Column("written_by", CODE, nullable=False),
    when("written_at", nullable=False),
    Column("approved_by", CODE, nullable=False),
    when("approved_at"),
    when("public_at"),
    when("archived_at"),
    Column("version", Integer, nullable=False),
    Index("ix_board_entry_public", "site", "state", "public_at"),
)

bank_answer = Table(
    "bank_answer",
    metadata,
    id_column(),
    Column("question", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("site", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("by_text", Boolean, nullable=False),
    Column("replaces_id", ID, nullable=False),
    Column("written_by", CODE, nullable=False),
    when("written_at", nullable=False),
    Column("approved_by", CODE, nullable=False),
    when("approved_at"),
    when("withdrawn_at"),
    Column("version", Integer, nullable=False),
    Index("ix_bank_answer_days", "valid_to", "site"),
)

board_reading = Table(
    "board_reading",
    metadata,
    id_column(),
    Column("site", CODE, nullable=False),
    Column("language", String(8), nullable=False),
    Column("occasion", Word(Occasion), nullable=False),
    Column("read_on", Date, nullable=False),
    Column("people", Integer),
    Column("noted_by", CODE, nullable=False),
    when("noted_at", nullable=False),
    Index("ix_board_reading_site", "site", "read_on"),
)

broadcast = Table(
    "broadcast",
    metadata,
    id_column(),
    Column("answers", Words, nullable=False),
    Column("sites", Words, nullable=False),
    Column("made_by", CODE, nullable=False),
    when("made_at", nullable=False),
    Column("state", Word(BroadcastState), nullable=False),
    Column("step", Integer, nullable=False),
    when("next_at"),
    Column("started_by", CODE, nullable=False),
    when("started_at"),
    when("ended_at"),
    Column("stopped_for", Word(StopReason)),
    Column("version", Integer, nullable=False),
    Index("ix_broadcast_due", "state", "next_at"),
)

# Once a person: the key says so.
broadcast_person = Table(
    "broadcast_person",
    metadata,
    Column("broadcast_id", ID, ForeignKey("broadcast.id"), primary_key=True),
    Column("contact_id", ID, ForeignKey("contact.id"), primary_key=True),
    when("at", nullable=False),
    Column("delivery_id", ID, index=True),
)

meeting = Table(
    "meeting",
    metadata,
    id_column(),
    Column("kind", Word(MeetingKind), nullable=False),
    Column("held_on", Date, nullable=False),
    Column("site", CODE, nullable=False),
    Column("place", String(200), nullable=False),
    Column("committee_present", Word(Answered), nullable=False),
    # "female.18_39": "12"
    Column("present", JsonMap, nullable=False),
    Column("entered_by", CODE, nullable=False),
    when("entered_at", nullable=False),
)

meeting_case = Table(
    "meeting_case",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("meeting_id", ID, ForeignKey("meeting.id"), nullable=False, index=True),
)
