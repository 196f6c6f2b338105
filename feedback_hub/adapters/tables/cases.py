"""A case and all that hangs on it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
    text,
)

from feedback_hub.adapters.column_types import Clocks, JsonMap, Stood, UtcDateTime, Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, key_column, metadata, when
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clock import Duty
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
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.safeguarding import ConsentWay
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.staff import MailState, NoticeKind

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

conduct_report = Table(
    "conduct_report",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("channel", String(200), nullable=False),
    Column("with_name", Boolean, nullable=False),
    Column("reference", String(100), nullable=False),
    Column("made_by", CODE, nullable=False),
    when("made_at", nullable=False),
)

service_referral = Table(
    "service_referral",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("organisation", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("explained_id", ID, nullable=False),
    Column("explained_how", Word(ConsentWay), nullable=False),
    Column("explained_by", CODE, nullable=False),
    when("explained_at", nullable=False),
    Column("made_by", CODE, nullable=False),
    when("made_at", nullable=False),
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

notice = Table(
    "notice",
    metadata,
    id_column(),
    Column("kind", Word(NoticeKind), nullable=False),
    when("at", nullable=False),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("duty", Word(Duty), nullable=False),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE")),
    Column("email", String(254), nullable=False),
    Column("referral_id", ID),
    when("read_at"),
    Column("mail", Word(MailState)),
    Column("mail_tries", Integer, nullable=False, server_default="0"),
    when("mailed_at"),
    Column("chat", Word(MailState)),
    Column("chat_tries", Integer, nullable=False, server_default="0"),
    Index("ix_notice_account", "account_id", "read_at", "at"),
)

emergency = Table(
    "emergency",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("reason_id", ID, nullable=False),
    when("at", nullable=False),
    when("until", nullable=False),
    when("ended_at"),
    Index("ix_emergency_account", "account_id", "until"),
)

partner_link = Table(
    "partner_link",
    metadata,
    id_column(),
    Column("referral_id", ID, ForeignKey("referral.id"), nullable=False, index=True),
    Column("organisation", CODE, nullable=False),
    Column("token_index", String(64), nullable=False, unique=True),
    when("made_at", nullable=False),
    when("expires_at", nullable=False),
    when("revoked_at"),
    when("used_at"),
)

call_back = Table(
    "call_back",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("way", Word(Way), nullable=False),
    Column("reason", Word(CallReason), nullable=False),
    when("opened_at", nullable=False),
    when("not_before", nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("claimed_by", CODE, nullable=False),
    when("claimed_at"),
    Column("tries", Integer, nullable=False),
    when("tried_at"),
    Column("result", Word(CallResult)),
    when("ended_at"),
    Column("version", Integer, nullable=False),
    Index("ix_call_back_open", "ended_at", "way", "not_before"),
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

referral = Table(
    "referral",
    metadata,
    id_column(),
    Column("case_id", ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("organisation", CODE, ForeignKey("organisation.code"), nullable=False),
    when("created_at", nullable=False),
    Column("created_by", CODE, nullable=False),
    Column("share", Word(Share), nullable=False),
    Column("state", Word(ReferralState), nullable=False),
    Column("parent_id", ID, ForeignKey("referral.id")),
    Column("focal_point", String(254), nullable=False),
    Column("backup", String(254), nullable=False, server_default=""),
    Column("note_id", ID, nullable=False),
    Column("returned_from", Word(ReferralState)),
    Column("decline_reason", Word(DeclineReason)),
    Column("answer_id", ID, nullable=False),
    Column("answer_outcome", Word(Outcome)),
    when("sent_at"),
    when("accepted_at"),
    when("answered_at"),
    when("due_at"),
    when("alarm_at"),
    Column("clocks", Clocks, nullable=False, server_default="[]"),
    Column("version", Integer, nullable=False),
    Index("ix_referral_alarm", "alarm_at"),
    Index("ix_referral_inbox", "organisation", "state", "sent_at", "id"),
    Index("ix_referral_parent", "parent_id"),
    Index("ix_referral_state", "state", "case_id"),
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
