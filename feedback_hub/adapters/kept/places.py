"""Sites, places, services and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select

from feedback_hub.adapters import places, tables
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.place import Organisation, OrganisationKind, Service, Site
from feedback_hub.domain.whereabouts import KnownPlace


class SqlPlaces(Transaction):
    """Fulfils ``services.kept.places.SitesAndServices``."""

    def sites(self) -> Sequence[Site]:
        """Every site."""
        return self.session.scalars(select(Site).order_by(tables.site.c.code)).all()

    def site_exists(self, code: str) -> bool:
        """Whether a site has this code."""
        return bool(code) and self.session.get(Site, code) is not None

    def place_stamp(self) -> str:
        """Another one whenever any place is another."""
        return places.stamp(self.session)

    def places(self) -> Sequence[KnownPlace]:
        """Every site, and every place of a gazetteer."""
        return places.known(self.session)

    def place_at(self, latitude: float, longitude: float) -> KnownPlace | None:
        """The district that a point lies in, where its outline was imported."""
        return places.at(self.session, latitude, longitude)

    def services_on(self, sector: str, on: date) -> Sequence[Service]:
        """Services of a sector valid on a day, everywhere and at each site; of none that left."""
        if not sector:
            return ()
        return self.session.scalars(_services(), {"sector": sector, "on": on}).all()

    def organisation(self, code: str) -> Organisation | None:
        """An organisation by code, active or not."""
        return self.session.get(Organisation, code) if code else None

    def organisation_exists(self, code: str) -> bool:
        """Whether an active organisation has this code."""
        organisation = self.session.get(Organisation, code) if code else None
        return organisation is not None and organisation.active

    def organisation_named(self, written: str) -> str:
        """The code of the organisation with this code or name, whatever the case; else empty."""
        wanted = written.strip().lower()
        if not wanted:
            return ""
        named = or_(
            func.lower(tables.organisation.c.code) == wanted,
            func.lower(tables.organisation.c.name) == wanted,
        )
        return self.session.scalar(select(tables.organisation.c.code).where(named).limit(1)) or ""

    def is_community(self, code: str) -> bool:
        """Whether an organisation is a community's own, whose people lead a site."""
        organisation = self.session.get(Organisation, code) if code else None
        return organisation is not None and organisation.kind is OrganisationKind.COMMUNITY


@cache
def _services() -> Select[Service]:
    columns = tables.service.c
    on: BindParameter[date] = bindparam("on")
    gone = select(tables.organisation.c.code).where(~tables.organisation.c.active)
    return select(Service).where(
        columns.sector == bindparam("sector"),
        columns.organisation.not_in(gone),
        or_(columns.valid_from.is_(None), columns.valid_from <= on),
        or_(columns.valid_to.is_(None), columns.valid_to >= on),
    )
