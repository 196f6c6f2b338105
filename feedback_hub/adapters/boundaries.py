"""Districts and the like by P-code and scheme: names from a table, and outlines from GeoJSON.

A list of places (CSV, XLSX) makes a gazetteer; a GeoJSON file (RFC 7946) brings outlines besides.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.table_files import TableFile, Unreadable
from feedback_hub.adapters.tables import boundary, gazetteer
from feedback_hub.domain.errors import Invalid

COLUMNS = ("pcode", "name", "aliases", "parent", "parent_pcode")
"""What is said of a place; ``parent`` is what it lies in, the province of a district."""
_OUTLINE = "outline"
_DEPTH = {"Polygon": 0, "MultiPolygon": 1}
_LARGEST = 100_000_000  # bytes: the whole file is read at once


@dataclass(frozen=True)
class Boundary:
    """A place as a file has it; ``outline`` is a GeoJSON geometry, empty in a list of names."""

    pcode: str
    name: str
    aliases: tuple[str, ...] = ()
    parent: str = ""
    parent_pcode: str = ""
    outline: str = ""


class BoundaryFile:
    """An opened FeatureCollection. ``scheme`` is what the file calls its P-codes, or empty."""

    def __init__(self, path: Path, named: Mapping[str, str]) -> None:
        """Raises ``Unreadable``, ``OSError``. ``named``: our column → the property with it."""
        if path.stat().st_size > _LARGEST:
            raise Unreadable("is larger than 100 MB; simplify the outlines")
        try:
            document = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise Unreadable("is no JSON; save it as GeoJSON") from error
        features = document.get("features") if isinstance(document, dict) else None
        if not isinstance(features, list):
            raise Unreadable("is no GeoJSON FeatureCollection")
        scheme = document.get("scheme")
        self.scheme = scheme if isinstance(scheme, str) else ""
        self._features, self._named = features, named

    def table(self) -> TableFile:
        """Its features as rows; the outline's cell is its place in the file, for ``read``."""
        return TableFile(self._records())

    def read(self, cells: Mapping[str, str]) -> Boundary:
        """A row of ``table``. Raises ``Invalid``."""
        listed = read_listed(cells, {name: name for name in COLUMNS})
        feature = self._features[int(cells[_OUTLINE])]
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if not isinstance(geometry, dict) or kind not in _DEPTH:
            raise Invalid(_OUTLINE, "must be a Polygon or MultiPolygon")
        polygons = geometry.get("coordinates") if _DEPTH[kind] else [geometry.get("coordinates")]
        if not isinstance(polygons, list) or not polygons:
            raise Invalid(_OUTLINE, "has no coordinates")
        for polygon in polygons:
            _check(polygon)
        kept = {"type": kind, "coordinates": geometry["coordinates"]}
        return replace(listed, outline=json.dumps(kept, separators=(",", ":")))

    def _records(self) -> Iterator[tuple[int, list[str] | str]]:
        yield 1, [*COLUMNS, _OUTLINE]
        for place, feature in enumerate(self._features):
            held = feature.get("properties") if isinstance(feature, dict) else None
            held = held if isinstance(held, dict) else {}
            cells = [str(held.get(self._named[name]) or "") for name in COLUMNS]
            yield place + 2, [*cells, str(place)]


def read_listed(cells: Mapping[str, str], named: Mapping[str, str]) -> Boundary:
    """A place of a list. ``named``: our column → the file's. Raises ``Invalid``."""

    def cell(column: str, longest: int) -> str:
        text = cells.get(named[column], "").strip()
        if len(text) > longest:
            raise Invalid(column, f"has more than {longest} characters")
        return text

    pcode, name = cell("pcode", 20), cell("name", 200)
    if not pcode:
        raise Invalid("pcode", "is needed, up to 20 characters")
    aliases = (alias.strip() for alias in cell("aliases", 2000).split(";"))
    return Boundary(
        pcode,
        name,
        tuple(dict.fromkeys(alias for alias in aliases if alias)),
        cell("parent", 200),
        cell("parent_pcode", 20),
    )


def take_boundary(session: Session, scheme: str, read: Boundary, now: datetime) -> Taken:
    """Add or change a place and its outline; scheme and P-code say which.

    An outline that is kept stays where the file has none.
    """
    taken = {_take_listed(session, scheme, read, now)}
    if read.outline:
        taken.add(_take_outline(session, scheme, read))
    return next(one for one in (Taken.ADDED, Taken.CHANGED, Taken.KNOWN) if one in taken)


def _take_listed(session: Session, scheme: str, read: Boundary, now: datetime) -> Taken:
    where = (gazetteer.c.scheme == scheme, gazetteer.c.pcode == read.pcode)
    values = {
        "name": read.name,
        "aliases": read.aliases,
        "parent": read.parent,
        "parent_pcode": read.parent_pcode,
    }
    columns = (gazetteer.c[name] for name in values)
    known = session.execute(select(*columns).where(*where)).first()
    if known is None:
        row = {"scheme": scheme, "pcode": read.pcode, "changed_at": now, **values}
        session.execute(insert(gazetteer).values(row))
        return Taken.ADDED
    if tuple(known) == tuple(values.values()):
        return Taken.KNOWN
    session.execute(update(gazetteer).where(*where).values(changed_at=now, **values))
    return Taken.CHANGED


def _take_outline(session: Session, scheme: str, read: Boundary) -> Taken:
    where = (boundary.c.scheme == scheme, boundary.c.pcode == read.pcode)
    known = session.execute(select(boundary.c.name, boundary.c.outline).where(*where)).first()
    values = {"name": read.name, "outline": read.outline}
    if known is None:
        row = {"scheme": scheme, "pcode": read.pcode, **values}
        session.execute(insert(boundary).values(row))
        return Taken.ADDED
    if tuple(known) == tuple(values.values()):
        return Taken.KNOWN
    session.execute(update(boundary).where(*where).values(**values))
    return Taken.CHANGED


def _check(polygon: object) -> None:
    """Rings of at least four positions, closed, in degrees. Raises ``Invalid``."""
    if not isinstance(polygon, list) or not polygon:
        raise Invalid(_OUTLINE, "has a polygon without a ring")
    for ring in polygon:
        if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1]:
            raise Invalid(_OUTLINE, "has a ring that is not closed")
        if not all(_is_position(position) for position in ring):
            raise Invalid(_OUTLINE, "has a position that is not longitude, latitude in degrees")


def _is_position(position: object) -> bool:
    if not isinstance(position, Sequence) or isinstance(position, str) or len(position) < 2:
        return False
    longitude, latitude = position[0], position[1]
    return all(
        isinstance(value, int | float) and math.isfinite(value) and abs(value) <= most
        for value, most in ((longitude, 180), (latitude, 90))
    )
