"""Partners, sites, who does what where, and outlines of districts."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from feedback_hub.adapters.column_types import Word, Words
from feedback_hub.adapters.tables.shape import CODE, ID, id_column, metadata, when
from feedback_hub.domain.place import MailWish, OrganisationKind, SiteStatus
from feedback_hub.domain.whereabouts import PlaceKind

organisation = Table(
    "organisation",
    metadata,
    Column("code", CODE, primary_key=True),
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
    Column("code", CODE, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("aliases", Words, nullable=False),
    Column("province", String(100), nullable=False),
    Column("district", String(100), nullable=False),
    Column("pcode", String(20), nullable=False),
    Column("pcode_scheme", String(40), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("population", Integer),
    Column("capacity", Integer),
    Column("status", Word(SiteStatus), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
)

service = Table(
    "service",
    metadata,
    id_column(),
    # "*" is everywhere, so this is no foreign key; the import checks it.
    Column("site", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    Column("organisation", CODE, ForeignKey("organisation.code"), nullable=False),
    Column("focal_point", String(254), nullable=False),
    Column("backup", String(254), nullable=False),
    Column("hours", String(100), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    UniqueConstraint("site", "sector", "organisation", "valid_from"),
    Index("ix_service_sector_site", "sector", "site"),
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

# Districts, and whatever else a list of places names. Apart from the outlines, which are long.
gazetteer = Table(
    "gazetteer",
    metadata,
    Column("scheme", String(40), primary_key=True),
    Column("pcode", String(20), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("aliases", Words, nullable=False),
    # The province.
    Column("parent", String(200), nullable=False),
    Column("parent_pcode", String(20), nullable=False),
    when("changed_at", nullable=False),
    Index("ix_gazetteer_changed", "changed_at"),
)

# Where a case without a site is about: what is sure, then what a person chooses from.
case_place = Table(
    "case_place",
    metadata,
    Column("case_id", ID, ForeignKey("case.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sure", Boolean, nullable=False),
    Column("kind", Word(PlaceKind), nullable=False),
    # A site's code, else a P-code of the scheme.
    Column("code", CODE, nullable=False),
    Column("scheme", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("district", String(200), nullable=False),
    Column("province", String(200), nullable=False),
)
