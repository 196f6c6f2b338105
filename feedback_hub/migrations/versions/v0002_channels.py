"""Every channel: what attachments, conversations, pulled accounts and forms need kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns of every part."""
    _attachments()
    _channel_accounts()
    _recordings_of_wordings()
    _identity()
    _clocks()
    _conversations()
    _meetings()
    _partners_without_accounts()
    _audit()
    _retention()
    _call_backs()
    _pacing()
    _boards()
    _boundaries()
    _own_questions()


def _attachments() -> None:
    """Files that people sent: what each is, and what became of fetching it."""
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("stored_name", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("fault", sa.String(32)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("fetched_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("stored_name", name=op.f("uq_attachment_stored_name")),
        sa.UniqueConstraint(
            "message_id", "position", name=op.f("uq_attachment_message_id_position")
        ),
    )


def _channel_accounts() -> None:
    """Where pulling an account goes on, how it was when last looked at, and what is wrong."""
    op.create_table(
        "channel_account",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("leased_until", UtcDateTime()),
        sa.Column("pulled_at", UtcDateTime()),
        sa.Column("catch_up_due_at", UtcDateTime()),
        sa.Column("caught_up_at", UtcDateTime()),
        sa.Column("check_due_at", UtcDateTime()),
        sa.Column("checked_at", UtcDateTime()),
        sa.Column("check_said", sa.String(200), nullable=False),
        sa.Column("check_fault", sa.String(32)),
        sa.Column("check_code", sa.String(64), nullable=False),
        sa.Column("webhook", sa.String(32)),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel_account")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("lasting", sa.String(100)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("lasting", name=op.f("uq_alert_lasting")),
    )
    op.create_index("ix_alert_raised", "alert", ["raised_at"])
    op.create_index("ix_inbox_heard", "inbox", ["channel", "kind", "arrived_at"])
    aside = sa.text("set_aside_at IS NOT NULL AND handled_at IS NULL")
    op.create_index(
        "ix_inbox_aside",
        "inbox",
        ["channel", "set_aside_at"],
        sqlite_where=aside,
        postgresql_where=aside,
    )
    op.create_index("ix_delivery_recent", "delivery", ["channel", "state", "queued_at"])


def _recordings_of_wordings() -> None:
    """Which recording was approved with a wording, by its digest."""
    op.add_column(
        "wording", sa.Column("recording", sa.String(64), nullable=False, server_default="")
    )


def _identity() -> None:
    """Codes that count once, log-ins that can be ended, invitations, and guesses counted."""
    op.add_column("account", sa.Column("tf_last_counter", sa.Integer()))
    op.create_table(
        "log_in",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_log_in_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_in")),
    )
    op.create_index("ix_log_in_account", "log_in", ["account_id", "seen_at"])
    op.create_index("ix_log_in_started", "log_in", ["started_at"])
    op.create_table(
        "invitation",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_invitation_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invitation")),
        sa.UniqueConstraint("account_id", name=op.f("uq_invitation_account_id")),
    )
    op.create_table(
        "handler_request",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_handler_request_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handler_request")),
        sa.UniqueConstraint("account_id", name=op.f("uq_handler_request_account_id")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_about", "attempt", ["about", "at"])
    op.create_index("ix_attempt_at", "attempt", ["at"])


def _clocks() -> None:
    """A clock per duty on cases and referrals, and who was told that time is short."""
    for table in ("case", "referral"):
        op.add_column(table, sa.Column("alarm_at", UtcDateTime()))
        op.add_column(table, sa.Column("clocks", sa.Text(), nullable=False, server_default="[]"))
        op.create_index(f"ix_{table}_alarm", table, ["alarm_at"])
    op.add_column(
        "referral", sa.Column("backup", sa.String(254), nullable=False, server_default="")
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("duty", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("referral_id", sa.String(32)),
        sa.Column("read_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notice_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_case_id"), "notice", ["case_id"])
    op.create_index("ix_notice_account", "notice", ["account_id", "read_at", "at"])


def _conversations() -> None:
    """Newer versions of a message beside it, and finding what somebody talked about lately."""
    op.add_column("message", sa.Column("revises_id", sa.String(32)))
    op.create_index("ix_message_talk", "message", ["contact_id", "channel", "received_at"])
    op.create_index("ix_message_external", "message", ["channel", "external_id"])
    op.create_index("ix_delivery_talk", "delivery", ["contact_id", "queued_at"])
    op.add_column("contact", sa.Column("site", sa.String(64), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("asking", sa.String(32)))
    op.add_column(
        "contact", sa.Column("asking_case", sa.String(32), nullable=False, server_default="")
    )
    op.add_column("contact", sa.Column("asked_at", UtcDateTime()))
    op.create_table(
        "wrong_try",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_try")),
    )
    op.create_index("ix_wrong_try_asked_by", "wrong_try", ["asked_by", "at"])
    op.create_index("ix_wrong_try_about", "wrong_try", ["about", "at"])


def _meetings() -> None:
    """Meetings at which points were raised, and which case is a point of which."""
    op.create_table(
        "meeting",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("committee_present", sa.String(32), nullable=False),
        sa.Column("present", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(64), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    op.create_table(
        "meeting_case",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("meeting_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_meeting_case_case_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_case_meeting_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_meeting_case")),
    )
    op.create_index(op.f("ix_meeting_case_meeting_id"), "meeting_case", ["meeting_id"])


def _partners_without_accounts() -> None:
    """When who hears by e-mail, what became of it, who is away, and links in place of accounts."""
    for table in ("organisation", "account"):
        op.add_column(
            table, sa.Column("mail", sa.String(32), nullable=False, server_default="at_once")
        )
    op.add_column("account", sa.Column("absent_until", sa.Date()))
    op.add_column("notice", sa.Column("mail", sa.String(32)))
    op.add_column(
        "notice", sa.Column("mail_tries", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("notice", sa.Column("mailed_at", UtcDateTime()))
    op.create_table(
        "partner_link",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("referral_id", sa.String(32), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("token_index", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("used_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_partner_link_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_link")),
        sa.UniqueConstraint("token_index", name=op.f("uq_partner_link_token_index")),
    )
    op.create_index(op.f("ix_partner_link_referral_id"), "partner_link", ["referral_id"])


_AUDIT_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit BEGIN"
    " SELECT RAISE(ABORT, 'the audit log is only added to'); END"
    for verb in ("UPDATE", "DELETE")
)


_AUDIT_POSTGRESQL = (
    "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$",
    "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
)


def _audit() -> None:
    """Who did what: lines that are chained, and the end of the chain."""
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("object_id", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
    )
    for name, column in (("action", "action"), ("actor", "actor"), ("object", "object_id")):
        op.create_index(f"ix_audit_{name}", "audit", [column, "sequence"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": "0" * 64}])
    here = op.get_bind().dialect.name
    for statement in _AUDIT_POSTGRESQL if here == "postgresql" else _AUDIT_SQLITE:
        op.execute(statement)


def _retention() -> None:
    """What was erased, for restored backups, and what may not be."""
    op.create_table(
        "erasure",
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime()),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_erasure")),
    )
    op.create_table(
        "retention",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("identity_at", UtcDateTime()),
        sa.Column("text_at", UtcDateTime()),
        sa.Column("whole_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_retention_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_retention")),
    )


def _call_backs() -> None:
    """People to reach by telephone or at the desk, the days it was tried, who speaks what."""
    op.add_column("account", sa.Column("languages", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("case", sa.Column("attempted_on", sa.Date()))
    op.add_column(
        "delivery", sa.Column("segments", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "case",
        sa.Column("fallback_tried", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "call_back",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", sa.String(64), nullable=False),
        sa.Column("claimed_at", UtcDateTime()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", UtcDateTime()),
        sa.Column("result", sa.String(32)),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_call_back_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
    )
    op.create_index(op.f("ix_call_back_case_id"), "call_back", ["case_id"])
    op.create_index("ix_call_back_open", "call_back", ["ended_at", "way", "not_before"])


def _pacing() -> None:
    """When a flooding contact has its next turn, and which messages were given one."""
    op.add_column("contact", sa.Column("paced_to", UtcDateTime()))
    op.add_column("inbox", sa.Column("paced_at", UtcDateTime()))


def _boards() -> None:
    """What an issue puts on a site's public board, once a person approved it."""
    op.create_table(
        "board_entry",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("issue_id", sa.String(32), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("not_yet", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("written_by", sa.String(64), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.Column("approved_at", UtcDateTime()),
        sa.Column("public_at", UtcDateTime()),
        sa.Column("archived_at", UtcDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_board_entry_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_entry")),
    )
    op.create_index(op.f("ix_board_entry_issue_id"), "board_entry", ["issue_id"])
    op.create_index("ix_board_entry_public", "board_entry", ["site", "state", "public_at"])


def _boundaries() -> None:
    """Outlines of districts and the like, by P-code and its scheme."""
    op.create_table(
        "boundary",
        sa.Column("scheme", sa.String(40), nullable=False),
        sa.Column("pcode", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("outline", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "pcode", name=op.f("pk_boundary")),
    )


def _own_questions() -> None:
    """Answers to a hub's own questions, sealed, and tags, in the clear."""
    op.create_table(
        "case_fields",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_fields_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_fields")),
    )
    op.create_table(
        "case_tag",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_tag_case_id")),
        sa.PrimaryKeyConstraint("case_id", "tag", name=op.f("pk_case_tag")),
    )
    op.create_index("ix_case_tag_tag", "case_tag", ["tag", "case_id"])
