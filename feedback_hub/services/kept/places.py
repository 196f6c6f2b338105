"""Sites, places, services and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.domain.whereabouts import KnownPlace


class SitesAndServices(Protocol):
    """Sites, places, services and organisations."""

    def is_community(self, code: str) -> bool:
        """Whether an organisation is a community's own, whose people lead a site."""

    def services_on(self, sector: str, on: date) -> Sequence[Service]:
        """Services of a sector valid on a day, everywhere and at each site."""

    def sites(self) -> Sequence[Site]:
        """Every site."""

    def site_exists(self, code: str) -> bool:
        """Whether a site has this code."""

    def place_stamp(self) -> str:
        """See ``Places``."""

    def places(self) -> Sequence[KnownPlace]:
        """See ``Places``."""

    def place_at(self, latitude: float, longitude: float) -> KnownPlace | None:
        """The district that a point (WGS 84, degrees) lies in, where its outline was imported."""

    def organisation_named(self, written: str) -> str:
        """The code of the organisation with this code or name, whatever the case; else empty."""

    def organisation(self, code: str) -> Organisation | None:
        """An organisation by code, active or not."""

    def organisation_exists(self, code: str) -> bool:
        """Whether an active organisation has this code."""
