"""What understanding, answering and trust need kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables and columns of every part."""
    _understanding()
    _sending()
    _places()
    _likeness()
    _administration()
    _emergencies()
    _triage()
    _information_bank()
    _satisfaction()
    _safeguarding()
    _readings()
    _exchange()
    _filters()
    _wordings()


def _understanding() -> None:
    """A suggestion says of each field how sure it is."""
    for field in ("sector", "sensitivity", "priority"):
        op.add_column(
            "suggestion",
            sa.Column(f"{field}_confidence", sa.Float(), nullable=False, server_default="0"),
        )


def _filters() -> None:
    """Cases are found by answers to a hub's own questions, where it says so."""
    op.add_column(
        "case_fields",
        sa.Column("indexed_for", sa.String(64), nullable=False, server_default=""),
    )
    op.create_index("ix_case_fields_indexed_for", "case_fields", ["indexed_for"])
    op.create_table(
        "case_answer",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("answer_index", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_answer_case_id")),
        sa.PrimaryKeyConstraint("case_id", "field", name=op.f("pk_case_answer")),
    )
    op.create_index("ix_case_answer_index", "case_answer", ["answer_index", "case_id"])


def _sending() -> None:
    """An account sends no faster than its provider takes it, over all processes."""
    op.add_column("contact", sa.Column("texted_to", UtcDateTime()))
    op.add_column("channel_account", sa.Column("paced_to", UtcDateTime()))
    op.add_column("channel_account", sa.Column("asked_to", UtcDateTime()))


def _administration() -> None:
    """Tokens are scoped by sector too, and wait for a handler's word as people do."""
    op.add_column("token", sa.Column("sector", sa.String(64), nullable=False, server_default=""))
    connection = op.get_bind()
    names = ("id", "account_id", "organisation", "site", "sector")
    asked = sa.table(
        "handler_request",
        *(sa.column(name) for name in names),
        sa.column("asked_at", UtcDateTime),
    )
    before = sa.select(*(column for column in asked.c if column.name != "organisation"))
    waiting = [{**row, "organisation": ""} for row in connection.execute(before).mappings()]
    # Made anew: SQLite loosens no column of a table that stands.
    op.drop_table("handler_request")
    op.create_table(
        "handler_request",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("token_id", sa.String(32)),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_handler_request_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["token.id"], name=op.f("fk_handler_request_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handler_request")),
    )
    if waiting:
        connection.execute(sa.insert(asked), waiting)


