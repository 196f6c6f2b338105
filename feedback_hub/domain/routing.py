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


class Verdict(StrEnum):
    """What becomes of one service when a matter is routed."""

    CHOSEN = "chosen"
    RESERVE = "reserve"
    ELSEWHERE = "elsewhere"
    ACCUSED = "accused"


@dataclass(frozen=True)
class Weighed:
    """One service, and what becomes of it."""

    service: Service
    verdict: Verdict


@dataclass(frozen=True)
class Route:
    """Where a matter would go. ``organisation`` empty: the case manager's queue, and ``why``."""

    why: Why
    organisation: str = ""
    focal_point: str = ""
    backup: str = ""


def weigh(
    services: Iterable[Service],
    *,
    site: str,
    sector: str,
    on: date,
    accused_organisation: str = "",
) -> list[Weighed]:
    """What becomes of each service, the chosen one first: at the site before everywhere.

    The accused organisation drops out (DOMAIN.md, Sensitivity: conflict of interest). Ties are
    broken by organisation code, so that the same question gets the same answer.
    """
    weighed: list[Weighed] = []
    for service in sorted(services, key=lambda s: (s.site == EVERYWHERE, s.organisation, s.site)):
        verdict = Verdict.RESERVE
        if not service.serves(site, sector, on):
            verdict = Verdict.ELSEWHERE
        elif accused_organisation and service.organisation == accused_organisation:
            verdict = Verdict.ACCUSED
        elif all(one.verdict is not Verdict.CHOSEN for one in weighed):
            verdict = Verdict.CHOSEN
        weighed.append(Weighed(service, verdict))
    order = list(Verdict)
    return sorted(weighed, key=lambda one: order.index(one.verdict))


def route(
    services: Iterable[Service],
    *,
    site: str,
    sector: str,
    on: date,
    accused_organisation: str = "",
) -> Route:
    """The service that answers for ``sector`` at ``site``, as ``weigh`` chose it."""
    if not sector:
        return Route(Why.NO_SECTOR)
    weighed = weigh(
        services, site=site, sector=sector, on=on, accused_organisation=accused_organisation
    )
    best = next((one.service for one in weighed if one.verdict is Verdict.CHOSEN), None)
    if best is None:
        if any(one.verdict is Verdict.ACCUSED for one in weighed):
            return Route(Why.ONLY_ACCUSED)
        return Route(Why.NO_SERVICE if site else Why.NO_SITE)
    why = Why.SERVICE_EVERYWHERE if best.site == EVERYWHERE else Why.SERVICE_AT_SITE
    return Route(why, best.organisation, best.focal_point, best.backup)
