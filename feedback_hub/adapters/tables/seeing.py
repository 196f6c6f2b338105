"""What the measures stand on, and what is seen at the sites."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from feedback_hub.adapters.column_types import JsonMap, Word
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, metadata, when
from feedback_hub.domain.monitoring import ServiceState

# The cases received on one day (UTC) as packed columns; see ``adapters.measure_pages``.
measure_page = Table(
    "measure_page",
    metadata,
    Column("day", Date, primary_key=True),
    # Of which rules and layout it was made; another one by now: it is made anew.
    Column("made_for", String(64), nullable=False),
    Column("case_keys", LargeBinary, nullable=False),
    Column("cases", LargeBinary, nullable=False),
    Column("referrals", LargeBinary, nullable=False),
)

measure_word = Table(
    "measure_word",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("word", String(64), nullable=False, unique=True),
)

# Cases that changed since they were packed. Triggers of the database write it.
measure_due = Table(
    "measure_due",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("case_id", ID, nullable=False),
    when("received_at", nullable=False),
    Index("ix_measure_due_case", "case_id"),
    Index("ix_measure_due_received", "received_at"),
)

visit = Table(
    "visit",
    metadata,
    id_column(),
    Column("site", CODE, ForeignKey("site.code"), nullable=False),
    Column("visited_on", Date, nullable=False),
    Column("entered_by", CODE, nullable=False),
    when("entered_at", nullable=False),
    Column("population", Integer),
    Column("arrivals", Integer),
    Column("departures", Integer),
    # A sealed file's name, what it is and which key opens it; empty: no photo.
    Column("photo", ID, nullable=False, server_default=""),
    Column("photo_type", String(64), nullable=False, server_default=""),
    Column("photo_key", ID, nullable=False, server_default=""),
    Index("ix_visit_site", "site", "visited_on"),
)

visit_service = Table(
    "visit_service",
    metadata,
    Column("visit_id", ID, ForeignKey("visit.id"), primary_key=True),
    Column("sector", CODE, primary_key=True),
    Column("state", Word(ServiceState), nullable=False),
    Column("units", Integer),
    Column("note", String(200), nullable=False),
)

committee = Table(
    "committee",
    metadata,
    Column("site", CODE, ForeignKey("site.code"), primary_key=True),
    # "female.18_39": "3"
    Column("seats", JsonMap, nullable=False),
    Column("formed_on", Date),
    Column("changed_by", CODE, nullable=False),
    when("changed_at", nullable=False),
)

# Which report went to whom, so that none goes twice.
report_mail = Table(
    "report_mail",
    metadata,
    Column("kind", CODE, primary_key=True),
    Column("about", CODE, primary_key=True),
    Column("last_day", Date, primary_key=True),
    Column("address_index", String(64), primary_key=True),
    when("sent_at", nullable=False),
)
