"""The rules by which matters find their way, and one example routed by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import languages_of
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.place import Service
from feedback_hub.reads.names import Names, names_for
from feedback_hub.services.routing_trial import Example, Trial, try_out
from feedback_hub.services.rules import Rules


@dataclass(frozen=True)
class Rule:
    """A service as a rule. ``left``: its organisation has gone, so that it counts no more."""

    service: Service
    left: bool


@dataclass(frozen=True)
class Told:
    """An example's way with names. ``speaks``: who of those told speaks the person's language."""

    trial: Trial
    names: Names
    speaks: frozenset[str]


def rules_of(uow: SqlUnitOfWork) -> Sequence[Rule]:
    """Every service, by sector and site."""
    organisation, service = tables.organisation.c, tables.service.c
    gone = set(uow.session.scalars(select(organisation.code).where(~organisation.active)))
    order = (service.sector, service.site, service.organisation)
    found = uow.session.scalars(select(Service).order_by(*order))
    return [Rule(one, one.organisation in gone) for one in found]


def told(uow: SqlUnitOfWork, rules: Rules, example: Example) -> Told:
    """Route an example, in a transaction that the caller throws away. Raises ``Invalid``."""
    trial = try_out(uow, rules, example)
    people = {who for held in trial.rungs for who in (*held.missed, *held.told)}
    names = names_for(uow, people, people)
    heard = {who for held in trial.rungs for who in held.told}
    speaks = {who for who in heard if example.language in languages_of(uow.session, who)}
    return Told(trial, names, frozenset(speaks))


def body(found: Told) -> Mapping[str, object]:
    """As the API says it; an L3's handlers stay a number."""
    trial = found.trial
    landed = trial.lands
    return {
        "sector": trial.sector,
        "sensitivity": trial.sensitivity,
        "priority": trial.priority,
        "organisation": trial.route.organisation,
        "why": "handlers" if trial.group else trial.route.why,
        "handlers": trial.group,
        "accept_by": trial.accept_by.isoformat() if trial.accept_by else None,
        "lands": landed.rung if landed else None,
        "services": [
            {
                "organisation": one.service.organisation,
                "site": one.service.site,
                "verdict": one.verdict,
                "rule": one.rule,
            }
            for one in trial.weighed
        ],
        "rungs": [
            {
                "rung": held.rung,
                "told": [] if trial.group else list(held.told),
                "missed": list(held.missed),
                "count": len(held.told),
                "speaks": sum(who in found.speaks for who in held.told),
            }
            for held in trial.rungs
        ],
    }
