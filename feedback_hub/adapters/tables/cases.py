"""A case and all that hangs on it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    false,
    text,
)

from feedback_hub.adapters.column_types import Clocks, JsonMap, Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, key_column, metadata, when
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.records.messages import RemarkKind

case = Table(
    "case",
    metadata,
    id_column(),
    Column("ref", String(9), nullable=False, unique=True),
    Column("state", Word(CaseState), nullable=False),
    Column("channel", CODE, nullable=False),
    when("received_at", nullable=False),
    when("entered_at", nullable=False),
    Column("entered_by", CODE, nullable=False),
    Column("contact_id", ID, ForeignKey("contact.id"), index=True),
    Column("site", CODE, nullable=False),
    # Open, as programs before 0005 wrote it: emptied into ``case_typed`` (``case_words``).
    Column("place", String(200), nullable=False, default=""),
    Column("language", String(8), nullable=False),
    Column("codes", Words, nullable=False),
    Column("type", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("sensitivity", Word(Sensitivity), nullable=False),
    Column("suspected", Boolean, nullable=False),
    Column("priority", Word(Priority), nullable=False),
    Column("sex", Word(Sex), nullable=False),
    Column("age_band", Word(AgeBand), nullable=False),
    Column("disability", Word(Disability), nullable=False),
    Column("population_group", Word(PopulationGroup), nullable=False),
    Column("speaks_for", Word(SpeaksFor), nullable=False),
    Column("consent_record", Word(Answered), nullable=False),
    Column("consent_share", Word(Share), nullable=False),
    Column("consent_contact", Word(Answered), nullable=False),
    Column("consent_content", Word(Answered), nullable=False),
    Column("accused_organisation", CODE, nullable=False),
    Column("accused_class", Word(AccusedClass)),
    Column("owner", CODE, nullable=False),
    Column("route_organisation", CODE, nullable=False),
    Column("route_focal_point", String(254), nullable=False),
    when("acknowledged_at"),
    when("classified_at"),
    when("doubted_at"),
    when("triaged_at"),
    Column("answer_id", ID, nullable=False),
    Column("answer_outcome", Word(Outcome)),
    Column("answered_by", CODE, nullable=False),
    Column("bank_id", ID, nullable=False, server_default=""),
    Column("loop_attempts", Integer, nullable=False),
    Column("attempted_on", Date),
    Column("fallback_tried", Boolean, nullable=False, server_default=false()),
    Column("outcome", Word(Outcome)),
    when("closed_at"),
    when("appealed_at"),
    when("interim_at"),
    when("due_at"),
    when("alarm_at"),
    Column("clocks", Clocks, nullable=False, server_default="[]"),
    Column("satisfied", Boolean),
    Column("satisfaction", Integer),
    Column("from_history", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    # The queue's order is (received_at, id) within a state and level; keyset pages ride on these.
    Index("ix_case_queue", "state", "received_at", "id"),
    Index("ix_case_triage", "state", "sensitivity", "priority", "received_at", "id"),
    Index("ix_case_received", "received_at", "id"),
    Index("ix_case_site", "site", "received_at", "id"),
    Index("ix_case_owner", "owner", "received_at", "id"),
    Index("ix_case_sector", "sector", "received_at", "id"),
    Index("ix_case_type", "type", "received_at", "id"),
    Index("ix_case_matter", "sector", "type", "received_at", "id", "state"),
    Index("ix_case_priority", "priority", "received_at", "id"),
    Index("ix_case_due", "due_at"),
    Index("ix_case_alarm", "alarm_at"),
    Index(
        "ix_case_doubted",
        "doubted_at",
        sqlite_where=text("doubted_at IS NOT NULL"),
        postgresql_where=text("doubted_at IS NOT NULL"),
    ),
    Index("ix_case_sensitivity", "sensitivity", "received_at", "id"),
    Index(
        "ix_case_accused",
        "accused_organisation",
        "received_at",
        sqlite_where=text("accused_organisation <> ''"),
        postgresql_where=text("accused_organisation <> ''"),
    ),
    Index(
        "ix_case_accuser",
        "entered_by",
        "received_at",
        sqlite_where=text("accused_class IS NOT NULL"),
        postgresql_where=text("accused_class IS NOT NULL"),
    ),
)

case_event = Table(
    "case_event",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Word(EventKind), nullable=False),
    Column("actor", CODE, nullable=False),
    when("at", nullable=False),
    Column("about", CODE, nullable=False),
    Column("detail", JsonMap, nullable=False),
    Index("ix_case_event_case", "case_id", "at", "position"),
)


remark = Table(
    "remark",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("referral_id", ID),
    Column("kind", Word(RemarkKind), nullable=False),
    Column("author", CODE, nullable=False),
    when("at", nullable=False),
    key_column(),
    Column("text_sealed", LargeBinary, nullable=False),
)


triage_lease = Table(
    "triage_lease",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    # Who has the case before them, so that nobody else gets it to decide.
    Column("holder", CODE, nullable=False),
    when("held_since", nullable=False),
    when("leased_until", nullable=False),
    # Who left it to others last, and is not offered it again for a while.
    Column("left_by", CODE, nullable=False),
    when("left_at"),
    Index("ix_triage_lease_holder", "holder", "leased_until"),
)


case_link = Table(
    "case_link",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("other_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("kind", CODE, primary_key=True),
    Column("actor", CODE, nullable=False),
    when("at", nullable=False),
)


case_fields = Table(
    "case_fields",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    key_column(),
    # The answers to the hub's own questions, by name.
    Column("answers_sealed", LargeBinary, nullable=False),
    # Which questions ``case_answer`` was made for; other ones by now: it is made anew.
    Column("indexed_for", String(64), nullable=False, server_default="", index=True),
)

case_answer = Table(
    "case_answer",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("field", CODE, primary_key=True),
    # A keyed hash of the answer to a question by which a hub filters its cases.
    Column("answer_index", String(64), nullable=False),
    Index("ix_case_answer_index", "answer_index", "case_id"),
)

case_tag = Table(
    "case_tag",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    # The keyed hash of the word.
    Column("tag", CODE, primary_key=True),
    Index("ix_case_tag_tag", "tag", "case_id"),
)

tag = Table(
    "tag",
    metadata,
    Column("tag", CODE, primary_key=True),
    key_column(),
    Column("name_sealed", LargeBinary, nullable=False),
)

case_typed = Table(
    "case_typed",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    key_column(),
    Column("words_sealed", LargeBinary, nullable=False),
)