def _triage() -> None:
    """What people decide where a machine suggests, and who has which case before them."""
    op.create_table(
        "judgement",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("suggestion_id", sa.String(32)),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("sensitivity", sa.String(32), nullable=False),
        sa.Column("priority", sa.String(32), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_judgement_case_id")),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_judgement_suggestion_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    op.create_index("ix_judgement_case_id", "judgement", ["case_id"])
    op.create_index("ix_judgement_at", "judgement", ["at"])
    op.create_table(
        "triage_lease",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("held_since", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=False),
        sa.Column("left_by", sa.String(64), nullable=False),
        sa.Column("left_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_triage_lease_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_triage_lease")),
    )
    op.create_index("ix_triage_lease_holder", "triage_lease", ["holder", "leased_until"])
    op.create_index(
        "ix_case_triage", "case", ["state", "sensitivity", "priority", "received_at", "id"]
    )


def _information_bank() -> None:
    """Dated answers that anybody may be given, and which of them a case was answered with."""
    op.create_table(
        "bank_answer",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("question", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("by_text", sa.Boolean(), nullable=False),
        sa.Column("replaces_id", sa.String(32), nullable=False),
        sa.Column("written_by", sa.String(64), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.Column("approved_at", UtcDateTime()),
        sa.Column("withdrawn_at", UtcDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_answer")),
    )
    op.create_index("ix_bank_answer_days", "bank_answer", ["valid_to", "site"])
    op.add_column("case", sa.Column("bank_id", sa.String(32), nullable=False, server_default=""))


def _places() -> None:
    """Lists of places, and where a case without a site may be about."""
    op.create_table(
        "gazetteer",
        sa.Column("scheme", sa.String(40), nullable=False),
        sa.Column("pcode", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(200), nullable=False),
        sa.Column("parent_pcode", sa.String(20), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "pcode", name=op.f("pk_gazetteer")),
    )
    op.create_index("ix_gazetteer_changed", "gazetteer", ["changed_at"])
    op.create_table(
        "case_place",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("scheme", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("district", sa.String(200), nullable=False),
        sa.Column("province", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_place_case_id")),
        sa.PrimaryKeyConstraint("case_id", "position", name=op.f("pk_case_place")),
    )
    # What was imported as outlines is a list of places too.
    op.execute(
        "INSERT INTO gazetteer (scheme, pcode, name, aliases, parent, parent_pcode, changed_at)"
        " SELECT scheme, pcode, name, '[]', '', '', CURRENT_TIMESTAMP FROM boundary"
    )


def _likeness() -> None:
    """What tells that several people report the same thing."""
    op.create_table(
        "likeness",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.String(32)),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("minima", sa.LargeBinary(), nullable=False),
        *(sa.Column(f"band{number}", sa.BigInteger()) for number in range(4)),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_likeness_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_likeness")),
    )
    op.create_index("ix_likeness_matter", "likeness", ["site", "code", "at"])
    for number in range(4):
        op.create_index(f"ix_likeness_band{number}", "likeness", [f"band{number}", "at"])
    op.create_table(
        "unlike",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_unlike_case_id")),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_unlike")),
    )
    op.create_index("ix_unlike_other", "unlike", ["other_id"])


def _satisfaction() -> None:
    """How good the person finds the answer, from 1 to 5."""
    op.add_column("case", sa.Column("satisfaction", sa.Integer()))


def _readings() -> None:
    """When and where a board was read aloud."""
    op.create_table(
        "board_reading",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("occasion", sa.String(32), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer()),
        sa.Column("noted_by", sa.String(64), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_reading")),
    )
    op.create_index("ix_board_reading_site", "board_reading", ["site", "read_on"])


def _exchange() -> None:
    """Referrals that travel to other mechanisms and back, and the letters that tell of them."""
    op.create_table(
        "passage",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("wire_id", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("referral_id", sa.String(32)),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("trail", sa.Text(), nullable=False),
        sa.Column("handled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_passage_case_id")),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_passage_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.UniqueConstraint("peer", "way", "wire_id", name=op.f("uq_passage_peer_way_wire_id")),
    )
    op.create_index("ix_passage_case_id", "passage", ["case_id"])
    op.create_index("ix_passage_referral_id", "passage", ["referral_id"])
    op.create_table(
        "letter",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("passage_id", sa.String(32), nullable=False),
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(32)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(64), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_letter_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("ix_letter_passage", "letter", ["passage_id", "position"])
    op.create_index("ix_letter_peer", "letter", ["peer", "state", "made_at"])
    op.create_table(
        "peer_seen",
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("peer", "kind", "id", name=op.f("pk_peer_seen")),
    )
    op.create_index("ix_peer_seen_at", "peer_seen", ["peer", "kind", "at"])
    op.create_table(
        "peer",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("heard_at", UtcDateTime()),
        sa.Column("reached_at", UtcDateTime()),
        sa.Column("failed_at", UtcDateTime()),
        sa.Column("fault", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_peer")),
    )


def _emergencies() -> None:
    """Who opened a case that is not theirs, and until when."""
    op.create_table(
        "emergency",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("reason_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_emergency_case_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_emergency_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_index(op.f("ix_emergency_case_id"), "emergency", ["case_id"])
    op.create_index("ix_emergency_account", "emergency", ["account_id", "until"])


def _safeguarding() -> None:
    """Conduct reports, and service referrals with the consent they were made with."""
    op.create_table(
        "conduct_report",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(200), nullable=False),
        sa.Column("with_name", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_conduct_report_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conduct_report")),
    )
    op.create_index("ix_conduct_report_case_id", "conduct_report", ["case_id"])
    op.create_table(
        "service_referral",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("explained_id", sa.String(32), nullable=False),
        sa.Column("explained_how", sa.String(32), nullable=False),
        sa.Column("explained_by", sa.String(64), nullable=False),
        sa.Column("explained_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_service_referral_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_referral")),
    )
    op.create_index("ix_service_referral_case_id", "service_referral", ["case_id"])


def _wordings() -> None:
    """Who wrote a wording, and what somebody else understood of it."""
    for column in (
        sa.Column("written_by", sa.String(64), nullable=False, server_default=""),
        sa.Column("back_translation", sa.Text(), nullable=False, server_default=""),
        sa.Column("back_translated_by", sa.String(64), nullable=False, server_default=""),
        sa.Column("back_translated_at", UtcDateTime()),
    ):
        op.add_column("wording", column)
