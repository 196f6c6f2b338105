"""Who answers for a matter: a rule of the configuration, else the service of site and sector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from feedback_hub.domain.clock import WorkingCalendar
from feedback_hub.domain.place import EVERYWHERE, Service
from feedback_hub.domain.sensitivity import Sensitivity


class Why(StrEnum):
    """Why a route is what it is, said to the case manager."""

    RULE = "rule"
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
    """One service, and what becomes of it. ``rule`` is the name of the rule that it stands for."""

    service: Service
    verdict: Verdict
    rule: str = ""


@dataclass(frozen=True)
class Route:
    """Where a matter would go. ``organisation`` empty: the case manager's queue, and ``why``."""

    why: Why
    organisation: str = ""
    focal_point: str = ""
    backup: str = ""


@dataclass(frozen=True)
class Matter:
    """What a rule looks at. ``at`` is the moment it comes in (aware)."""

    site: str
    sector: str
    codes: tuple[str, ...]
    sensitivity: Sensitivity
    language: str
    at: datetime


@dataclass(frozen=True)
class RoutingRule:
    """Who gets what, before the services are looked at. Whatever is empty fits everything.

    ``code`` is a code of the frame or a whole type. Between ``opens`` and ``closes`` it holds on
    working days, local time.
    """

    name: str
    organisation: str
    focal_point: str = ""
    backup: str = ""
    site: str = ""
    sector: str = ""
    code: str = ""
    sensitivity: Sensitivity | None = None
    language: str = ""
    opens: time | None = None
    closes: time | None = None

    def fits(self, matter: Matter, calendar: WorkingCalendar) -> bool:
        """Whether it speaks of this matter."""
        types = {code.partition(".")[0] for code in matter.codes}
        return (
            self.site in {"", matter.site}
            and self.sector in {"", matter.sector}
            and (not self.code or self.code in types or self.code in matter.codes)
            and self.sensitivity in {None, matter.sensitivity}
            and self.language in {"", matter.language}
            and (self.opens is None or calendar.is_open(matter.at, self.opens, self.closes))
        )

    @property
    def precision(self) -> int:
        """How much it asks for: the most precise rule goes first."""
        asked = (self.site, self.sector, self.code, self.sensitivity, self.language, self.opens)
        return sum(bool(one) for one in asked)

    def as_service(self, matter: Matter) -> Service:
        """As a service that answers for this matter."""
        return Service(
            f"rule:{self.name}",
            self.site or EVERYWHERE,
            matter.sector,
            self.organisation,
            self.focal_point,
            self.backup,
        )


def fitting(
    rules: Iterable[RoutingRule], matter: Matter, calendar: WorkingCalendar
) -> list[RoutingRule]:
    """The rules that speak of a matter, the most precise first; equals by name."""
    found = (rule for rule in rules if rule.fits(matter, calendar))
    return sorted(found, key=lambda rule: (-rule.precision, rule.name))


def weigh(
    services: Iterable[Service],
    *,
    site: str,
    sector: str,
    on: date,
    accused_organisation: str = "",
    conflicted: frozenset[str] = frozenset(),
    ruled: Iterable[tuple[str, Service]] = (),
) -> list[Weighed]:
    """What becomes of each service, the chosen one first: ``ruled`` first, then at the site.

    ``ruled`` are the rules that fit, in their order, by name. The accused organisation drops out
    (DOMAIN.md, Sensitivity: conflict of interest), and whoever else is ``conflicted``. Ties are
    broken by organisation code, so that the same question gets the same answer.
    """
    out = conflicted | ({accused_organisation} if accused_organisation else set())
    weighed: list[Weighed] = []
    by_place = sorted(services, key=lambda s: (s.site == EVERYWHERE, s.organisation, s.site))
    for rule, service in (*ruled, *(("", one) for one in by_place)):
        verdict = Verdict.RESERVE
        if not rule and not service.serves(site, sector, on):
            verdict = Verdict.ELSEWHERE
        elif service.organisation in out:
            verdict = Verdict.ACCUSED
        elif all(one.verdict is not Verdict.CHOSEN for one in weighed):
            verdict = Verdict.CHOSEN
        weighed.append(Weighed(service, verdict, rule))
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
    weighed = weigh(
        services, site=site, sector=sector, on=on, accused_organisation=accused_organisation
    )
    return chosen(weighed, site=site, sector=sector)


def chosen(weighed: Iterable[Weighed], *, site: str, sector: str) -> Route:
    """The route that follows from what ``weigh`` found."""
    weighed = list(weighed)
    first = next((one for one in weighed if one.verdict is Verdict.CHOSEN), None)
    if first is not None and first.rule:
        service = first.service
        return Route(Why.RULE, service.organisation, service.focal_point, service.backup)
    if not sector:
        return Route(Why.NO_SECTOR)
    best = first.service if first else None
    if best is None:
        if any(one.verdict is Verdict.ACCUSED for one in weighed):
            return Route(Why.ONLY_ACCUSED)
        return Route(Why.NO_SERVICE if site else Why.NO_SITE)
    why = Why.SERVICE_EVERYWHERE if best.site == EVERYWHERE else Why.SERVICE_AT_SITE
    return Route(why, best.organisation, best.focal_point, best.backup)
