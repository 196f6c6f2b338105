"""Schema of the dashboard, the sites and the reports: a part of ``v0004_people``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from feedback_hub.adapters.column_types import UtcDateTime

_CASE_COLUMNS = (
    "state, site, sector, type, channel, codes, sensitivity, sex, age_band, disability,"
    " population_group, outcome, received_at, from_history"
)
_KINDS = (
    "'acknowledged', 'triaged', 'answered_on_spot', 'referred', 'response_ready',"
    " 'loop_attempted', 'closed', 'reopened', 'appealed', 'satisfaction'"
)
_REFERRAL_COLUMNS = "organisation, sent_at, accepted_at, answered_at"


def _due(case: str, received_at: str) -> str:
    return (
        f"DELETE FROM measure_due WHERE case_id = {case};"  # noqa: S608  names of columns
        f" INSERT INTO measure_due (case_id, received_at) VALUES ({case}, {received_at});"
    )


def _due_of(case: str) -> str:
    return (
        f"DELETE FROM measure_due WHERE case_id = {case};"  # noqa: S608  names of columns
        " INSERT INTO measure_due (case_id, received_at)"
        f' SELECT id, received_at FROM "case" WHERE id = {case};'
    )


# SQLite's writers take turns, so that one row a case is enough. The new row has another number:
# who packed the state before it does not strike it off.
_SQLITE = (
    (
        'CREATE TRIGGER measure_case_added AFTER INSERT ON "case" BEGIN'
        f" {_due('new.id', 'new.received_at')} END"
    ),
    (
        f'CREATE TRIGGER measure_case_changed AFTER UPDATE OF {_CASE_COLUMNS} ON "case" BEGIN'
        f" {_due('new.id', 'old.received_at')} END"
    ),
    (
        'CREATE TRIGGER measure_case_removed AFTER DELETE ON "case" BEGIN'
        f" {_due('old.id', 'old.received_at')} END"
    ),
    (
        "CREATE TRIGGER measure_event AFTER INSERT ON case_event"
        f" WHEN new.kind IN ({_KINDS}) BEGIN {_due_of('new.case_id')} END"
    ),
    (
        "CREATE TRIGGER measure_referral_added AFTER INSERT ON referral"
        f" WHEN new.sent_at IS NOT NULL BEGIN {_due_of('new.case_id')} END"
    ),
    (
        f"CREATE TRIGGER measure_referral_changed AFTER UPDATE OF {_REFERRAL_COLUMNS} ON referral"
        f" BEGIN {_due_of('new.case_id')} END"
    ),
    (
        "CREATE TRIGGER measure_referral_removed AFTER DELETE ON referral"
        f" BEGIN {_due_of('old.case_id')} END"
    ),
)
# Elsewhere two may write at once: rows are added only, and one transaction never waits for another.
_POSTGRESQL = (
    (
        "CREATE FUNCTION measure_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'INSERT' THEN"
        " INSERT INTO measure_due (case_id, received_at) VALUES (NEW.id, NEW.received_at);"
        " ELSE INSERT INTO measure_due (case_id, received_at) VALUES (OLD.id, OLD.received_at);"
        " END IF; RETURN NULL; END $$"
    ),
    (
        "CREATE FUNCTION measure_of_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO measure_due (case_id, received_at)"
        ' SELECT id, received_at FROM "case" WHERE id ='
        " CASE WHEN TG_OP = 'DELETE' THEN OLD.case_id ELSE NEW.case_id END;"
        " RETURN NULL; END $$"
    ),
    (
        f'CREATE TRIGGER measure_case AFTER INSERT OR DELETE OR UPDATE OF {_CASE_COLUMNS} ON "case"'
        " FOR EACH ROW EXECUTE FUNCTION measure_case()"
    ),
    (
        "CREATE TRIGGER measure_event AFTER INSERT ON case_event FOR EACH ROW"
        f" WHEN (NEW.kind IN ({_KINDS})) EXECUTE FUNCTION measure_of_case()"
    ),
    (
        "CREATE TRIGGER measure_referral_added AFTER INSERT ON referral FOR EACH ROW"
        " WHEN (NEW.sent_at IS NOT NULL) EXECUTE FUNCTION measure_of_case()"
    ),
    (
        f"CREATE TRIGGER measure_referral AFTER DELETE OR UPDATE OF {_REFERRAL_COLUMNS} ON referral"
        " FOR EACH ROW EXECUTE FUNCTION measure_of_case()"
    ),
)


def seeing() -> None:
    """Dashboard, sites, monitoring, reports."""
    _measures()
    _monitoring()
    op.create_table(
        "report_mail",
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("address_index", sa.String(64), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "kind", "about", "last_day", "address_index", name=op.f("pk_report_mail")
        ),
    )


def _measures() -> None:
    op.create_table(
        "measure_page",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_for", sa.String(64), nullable=False),
        sa.Column("case_keys", sa.LargeBinary(), nullable=False),
        sa.Column("cases", sa.LargeBinary(), nullable=False),
        sa.Column("referrals", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_measure_page")),
    )
    op.create_table(
        "measure_word",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("word", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_measure_word")),
        sa.UniqueConstraint("word", name=op.f("uq_measure_word_word")),
    )
    op.create_table(
        "measure_due",
        sa.Column("row", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_measure_due")),
        # A number is never given twice, or what was changed meanwhile could be struck off.
        sqlite_autoincrement=True,
    )
    op.create_index("ix_measure_due_case", "measure_due", ["case_id"])
    op.create_index("ix_measure_due_received", "measure_due", ["received_at"])
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if on_postgres else _SQLITE:
        op.execute(statement)
    op.execute('INSERT INTO measure_due (case_id, received_at) SELECT id, received_at FROM "case"')


def _monitoring() -> None:
    op.add_column("site", sa.Column("capacity", sa.Integer()))
    op.create_table(
        "visit",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.String(64), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("population", sa.Integer()),
        sa.Column("arrivals", sa.Integer()),
        sa.Column("departures", sa.Integer()),
        sa.Column("photo", sa.String(32), nullable=False, server_default=""),
        sa.Column("photo_type", sa.String(64), nullable=False, server_default=""),
        sa.Column("photo_key", sa.String(32), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_visit_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index("ix_visit_site", "visit", ["site", "visited_on"])
    op.create_table(
        "visit_service",
        sa.Column("visit_id", sa.String(32), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("units", sa.Integer()),
        sa.Column("note", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_service_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "sector", name=op.f("pk_visit_service")),
    )
    op.create_table(
        "committee",
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("seats", sa.Text(), nullable=False),
        sa.Column("formed_on", sa.Date()),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_committee_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_committee")),
    )
