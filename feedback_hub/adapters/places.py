"""Every place the hub knows, and what is known of where a case is about."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Text, delete, func, insert, select, type_coerce
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import boundary, case_place, gazetteer, site
from feedback_hub.domain.case import Case
from feedback_hub.domain.whereabouts import KnownPlace, PlaceKind, Whereabouts

_SITE = (
    site.c.code,
    site.c.name,
    type_coerce(site.c.aliases, Text).label("aliases"),
    site.c.district,
    site.c.province,
    site.c.pcode,
    site.c.pcode_scheme,
)


def stamp(session: Session) -> str:
    """Another one whenever a site or the gazetteer is another."""
    sites = session.execute(select(*_SITE).order_by(site.c.code)).all()
    listed = session.execute(select(func.max(gazetteer.c.changed_at), func.count())).one()
    return hashlib.sha256(repr((sites, listed)).encode()).hexdigest()


def known(session: Session) -> tuple[KnownPlace, ...]:
    """Sites, then districts and provinces, of a gazetteer or only as the sites name them."""
    sites = session.execute(select(*_SITE).order_by(site.c.code)).all()
    listed = session.execute(
        select(gazetteer).order_by(gazetteer.c.scheme, gazetteer.c.pcode)
    ).all()
    # Of two schemes the one that the sites are coded in comes first.
    used = [one.pcode_scheme for one in sites if one.pcode_scheme]
    listed = sorted(listed, key=lambda row: -used.count(row.scheme))
    areas: dict[tuple[str, str, str, str], KnownPlace] = {}
    for row in listed:
        district = KnownPlace(
            PlaceKind.DISTRICT, row.name, row.pcode, row.scheme, row.aliases, province=row.parent
        )
        areas[PlaceKind.DISTRICT, row.scheme, row.pcode, row.name] = district
        if row.parent:
            province = KnownPlace(PlaceKind.PROVINCE, row.parent, row.parent_pcode, row.scheme)
            areas.setdefault(
                (PlaceKind.PROVINCE, row.scheme, row.parent_pcode, row.parent), province
            )
    for one in sites:
        if one.district:
            named = KnownPlace(PlaceKind.DISTRICT, one.district, province=one.province)
            areas.setdefault((PlaceKind.DISTRICT, "", "", one.district), named)
        if one.province:
            named = KnownPlace(PlaceKind.PROVINCE, one.province)
            areas.setdefault((PlaceKind.PROVINCE, "", "", one.province), named)
    return (
        *(
            KnownPlace(
                PlaceKind.SITE,
                one.name,
                one.code,
                aliases=tuple(json.loads(one.aliases)),
                district=one.district,
                province=one.province,
            )
            for one in sites
        ),
        *areas.values(),
    )


def at(session: Session, latitude: float, longitude: float) -> KnownPlace | None:
    """The district whose outline a point (WGS 84, degrees) lies in, where one was imported."""
    used = Counter(session.scalars(select(site.c.pcode_scheme)))
    listed = (gazetteer.c.scheme == boundary.c.scheme) & (gazetteer.c.pcode == boundary.c.pcode)
    rows = session.execute(
        select(boundary, gazetteer.c.parent).outerjoin(gazetteer, listed).order_by(boundary.c.pcode)
    )
    # Outlines lie within each other: the longest P-code is the smallest place.
    best = max(
        (row for row in rows if _holds(json.loads(row.outline), longitude, latitude)),
        key=lambda row: (used[row.scheme], len(row.pcode)),
        default=None,
    )
    if best is None:
        return None
    parent = best.parent or ""
    return KnownPlace(PlaceKind.DISTRICT, best.name, best.pcode, best.scheme, province=parent)


def _holds(outline: Mapping[str, Any], x: float, y: float) -> bool:
    """Whether a GeoJSON Polygon or MultiPolygon holds the point: a ray crosses it an odd time."""
    several = outline["type"] == "MultiPolygon"
    polygons = outline["coordinates"] if several else [outline["coordinates"]]
    crossed = 0
    for ring in (ring for polygon in polygons for ring in polygon):
        for (x1, y1, *_), (x2, y2, *_) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossed += 1
    return crossed % 2 == 1


def keep(session: Session, case_id: str, where: Whereabouts) -> None:
    """Keep area and candidates of a case, in place of what was kept."""
    session.execute(delete(case_place).where(case_place.c.case_id == case_id))
    add_all(session, {case_id: where})


def add_all(session: Session, kept: Mapping[str, Whereabouts]) -> None:
    """Keep area and candidates of cases of which nothing is kept yet, by case id."""
    rows = []
    for case_id, where in kept.items():
        named = [(True, where.area)] if where.area else []
        named += [(False, one) for one in where.candidates]
        rows += [
            {
                "case_id": case_id,
                "position": position,
                "sure": sure,
                "kind": place.kind,
                "code": place.code,
                "scheme": place.scheme,
                "name": place.name,
                "district": place.district,
                "province": place.province,
            }
            for position, (sure, place) in enumerate(named)
        ]
    if rows:
        session.execute(insert(case_place), rows)


def of_cases(session: Session, cases: Sequence[Case]) -> dict[str, Whereabouts]:
    """Where each of ``cases`` is about, as far as anything is known of it.

    A site that is set leaves nothing to choose, and says the district.
    """
    here = {case.site for case in cases if case.site}
    sites = {
        row.code: KnownPlace(
            PlaceKind.DISTRICT, row.district, row.pcode, row.pcode_scheme, province=row.province
        )
        for row in (session.execute(select(*_SITE).where(site.c.code.in_(here))) if here else ())
        if row.district
    }
    found = {case.id: Whereabouts(area=sites[case.site]) for case in cases if case.site in sites}
    open_ids = [case.id for case in cases if not case.site]
    areas: dict[str, KnownPlace] = {}
    candidates: defaultdict[str, list[KnownPlace]] = defaultdict(list)
    kept = select(case_place).where(case_place.c.case_id.in_(open_ids))
    for row in session.execute(kept.order_by(case_place.c.position)):
        place = KnownPlace(
            row.kind, row.name, row.code, row.scheme, district=row.district, province=row.province
        )
        if row.sure:
            areas[row.case_id] = place
        else:
            candidates[row.case_id].append(place)
    for case_id in {*areas, *candidates}:
        found[case_id] = Whereabouts(None, areas.get(case_id), tuple(candidates[case_id]))
    return found
