"""Referrals, whom to reach, and who was told or let in."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from feedback_hub.adapters.column_types import Clocks, Word
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, metadata, when
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.consent import Share
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.safeguarding import ConsentWay
from feedback_hub.services.records.staff import MailState, NoticeKind

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
