"""Who answers for a matter: site × sector → the service's organisation and focal point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from feedback_hub.domain.place import EVERYWHERE, Service


class Why(StrEnum):
    """Why a route is what it is, said to the case manager."""

    SERVICE_AT_SITE = "service_at_site"
    SERVICE_EVERYWHERE = "service_everywhere"
    NO_SECTOR = "no_sector"
    NO_SITE = "no_site"
    NO_SERVICE = "no_service"
    ONLY_ACCUSED = "only_accused"


@dataclass(frozen=True)
class Route:
    """Where a matter would go. ``organisation`` empty: the case manager's queue, and ``why``."""

    why: Why
    organisation: str = ""
    focal_point: str = ""
    backup: str = ""


def route(
    services: Iterable[Service],
    *,
    site: str,
    sector: str,
    on: date,
    accused_organisation: str = "",
) -> Route:
    """The service that answers for ``sector`` at ``site``; one at the site before one everywhere.

    The accused organisation drops out (DOMAIN.md, Sensitivity: conflict of interest). Ties are
    broken by organisation code, so that the same question gets the same answer.
    """
    if not sector:
        return Route(Why.NO_SECTOR)
    fitting = [service for service in services if service.serves(site, sector, on)]
    impartial = [s for s in fitting if s.organisation != accused_organisation]
    if not impartial:
        if fitting:
            return Route(Why.ONLY_ACCUSED)
        return Route(Why.NO_SERVICE if site else Why.NO_SITE)
    best = min(impartial, key=lambda s: (s.site == EVERYWHERE, s.organisation))
    why = Why.SERVICE_EVERYWHERE if best.site == EVERYWHERE else Why.SERVICE_AT_SITE
    return Route(why, best.organisation, best.focal_point, best.backup)
