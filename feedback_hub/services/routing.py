"""Where a matter goes: the configured rules, then the services, less whoever is no judge of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.place import Service
from feedback_hub.domain.routing import Matter, Route, Weighed, Why, chosen, fitting, weigh
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules


def find(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> Route:
    """Where the case would be referred; an L3 is routed by its handlers only."""
    if case.sensitivity is Sensitivity.L3:
        return Route(Why.NO_SERVICE)
    return chosen(weighed(uow, rules, case, now), site=case.site, sector=case.sector)


def weighed(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> list[Weighed]:
    """Every rule and service that was looked at, the chosen one first."""
    services = uow.services_on(case.sector, now.date())
    matter = _matter(case, now)
    calendar = rules.calendar_of(site=case.site)
    ruled = [
        (rule.name, rule.as_service(matter))
        for rule in fitting(rules.routing, matter, calendar)
        if uow.organisation_exists(rule.organisation)
    ]
    asked = [service for _, service in ruled] + list(services)
    return weigh(
        services,
        site=case.site,
        sector=case.sector,
        on=now.date(),
        accused_organisation=case.accused_organisation,
        conflicted=conflicted(uow, case, asked),
        ruled=ruled,
    )


def people_of(uow: UnitOfWork, rules: Rules, case: Case, organisation: str, now: datetime) -> Route:
    """Who of one organisation answers for the case: by a rule or a service that fits."""
    matter = _matter(case, now)
    calendar = rules.calendar_of(site=case.site)
    ruled = [
        (rule.name, rule.as_service(matter))
        for rule in fitting(rules.routing, matter, calendar)
        if rule.organisation == organisation
    ]
    theirs = [
        one for one in uow.services_on(case.sector, now.date()) if one.organisation == organisation
    ]
    found = weigh(theirs, site=case.site, sector=case.sector, on=now.date(), ruled=ruled)
    return chosen(found, site=case.site, sector=case.sector)


def conflicted(uow: UnitOfWork, case: Case, services: Iterable[Service]) -> frozenset[str]:
    """The organisations among these that are no judge of the case (DOMAIN.md, Sensitivity).

    The accused one, and where anybody is accused every committee of the people's own: leaders hear
    of no complaint about somebody.
    """
    if not accuses(case):
        return frozenset()
    asked = {service.organisation for service in services}
    return frozenset(
        code for code in asked if code == case.accused_organisation or uow.is_community(code)
    )


def accuses(case: Case) -> bool:
    """Whether an organisation or somebody is accused."""
    return bool(case.accused_organisation) or case.accused_class is not None


def _matter(case: Case, now: datetime) -> Matter:
    return Matter(case.site, case.sector, case.codes, case.sensitivity, case.language, now)
