"""Organisations, sites and services as a table hands them in (CONTRACT, Files): upsert by code.

Each function takes one row's cells into the caller's transaction, whole or not at all, and may be
given the same row again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import service
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.place import (
    EVERYWHERE,
    MailWish,
    Organisation,
    OrganisationKind,
    Service,
    Site,
    SiteStatus,
)

Cells = Mapping[str, str]
W = TypeVar("W", bound=StrEnum)


class Taken(StrEnum):
    """What became of a row."""

    ADDED = "added"
    CHANGED = "changed"
    KNOWN = "known"


ORGANISATION_COLUMNS = ("code", "name", "kind", "email", "language", "mail")
SITE_COLUMNS = (
    "code",
    "name",
    "aliases",
    "province",
    "district",
    "pcode",
    "pcode_scheme",
    "latitude",
    "longitude",
    "population",
    "capacity",
    "status",
    "valid_from",
    "valid_to",
)
SERVICE_COLUMNS = (
    "site",
    "sector",
    "organisation",
    "focal_point",
    "backup",
    "hours",
    "valid_from",
    "valid_to",
)


def take_organisation(session: Session, cells: Cells) -> Taken:
    """Add or change an organisation. Raises ``Invalid`` naming the column."""
    code = _code(cells, "code")
    values: dict[str, object] = {"name": _text(cells, "name", 200, needed=True)}
    if "kind" in cells:
        values["kind"] = _kind(cells)
    if "email" in cells:
        values["email"] = _email(cells, "email")
    if "language" in cells:
        values["language"] = _text(cells, "language", 3) or "por"
    if "mail" in cells:
        values["mail"] = _word(MailWish, cells, "mail", MailWish.AT_ONCE)
    known = session.get(Organisation, code)
    if known is None:
        session.add(Organisation(code, **values))  # type: ignore[arg-type]  # each read by its own reader
    return _changed(known, values)


def take_site(session: Session, cells: Cells) -> Taken:
    """Add or change a site. Raises ``Invalid`` naming the column."""
    code = _code(cells, "code")
    if code == EVERYWHERE:
        raise Invalid("code", "is kept for everywhere; give the site another")
    readers: dict[str, Callable[[Cells, str], object]] = {
        "aliases": _aliases,
        "province": lambda c, n: _text(c, n, 100),
        "district": lambda c, n: _text(c, n, 100),
        "pcode": lambda c, n: _text(c, n, 20),
        "pcode_scheme": lambda c, n: _text(c, n, 40),
        "latitude": lambda c, n: _degrees(c, n, 90),
        "longitude": lambda c, n: _degrees(c, n, 180),
        "population": _count,
        "capacity": _count,
        "status": lambda c, n: _word(SiteStatus, c, n, SiteStatus.ACTIVE),
        "valid_from": _day,
        "valid_to": _day,
    }
    values = {name: read(cells, name) for name, read in readers.items() if name in cells}
    values["name"] = _text(cells, "name", 200, needed=True)
    if values.get("pcode") and not values.get("pcode_scheme"):
        raise Invalid("pcode_scheme", "is needed with a P-code: two incompatible schemes circulate")
    _check_order(values)
    known = session.get(Site, code)
    if known is None:
        session.add(Site(code, **values))  # type: ignore[arg-type]  # each read by its own reader
    return _changed(known, values)


def take_service(session: Session, cells: Cells) -> Taken:
    """Add or change a service; (site, sector, organisation, valid_from) says which.

    Raises ``Invalid`` naming the column.
    """
    site = _text(cells, "site", 64, needed=True)
    if site != EVERYWHERE and session.get(Site, site) is None:
        raise Invalid("site", "is no site of this hub (* is everywhere); import sites first")
    organisation = _code(cells, "organisation")
    if session.get(Organisation, organisation) is None:
        raise Invalid("organisation", "is not known here; import organisations first")
    sector = _word(Sector, cells, "sector", None)
    values: dict[str, object] = {}
    for name in ("focal_point", "backup"):
        if name in cells:
            values[name] = _email(cells, name) if "@" in cells[name] else _text(cells, name, 200)
    if "hours" in cells:
        values["hours"] = _text(cells, "hours", 100)
    valid_from = _day(cells, "valid_from")
    if "valid_to" in cells:
        values["valid_to"] = _day(cells, "valid_to")
    _check_order({"valid_from": valid_from, **values})
    known = session.scalars(
        select(Service).where(
            service.c.site == site,
            service.c.sector == sector,
            service.c.organisation == organisation,
            service.c.valid_from.is_(None)
            if valid_from is None
            else service.c.valid_from == valid_from,
        )
    ).first()
    if known is None:
        made = Service(new_id(), site, sector, organisation, valid_from=valid_from)
        for name, value in values.items():
            setattr(made, name, value)
        session.add(made)
    return _changed(known, values)


def _changed(known: object | None, values: Mapping[str, object]) -> Taken:
    if known is None:
        return Taken.ADDED
    taken = Taken.KNOWN
    for name, value in values.items():
        if getattr(known, name) != value:
            setattr(known, name, value)
            taken = Taken.CHANGED
    return taken


def _text(cells: Cells, column: str, longest: int, *, needed: bool = False) -> str:
    text = cells.get(column, "").strip()
    if needed and not text:
        raise Invalid(column, "is empty")
    if len(text) > longest:
        raise Invalid(column, f"has more than {longest} characters")
    return text


def _code(cells: Cells, column: str) -> str:
    code = _text(cells, column, 64, needed=True)
    if any(letter.isspace() or not letter.isprintable() for letter in code):
        raise Invalid(column, "is a code and has no space in it")
    return code


def _word(words: type[W], cells: Cells, column: str, default: W | None) -> W:
    written = cells.get(column, "").strip().lower().replace(" ", "_").replace("-", "_")
    if not written and default is not None:
        return default
    try:
        return words(written)
    except ValueError:
        raise Invalid(column, f"must be one of {', '.join(words)}") from None


def _kind(cells: Cells) -> OrganisationKind:
    """A kind that nobody here knows is no reason to be without the organisation."""
    try:
        return _word(OrganisationKind, cells, "kind", OrganisationKind.OTHER)
    except Invalid:
        return OrganisationKind.OTHER


def _email(cells: Cells, column: str) -> str:
    address = _text(cells, column, 254).lower()
    name, at, host = address.rpartition("@")
    if address and not (name and at and "." in host and " " not in address):
        raise Invalid(column, "is not an e-mail address")
    return address


def _aliases(cells: Cells, column: str) -> tuple[str, ...]:
    names = (name.strip() for name in cells[column].split(";"))
    return tuple(dict.fromkeys(name for name in names if name))


def _degrees(cells: Cells, column: str, most: int) -> float | None:
    written = cells.get(column, "").strip().replace(",", ".")
    if not written:
        return None
    try:
        degrees = float(written)
    except ValueError:
        raise Invalid(column, "is not a number of degrees") from None
    if not math.isfinite(degrees) or abs(degrees) > most:
        raise Invalid(column, f"must lie between -{most} and {most} degrees")
    return degrees


def _count(cells: Cells, column: str) -> int | None:
    written = cells.get(column, "").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise Invalid(column, "is not a whole number")
    return int(written)


def _day(cells: Cells, column: str) -> date | None:
    written = cells.get(column, "").strip()
    if not written:
        return None
    try:
        return datetime.fromisoformat(written).date()
    except ValueError:
        raise Invalid(column, "is not a date like 2026-04-30") from None


def _check_order(values: Mapping[str, object]) -> None:
    first, last = values.get("valid_from"), values.get("valid_to")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise Invalid("valid_to", "lies before valid_from")
