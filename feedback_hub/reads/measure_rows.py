"""The measures as rows of one long table, tagged with HXL core tags (DOMAIN.md, Measures).

One row a figure: what ``/api/v1/measures`` says, no other reckoning. A figure too small to be said
is a row whose number is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.place import EVERYWHERE, Service, Site
from feedback_hub.reads.measures import UNKNOWN, Json

COLUMNS: Mapping[str, str] = {
    "province_pcode": "#adm1+code",
    "district_pcode": "#adm2+code",
    "pcode_scheme": "#meta+scheme",
    "site": "#loc+code",
    "sector": "#sector",
    "organisation": "#org",
    "status": "#status",
    "period_start": "#date+start",
    "period_end": "#date+reported",
    "measure": "#indicator+name",
    "breakdown": "#group+type",
    "group": "#group+name",
    "figure": "#indicator+type",
    "number": "#indicator+num",
}
"""Column → HXL tag. There is no ``#feedback``, and ``#channel`` means how aid is delivered."""

Number = int | float | None

_OPEN, _CLOSED = "open", "closed"
_STATUS = {"open_by_age": _OPEN, "closed": _CLOSED}
_PLACED = {"site": "site", "sector": "sector"}
"""Breakdowns that have a column of their own."""
_GROUPED = {
    "referrals_by_partner": "organisation",
    "satisfied_by_sex": "sex",
    "highly_sensitive_by_month": "month",
}
_SAID_OF_ALL = frozenset({"from", "to", "site", "sector", "type", "channel", "threshold"})
_PCODE = re.compile(r"MZ(\d{2})(\d{2})?\d*")


@dataclass(frozen=True)
class Figure:
    """One number and what it is of; empty where it is of everything."""

    measure: str
    figure: str
    number: Number
    breakdown: str = ""
    group: str = ""
    status: str = ""
    sector: str = ""
    organisation: str = ""
    site: str = ""


@dataclass(frozen=True)
class Frame:
    """What every row of one table has in common, and where the sites lie.

    ``provinces``: the P-code of what a district lies in, by the district's scheme and P-code.
    """

    start: str
    end: str
    sites: Mapping[str, Site] = field(default_factory=dict)
    provinces: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def cells(self, figure: Figure) -> list[str | Number]:
        """``figure`` in the order of ``COLUMNS``."""
        site = self.sites.get(figure.site)
        province, district = self._levels(site) if site else ("", "")
        return [
            province,
            district,
            site.pcode_scheme if site and province else "",
            figure.site,
            figure.sector,
            figure.organisation,
            figure.status,
            self.start,
            self.end,
            figure.measure,
            figure.breakdown,
            figure.group,
            figure.figure,
            figure.number,
        ]

    def _levels(self, site: Site) -> tuple[str, str]:
        """As the imported districts have it; of Mozambique the code itself says it."""
        province = self.provinces.get((site.pcode_scheme, site.pcode))
        return (province, site.pcode) if province else levels(site.pcode)


def frame(uow: SqlUnitOfWork, start: str, end: str) -> Frame:
    """The frame of a period's table, with the sites and districts that the hub knows."""
    sites = {one.code: one for one in uow.sites()}
    known = tables.gazetteer.c
    rows = uow.session.execute(
        select(known.scheme, known.pcode, known.parent_pcode).where(
            known.pcode.in_({one.pcode for one in sites.values() if one.pcode}),
            known.parent_pcode != "",
        )
    )
    provinces = {(row.scheme, row.pcode): row.parent_pcode for row in rows}
    return Frame(start, end, sites, provinces)


def levels(pcode: str) -> tuple[str, str]:
    """The province's and the district's P-code in one of Mozambique; empty where it has none."""
    found = _PCODE.fullmatch(pcode)
    if found is None:
        return "", ""
    province, district = found.groups()
    return f"MZ{province}", f"MZ{province}{district}" if district else ""


def figures(measured: Json) -> Iterator[Figure]:
    """Every figure of what ``measures.measure`` returned, in its order."""
    site = str(measured["site"])
    for name, value in measured.items():
        if name not in _SAID_OF_ALL:
            yield from _figures(name, value, site)


def _figures(name: str, value: object, site: str) -> Iterator[Figure]:
    if not isinstance(value, Mapping):
        yield Figure(name, "count", _number(value), site=site)
    elif name == "cases_by":
        for breakdown, counts in value.items():
            yield from _broken_down(breakdown, counts, site)
    elif name == "cases_by_code":
        yield from _broken_down("code", value, site)
    elif name == "cases_by_channel_sex_age":
        yield from _crossed(value, site)
    elif name in _GROUPED:
        yield from _grouped(name, value, site)
    else:
        yield from _parts(name, value, site)


def _parts(name: str, value: Mapping[str, object], site: str) -> Iterator[Figure]:
    status = _STATUS.get(name, "")
    for figure, inner in value.items():
        if isinstance(inner, Mapping):
            for part, number in inner.items():
                one = Figure(f"{name}.{figure}", part, _number(number), status=status, site=site)
                yield one
        else:
            yield Figure(name, figure, _number(inner), status=status, site=site)


def services_at(uow: SqlUnitOfWork, site: str) -> Sequence[Service]:
    """The services of a site, those everywhere too, past ones too; of none that left."""
    columns, partner = tables.service.c, tables.organisation.c
    gone = select(partner.code).where(~partner.active)
    return uow.session.scalars(
        select(Service).where(
            columns.site.in_((site, EVERYWHERE)), columns.organisation.not_in(gone)
        )
    ).all()


def snapshot(
    measured: Json, site: Site, services: Iterable[Service], last: date
) -> Iterator[Figure]:
    """One site: who lives and serves there on the ``last`` day, then its figures."""
    yield Figure("population", "count", site.population, status=site.status.value, site=site.code)
    cases = measured["cases"]
    rate = (
        round(cases * 1000 / site.population, 2)
        if isinstance(cases, int) and site.population
        else None
    )
    yield Figure("cases_per_1000_residents", "rate", rate, site=site.code)
    serving = {
        (service.sector, service.organisation)
        for service in services
        if service.serves(site.code, service.sector, last)
    }
    for sector, organisation in sorted(serving):
        yield Figure(
            "service", "count", 1, sector=sector, organisation=organisation, site=site.code
        )
    yield from figures(measured)


def _broken_down(breakdown: str, counts: Mapping[str, object], site: str) -> Iterator[Figure]:
    for group, number in counts.items():
        column = _PLACED.get(breakdown)
        placed = {"site": site} | ({column: group} if column and group != UNKNOWN else {})
        yield Figure("cases", "count", _number(number), breakdown, group, **placed)


def _crossed(cells: Mapping[str, object], site: str) -> Iterator[Figure]:
    for channel, by_sex in cells.items():
        for sex, by_band in _of(by_sex).items():
            for band, number in _of(by_band).items():
                group = f"{channel} {sex} {band}"
                yield Figure("cases", "count", _number(number), "channel sex age", group, site=site)


def _of(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _grouped(name: str, groups: Mapping[str, object], site: str) -> Iterator[Figure]:
    breakdown = _GROUPED[name]
    for group, value in groups.items():
        organisation = group if breakdown == "organisation" else ""
        parts = value if isinstance(value, Mapping) else {"count": value}
        for figure, number in parts.items():
            yield Figure(
                name,
                figure,
                _number(number),
                breakdown,
                group,
                organisation=organisation,
                site=site,
            )


def _number(value: object) -> Number:
    return value if isinstance(value, int | float) else None
