"""Every table, and which domain object lives in which (imperative mapping).

Ids are 32 random hex characters: a row's id tells nothing about how many there are. Text, names
and addresses are ``*_sealed`` beside the ``key_id`` that opens them (see ``vault``).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    inspect,
)
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import composite, registry

from feedback_hub.adapters.column_types import Clocks, JsonMap, UtcDateTime, Word, Words
from feedback_hub.domain.access import Role
from feedback_hub.domain.attachment import AttachmentFault, AttachmentState
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.board import BoardEntry, EntryState
from feedback_hub.domain.call_back import CallBack, CallReason, CallResult, Way
from feedback_hub.domain.case import Case, CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.contact import Contact, Purpose, Withheld
from feedback_hub.domain.dialogue import Step
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.issue import Issue, IssueState
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.message import DeliveryState, MessageKind, SendFault
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    Person,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.place import (
    MailWish,
    Organisation,
    OrganisationKind,
    Service,
    Site,
    SiteStatus,
)
from feedback_hub.domain.referral import DeclineReason, Referral, ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.records import (
    Alert,
    AlertKind,
    AttachmentRow,
    Delivery,
    InboxKind,
    InboxRow,
    MailState,
    Message,
    Notice,
    NoticeKind,
    PartnerLink,
    Queue,
    Remark,
    RemarkKind,
    SuggestionRow,
    Task,
    WebhookState,
    Wording,
    WordingState,
    WrongTry,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = String(32)
_CODE = String(64)


def _id() -> Column[str]:
    return Column("id", _ID, primary_key=True)


def _key() -> Column[str]:
    return Column("key_id", _ID, nullable=False)


def _when(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, UtcDateTime, nullable=nullable)


def _claimable() -> list[Column[object]]:
    """What work needs to be claimed by one worker at a time, retried and set aside."""
    return [
        _when("available_at", nullable=False),
        _when("leased_until"),
        Column("attempts", Integer, nullable=False, default=0),
        _when("handled_at"),
        _when("set_aside_at"),
        Column("fault", String(200), nullable=False, default=""),
    ]


# --- places and partners -------------------------------------------------------------------------

organisation = Table(
    "organisation",
    metadata,
    Column("code", _CODE, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("kind", Word(OrganisationKind), nullable=False),
    Column("email", String(254), nullable=False),
    Column("language", String(8), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("mail", Word(MailWish), nullable=False, server_default="at_once"),
)

site = Table(
    "site",
    metadata,
    Column("code", _CODE, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("aliases", Words, nullable=False),
    Column("province", String(100), nullable=False),
    Column("district", String(100), nullable=False),
    Column("pcode", String(20), nullable=False),
    Column("pcode_scheme", String(40), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("population", Integer),
    Column("status", Word(SiteStatus), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
)

service = Table(
    "service",
    metadata,
    _id(),
    # "*" is everywhere, so this is no foreign key; the import checks it.
    Column("site", _CODE, nullable=False),
    Column("sector", _CODE, nullable=False),
    Column("organisation", _CODE, ForeignKey("organisation.code"), nullable=False),
    Column("focal_point", String(254), nullable=False),
    Column("backup", String(254), nullable=False),
    Column("hours", String(100), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    UniqueConstraint("site", "sector", "organisation", "valid_from"),
    Index("ix_service_sector_site", "sector", "site"),
)

# --- accounts ------------------------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),
    Column("password", String(255)),
    Column("name", String(200), nullable=False, default=""),
    Column("locale", String(8), nullable=False, default=""),
    # Spoken, to call people back: ISO 639-3.
    Column("languages", Words, nullable=False, server_default="[]"),
    Column("active", Boolean, nullable=False, default=True),
    Column("fs_uniquifier", String(64), nullable=False, unique=True),
    _when("created_at", nullable=False),
    _when("last_login_at"),
    Column("tf_primary_method", String(64)),
    Column("tf_totp_secret", String(255)),
    Column("mf_recovery_codes", Words),
    Column("mail", Word(MailWish), nullable=False, server_default="at_once"),
    Column("absent_until", Date),
    # The last half minute whose code was used: a code read over a shoulder opens nothing.
    Column("tf_last_counter", Integer),
)

membership = Table(
    "membership",
    metadata,
    _id(),
    Column("account_id", _ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("organisation", _CODE, nullable=False, default=""),
    Column("site", _CODE, nullable=False, default=""),
    Column("sector", _CODE, nullable=False, default=""),
    UniqueConstraint("account_id", "role", "organisation", "site", "sector"),
)

log_in = Table(
    "log_in",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", _ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("device", String(40), nullable=False),
    _when("started_at", nullable=False),
    _when("seen_at", nullable=False),
    Index("ix_log_in_account", "account_id", "seen_at"),
    Index("ix_log_in_started", "started_at"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    # One at a time: a newer one voids what was printed before.
    Column(
        "account_id",
        _ID,
        ForeignKey("account.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    _when("expires_at", nullable=False),
)

handler_request = Table(
    "handler_request",
    metadata,
    _id(),
    Column(
        "account_id",
        _ID,
        ForeignKey("account.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("site", _CODE, nullable=False),
    Column("sector", _CODE, nullable=False),
    _when("asked_at", nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    _id(),
    # A keyed hash: neither addresses nor e-mail addresses are kept.
    Column("about", String(64), nullable=False),
    _when("at", nullable=False),
    Index("ix_attempt_about", "about", "at"),
    Index("ix_attempt_at", "at"),
)

token = Table(
    "token",
    metadata,
    _id(),
    Column("name", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", Word(Role), nullable=False),
    Column("organisation", _CODE, nullable=False, default=""),
    Column("site", _CODE, nullable=False, default=""),
    _when("created_at", nullable=False),
    _when("expires_at"),
    _when("last_used_at"),
    _when("revoked_at"),
)

# --- the vault's keys ----------------------------------------------------------------------------

data_key = Table(
    "data_key",
    metadata,
    _id(),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_by", String(16), nullable=False),
)

# --- messages ------------------------------------------------------------------------------------

contact = Table(
    "contact",
    metadata,
    _id(),
    Column("channel", _CODE, nullable=False),
    Column("address_index", String(64), nullable=False),
    _key(),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("name_sealed", LargeBinary),
    _when("created_at", nullable=False),
    Column("language", String(8), nullable=False),
    _when("stopped_at"),
    Column("private_phone", Word(Answered), nullable=False),
    Column("may_leave_message", Word(Answered), nullable=False),
    Column("safe_time_sealed", LargeBinary),
    Column("site", _CODE, nullable=False, server_default=""),
    Column("asking", Word(Step)),
    Column("asking_case", _ID, nullable=False, server_default=""),
    _when("asked_at"),
    _when("paced_to"),
    UniqueConstraint("channel", "address_index"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("channel", _CODE, nullable=False),
    Column("kind", Word(InboxKind), nullable=False),
    Column("external_id", String(200), nullable=False),
    _key(),
    Column("raw_sealed", LargeBinary, nullable=False),
    Column("parsed_sealed", LargeBinary, nullable=False),
    _when("arrived_at", nullable=False),
    Column("from_history", Boolean, nullable=False, default=False),
    Column("case_id", _ID),
    *_claimable(),
    _when("paced_at"),
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
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("contact_id", _ID, ForeignKey("contact.id")),
    Column("channel", _CODE, nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("kind", Word(MessageKind), nullable=False),
    _key(),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("attachments_sealed", LargeBinary),
    Column("language", String(8), nullable=False),
    _when("received_at", nullable=False),
    _when("sent_at"),
    # No foreign key: SQLite adds none to a table that stands.
    Column("revises_id", _ID),
    Index("ix_message_talk", "contact_id", "channel", "received_at"),
    Index("ix_message_external", "channel", "external_id"),
)

attachment = Table(
    "attachment",
    metadata,
    _id(),
    Column("message_id", _ID, ForeignKey("message.id"), nullable=False),
    Column("position", Integer, nullable=False),
    _key(),
    Column("stored_name", _ID, nullable=False, unique=True),
    Column("state", Word(AttachmentState), nullable=False),
    Column("fault", Word(AttachmentFault)),
    Column("attempts", Integer, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    _when("fetched_at"),
    UniqueConstraint("message_id", "position"),
)

delivery = Table(
    "delivery",
    metadata,
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), index=True),
    Column("contact_id", _ID, ForeignKey("contact.id")),
    Column("channel", _CODE, nullable=False),
    Column("purpose", Word(Purpose), nullable=False),
    Column("language", String(8), nullable=False),
    _key(),
    Column("text_sealed", LargeBinary),
    Column("state", Word(DeliveryState), nullable=False),
    Column("withheld", Word(Withheld)),
    Column("fault", Word(SendFault)),
    Column("provider_code", String(32), nullable=False),
    Column("provider_id", String(200)),
    Column("segments", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False),
    _when("queued_at", nullable=False),
    _when("attempted_at"),
    _when("tried_at"),
    _when("sent_at"),
    _when("ended_at"),
    Index("ix_delivery_provider", "channel", "provider_id"),
    Index("ix_delivery_talk", "contact_id", "queued_at"),
    Index("ix_delivery_recent", "channel", "state", "queued_at"),
)

# --- cases ---------------------------------------------------------------------------------------

case = Table(
    "case",
    metadata,
    _id(),
    Column("ref", String(9), nullable=False, unique=True),
    Column("state", Word(CaseState), nullable=False),
    Column("channel", _CODE, nullable=False),
    _when("received_at", nullable=False),
    _when("entered_at", nullable=False),
    Column("entered_by", _CODE, nullable=False),
    Column("contact_id", _ID, ForeignKey("contact.id"), index=True),
    Column("site", _CODE, nullable=False),
    Column("place", String(200), nullable=False),
    Column("language", String(8), nullable=False),
    Column("codes", Words, nullable=False),
    Column("type", _CODE, nullable=False),
    Column("sector", _CODE, nullable=False),
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
    Column("accused_organisation", _CODE, nullable=False),
    Column("accused_class", Word(AccusedClass)),
    Column("owner", _CODE, nullable=False),
    Column("route_organisation", _CODE, nullable=False),
    Column("route_focal_point", String(254), nullable=False),
    _when("acknowledged_at"),
    _when("classified_at"),
    _when("triaged_at"),
    Column("answer_id", _ID, nullable=False),
    Column("answer_outcome", Word(Outcome)),
    Column("answered_by", _CODE, nullable=False),
    Column("loop_attempts", Integer, nullable=False),
    Column("attempted_on", Date),
    Column("fallback_tried", Boolean, nullable=False, server_default=false()),
    Column("outcome", Word(Outcome)),
    _when("closed_at"),
    _when("appealed_at"),
    _when("due_at"),
    _when("alarm_at"),
    Column("clocks", Clocks, nullable=False, server_default="[]"),
    Column("satisfied", Boolean),
    Column("from_history", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    # The queue's order is (received_at, id) within a state and level; keyset pages ride on these.
    Index("ix_case_queue", "state", "received_at", "id"),
    Index("ix_case_received", "received_at", "id"),
    Index("ix_case_site", "site", "received_at", "id"),
    Index("ix_case_owner", "owner", "received_at", "id"),
    Index("ix_case_due", "due_at"),
    Index("ix_case_alarm", "alarm_at"),
    Index("ix_case_sensitivity", "sensitivity", "received_at", "id"),
)

case_event = Table(
    "case_event",
    metadata,
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Word(EventKind), nullable=False),
    Column("actor", _CODE, nullable=False),
    _when("at", nullable=False),
    Column("about", _CODE, nullable=False),
    Column("detail", JsonMap, nullable=False),
    Index("ix_case_event_case", "case_id", "at", "position"),
)

remark = Table(
    "remark",
    metadata,
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("referral_id", _ID),
    Column("kind", Word(RemarkKind), nullable=False),
    Column("author", _CODE, nullable=False),
    _when("at", nullable=False),
    _key(),
    Column("text_sealed", LargeBinary, nullable=False),
)

suggestion = Table(
    "suggestion",
    metadata,
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("message_id", _ID, ForeignKey("message.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("codes", Words, nullable=False),
    Column("sector", _CODE, nullable=False),
    Column("sensitivity", Word(Sensitivity), nullable=False),
    Column("priority", Word(Priority), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("language", String(8), nullable=False),
    Column("site", _CODE, nullable=False),
    Column("classifier", _CODE, nullable=False),
    _key(),
    Column("reasons_sealed", LargeBinary, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    _id(),
    Column("kind", Word(NoticeKind), nullable=False),
    _when("at", nullable=False),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("duty", Word(Duty), nullable=False),
    Column("account_id", _ID, ForeignKey("account.id", ondelete="CASCADE")),
    Column("email", String(254), nullable=False),
    Column("referral_id", _ID),
    _when("read_at"),
    Column("mail", Word(MailState)),
    Column("mail_tries", Integer, nullable=False, server_default="0"),
    _when("mailed_at"),
    Index("ix_notice_account", "account_id", "read_at", "at"),
)

partner_link = Table(
    "partner_link",
    metadata,
    _id(),
    Column("referral_id", _ID, ForeignKey("referral.id"), nullable=False, index=True),
    Column("organisation", _CODE, nullable=False),
    Column("token_index", String(64), nullable=False, unique=True),
    _when("made_at", nullable=False),
    _when("expires_at", nullable=False),
    _when("revoked_at"),
    _when("used_at"),
)

call_back = Table(
    "call_back",
    metadata,
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("way", Word(Way), nullable=False),
    Column("reason", Word(CallReason), nullable=False),
    _when("opened_at", nullable=False),
    _when("not_before", nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("claimed_by", _CODE, nullable=False),
    _when("claimed_at"),
    Column("tries", Integer, nullable=False),
    _when("tried_at"),
    Column("result", Word(CallResult)),
    _when("ended_at"),
    Column("version", Integer, nullable=False),
    Index("ix_call_back_open", "ended_at", "way", "not_before"),
)

case_link = Table(
    "case_link",
    metadata,
    Column("case_id", _ID, ForeignKey("case.id"), primary_key=True),
    Column("other_id", _ID, ForeignKey("case.id"), primary_key=True),
    Column("kind", _CODE, primary_key=True),
    Column("actor", _CODE, nullable=False),
    _when("at", nullable=False),
)

referral = Table(
    "referral",
    metadata,
    _id(),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, index=True),
    Column("organisation", _CODE, ForeignKey("organisation.code"), nullable=False),
    _when("created_at", nullable=False),
    Column("created_by", _CODE, nullable=False),
    Column("share", Word(Share), nullable=False),
    Column("state", Word(ReferralState), nullable=False),
    Column("parent_id", _ID, ForeignKey("referral.id")),
    Column("focal_point", String(254), nullable=False),
    Column("backup", String(254), nullable=False, server_default=""),
    Column("note_id", _ID, nullable=False),
    Column("returned_from", Word(ReferralState)),
    Column("decline_reason", Word(DeclineReason)),
    Column("answer_id", _ID, nullable=False),
    Column("answer_outcome", Word(Outcome)),
    _when("sent_at"),
    _when("accepted_at"),
    _when("answered_at"),
    _when("due_at"),
    _when("alarm_at"),
    Column("clocks", Clocks, nullable=False, server_default="[]"),
    Column("version", Integer, nullable=False),
    Index("ix_referral_alarm", "alarm_at"),
    Index("ix_referral_inbox", "organisation", "state", "sent_at", "id"),
    Index("ix_referral_parent", "parent_id"),
)

issue = Table(
    "issue",
    metadata,
    _id(),
    Column("title", String(200), nullable=False),
    _when("created_at", nullable=False),
    Column("created_by", _CODE, nullable=False),
    Column("site", _CODE, nullable=False),
    Column("sector", _CODE, nullable=False),
    Column("code", _CODE, nullable=False),
    Column("owner", _CODE, nullable=False),
    Column("state", Word(IssueState), nullable=False),
    Column("decision", Text, nullable=False),
    Column("public_answer", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

issue_case = Table(
    "issue_case",
    metadata,
    Column("issue_id", _ID, ForeignKey("issue.id"), primary_key=True),
    Column("case_id", _ID, ForeignKey("case.id"), primary_key=True),
)

boundary = Table(
    "boundary",
    metadata,
    Column("scheme", String(40), primary_key=True),
    Column("pcode", String(20), primary_key=True),
    Column("name", String(200), nullable=False),
    # A GeoJSON geometry, Polygon or MultiPolygon.
    Column("outline", Text, nullable=False),
)

board_entry = Table(
    "board_entry",
    metadata,
    _id(),
    Column("issue_id", _ID, ForeignKey("issue.id"), nullable=False, index=True),
    Column("site", _CODE, nullable=False),
    Column("language", String(8), nullable=False),
    Column("said", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("not_yet", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("state", Word(EntryState), nullable=False),
    Column("written_by", _CODE, nullable=False),
    _when("written_at", nullable=False),
    Column("approved_by", _CODE, nullable=False),
    _when("approved_at"),
    _when("public_at"),
    _when("archived_at"),
    Column("version", Integer, nullable=False),
    Index("ix_board_entry_public", "site", "state", "public_at"),
)

meeting = Table(
    "meeting",
    metadata,
    _id(),
    Column("kind", Word(MeetingKind), nullable=False),
    Column("held_on", Date, nullable=False),
    Column("site", _CODE, nullable=False),
    Column("place", String(200), nullable=False),
    Column("committee_present", Word(Answered), nullable=False),
    # "female.18_39": "12"
    Column("present", JsonMap, nullable=False),
    Column("entered_by", _CODE, nullable=False),
    _when("entered_at", nullable=False),
)

meeting_case = Table(
    "meeting_case",
    metadata,
    Column("case_id", _ID, ForeignKey("case.id"), primary_key=True),
    Column("meeting_id", _ID, ForeignKey("meeting.id"), nullable=False, index=True),
)

case_fields = Table(
    "case_fields",
    metadata,
    Column("case_id", _ID, ForeignKey("case.id"), primary_key=True),
    _key(),
    # The answers to the hub's own questions, by name.
    Column("answers_sealed", LargeBinary, nullable=False),
)

case_tag = Table(
    "case_tag",
    metadata,
    Column("case_id", _ID, ForeignKey("case.id"), primary_key=True),
    Column("tag", _CODE, primary_key=True),
    Index("ix_case_tag_tag", "tag", "case_id"),
)

search_text = Table(
    "search_text",
    metadata,
    # An integer of its own: the rowid that FTS5 points at would not survive a VACUUM.
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("case_id", _ID, ForeignKey("case.id"), nullable=False, unique=True),
    # Masked, accent-folded, person-confirmed L1 text only.
    Column("body", Text, nullable=False),
)

# --- channel accounts ----------------------------------------------------------------------------

channel_account = Table(
    "channel_account",
    metadata,
    Column("name", _CODE, primary_key=True),
    Column("cursor", Text, nullable=False, default=""),
    # Who pulls it now. Taking it over changes the holder, which is what a commit is fenced with.
    Column("holder", _ID, nullable=False, default=""),
    _when("leased_until"),
    _when("pulled_at"),
    _when("catch_up_due_at"),
    _when("caught_up_at"),
    _when("check_due_at"),
    _when("checked_at"),
    Column("check_said", String(200), nullable=False, default=""),
    Column("check_fault", Word(SendFault)),
    Column("check_code", String(64), nullable=False, default=""),
    Column("webhook", Word(WebhookState)),
)

alert = Table(
    "alert",
    metadata,
    _id(),
    Column("kind", Word(AlertKind), nullable=False),
    Column("subject", _CODE, nullable=False),
    _when("raised_at", nullable=False),
    _when("resolved_at"),
    Column("detail", JsonMap, nullable=False),
    # Kind and subject while it lasts, null after: an alert is raised once.
    Column("lasting", String(100), unique=True),
    Index("ix_alert_raised", "raised_at"),
)

# --- the audit log -------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    _when("at", nullable=False),
    Column("actor", _CODE, nullable=False),
    Column("action", Word(AuditAction), nullable=False),
    Column("kind", _CODE, nullable=False),
    Column("object_id", _CODE, nullable=False),
    Column("reason", _CODE, nullable=False),
    Column("device", _CODE, nullable=False),
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

# --- what was erased, and what may not be --------------------------------------------------------

# Every data key that was destroyed: a restored backup destroys it again.
erasure = Table("erasure", metadata, Column("key_id", _ID, primary_key=True), _when("at"))

retention = Table(
    "retention",
    metadata,
    Column("case_id", _ID, ForeignKey("case.id"), primary_key=True),
    # A legal hold: nothing of the case is erased while it lasts.
    Column("held", Boolean, nullable=False, default=False),
    _when("identity_at"),
    _when("text_at"),
    _when("whole_at"),
)

# --- work, wording, repeats ----------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("queue", Word(Queue), nullable=False),
    Column("task", Word(Task), nullable=False),
    Column("subject_id", _ID, nullable=False),
    *_claimable(),
    Index("ix_outbox_waiting", "queue", "available_at"),
)

wording = Table(
    "wording",
    metadata,
    Column("language", String(8), primary_key=True),
    Column("purpose", Word(Purpose), primary_key=True),
    Column("text", Text, nullable=False),
    Column("state", Word(WordingState), nullable=False),
    Column("approved_by", _CODE, nullable=False),
    _when("approved_at"),
    Column("recording", String(64), nullable=False, server_default=""),
)

wrong_try = Table(
    "wrong_try",
    metadata,
    _id(),
    Column("asked_by", _ID, nullable=False),
    Column("about", String(64), nullable=False),
    _when("at", nullable=False),
    Index("ix_wrong_try_asked_by", "asked_by", "at"),
    Index("ix_wrong_try_about", "about", "at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", _CODE, primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    _key(),
    Column("body_sealed", LargeBinary, nullable=False),
    _when("at", nullable=False),
)


def start_mappers() -> None:
    """Tell SQLAlchemy which object lives in which table. Safe to call again."""
    try:
        inspect(Case)
    except NoInspectionAvailable:
        pass
    else:
        return
    mapper = registry(metadata=metadata).map_imperatively
    mapper(Organisation, organisation)
    mapper(Site, site)
    mapper(Service, service)
    mapper(Contact, contact)
    mapper(InboxRow, inbox)
    mapper(Message, message)
    mapper(AttachmentRow, attachment)
    mapper(Delivery, delivery)
    mapper(Remark, remark)
    mapper(Notice, notice)
    mapper(PartnerLink, partner_link)
    mapper(SuggestionRow, suggestion)
    mapper(Wording, wording)
    mapper(WrongTry, wrong_try)
    mapper(Alert, alert)
    mapper(
        Case,
        case,
        version_id_col=case.c.version,
        properties={
            "person": composite(
                Person,
                case.c.sex,
                case.c.age_band,
                case.c.disability,
                case.c.population_group,
                case.c.speaks_for,
            ),
            "consent": composite(
                Consent,
                case.c.consent_record,
                case.c.consent_share,
                case.c.consent_contact,
                case.c.consent_content,
            ),
        },
    )
    mapper(CallBack, call_back, version_id_col=call_back.c.version)
    mapper(Referral, referral, version_id_col=referral.c.version)
    mapper(Issue, issue, version_id_col=issue.c.version)
    mapper(BoardEntry, board_entry, version_id_col=board_entry.c.version)
