"""Outlines of districts and the like from a GeoJSON file (RFC 7946), each by P-code and scheme."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.table_files import TableFile, Unreadable
from feedback_hub.adapters.tables import boundary
from feedback_hub.domain.errors import Invalid

COLUMNS = ("pcode", "name", "outline")
_DEPTH = {"Polygon": 0, "MultiPolygon": 1}
_LARGEST = 100_000_000  # bytes: the whole file is read at once


class BoundaryFile:
    """An opened FeatureCollection. ``scheme`` is what the file calls its P-codes, or empty."""

    def __init__(self, path: Path, pcode: str, name: str) -> None:
        """Raises ``Unreadable``, ``OSError``. ``pcode`` and ``name``: properties that hold them."""
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
        self._features, self._pcode, self._name = features, pcode, name

    def table(self) -> TableFile:
        """Its features as rows; the outline's cell is its place in the file, for ``outline``."""
        return TableFile(self._records())

    def outline(self, cells: Mapping[str, str]) -> tuple[str, str, str]:
        """P-code, name and outline (a GeoJSON geometry) of a row. Raises ``Invalid``."""
        pcode, name = cells["pcode"].strip(), cells["name"].strip()
        if not pcode or len(pcode) > 20:
            raise Invalid("pcode", "is needed, up to 20 characters")
        if len(name) > 200:
            raise Invalid("name", "is longer than 200 characters")
        feature = self._features[int(cells["outline"])]
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if not isinstance(geometry, dict) or kind not in _DEPTH:
            raise Invalid("outline", "must be a Polygon or MultiPolygon")
        polygons = geometry.get("coordinates") if _DEPTH[kind] else [geometry.get("coordinates")]
        if not isinstance(polygons, list) or not polygons:
            raise Invalid("outline", "has no coordinates")
        for polygon in polygons:
            _check(polygon)
        kept = {"type": kind, "coordinates": geometry["coordinates"]}
        return pcode, name, json.dumps(kept, separators=(",", ":"))

    def _records(self) -> Iterator[tuple[int, list[str] | str]]:
        yield 1, list(COLUMNS)
        for place, feature in enumerate(self._features):
            held = feature.get("properties") if isinstance(feature, dict) else None
            held = held if isinstance(held, dict) else {}
            cells = [str(held.get(name) or "") for name in (self._pcode, self._name)]
            yield place + 2, [*cells, str(place)]


def take_boundary(session: Session, scheme: str, read: tuple[str, str, str]) -> Taken:
    """Add or change an outline; scheme and P-code say which."""
    pcode, name, outline = read
    where = (boundary.c.scheme == scheme, boundary.c.pcode == pcode)
    known = session.execute(select(boundary.c.name, boundary.c.outline).where(*where)).first()
    values = {"name": name, "outline": outline}
    if known is None:
        session.execute(insert(boundary).values(scheme=scheme, pcode=pcode, **values))
        return Taken.ADDED
    if tuple(known) == (name, outline):
        return Taken.KNOWN
    session.execute(update(boundary).where(*where).values(**values))
    return Taken.CHANGED


def _check(polygon: object) -> None:
    """Rings of at least four positions, closed, in degrees. Raises ``Invalid``."""
    if not isinstance(polygon, list) or not polygon:
        raise Invalid("outline", "has a polygon without a ring")
    for ring in polygon:
        if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1]:
            raise Invalid("outline", "has a ring that is not closed")
        if not all(_is_position(position) for position in ring):
            raise Invalid("outline", "has a position that is not longitude, latitude in degrees")


def _is_position(position: object) -> bool:
    if not isinstance(position, Sequence) or isinstance(position, str) or len(position) < 2:
        return False
    longitude, latitude = position[0], position[1]
    return all(
        isinstance(value, int | float) and math.isfinite(value) and abs(value) <= most
        for value, most in ((longitude, 180), (latitude, 90))
    )
