"""Who would get this, and why: real routing, tried on an example that is never kept.

The caller's transaction is thrown away afterwards. Everything asked here is what asks on the real
road too: the route, the partner's people, the case team and those above them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feedback_hub.domain.access import Actor, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clocks import keep_referral
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.on_call import group_for
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.routing import Route, Weighed, Why
from feedback_hub.domain.sensitivity import Priority, Sensitivity, highest
from feedback_hub.services import notices, referrals, routing
from feedback_hub.services.notices import Rung
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules
from feedback_hub.services.triage import suggest_route


@dataclass(frozen=True)
class Example:
    """What comes in. ``at`` is the moment (UTC); empty sector and level follow from the code."""

    code: str
    at: datetime
    site: str = ""
    sector: str = ""
    sensitivity: Sensitivity | None = None
    language: str = "und"
    accused_organisation: str = ""
    accused_class: AccusedClass | None = None


@dataclass(frozen=True)
class Held:
    """One rung: who would hear of it now, and whom it names besides (accounts or addresses)."""

    rung: Rung
    told: tuple[str, ...]
    missed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """Where an example goes. ``lands`` is the first rung where somebody hears; None: nobody does.

    ``group`` are the handlers an L3 is for, ``accept_by`` until when the partner must accept (UTC).
    """

    sector: str
    sensitivity: Sensitivity
    priority: Priority
    route: Route
    weighed: Sequence[Weighed]
    rungs: Sequence[Held]
    group: str = ""
    accept_by: datetime | None = None

    @property
    def lands(self) -> Held | None:
        """The first rung on which somebody would hear of it."""
        return next((held for held in self.rungs if held.told), None)


def try_out(uow: UnitOfWork, rules: Rules, example: Example) -> Trial:
    """Route the example. The caller must not commit. Raises ``Invalid``."""
    case = _case(uow, rules, example)
    uow.add(case)
    found = suggest_route(uow, rules, case, example.at)
    if case.sensitivity is Sensitivity.L3:
        handlers = notices.team_of(uow, case, 1)
        held = Held(Rung.HANDLERS, tuple(one.id for one in handlers))
        group = group_for((example.code,)).value
        # Whoever may not see such a case learns of no route either.
        return Trial(
            case.sector, case.sensitivity, case.priority, Route(Why.NO_SERVICE), (), [held], group
        )
    trial = Trial(
        sector=case.sector,
        sensitivity=case.sensitivity,
        priority=case.priority,
        route=found,
        weighed=routing.weighed(uow, rules, case, example.at),
        rungs=_mechanism(uow, rules, case),
    )
    if not found.organisation:
        return trial
    referral = referrals.draft(uow, rules, case, found.organisation, "example", example.at)
    referral.send("example", example.at)
    calendar = rules.calendar_of(organisation=found.organisation, site=case.site)
    keep_referral(referral, case.priority, rules.targets, calendar, example.at)
    partner = [
        _held(rules, rung, asked)
        for rung, asked in notices.partner_rungs(uow, case, referral, 1, example.at)
    ]
    return replace(trial, rungs=[*partner, *trial.rungs], accept_by=referral.due_at)


def _case(uow: UnitOfWork, rules: Rules, example: Example) -> Case:
    if example.code not in rules.frame:
        raise Invalid("code", "is not in the coding frame")
    if example.site and not uow.site_exists(example.site):
        raise Invalid("site", "is no site we know")
    if example.sector and example.sector not in set(Sector):
        raise Invalid("sector", f"must be one of {', '.join(Sector)}")
    codes = (example.code,)
    least = rules.frame.sensitivity_of(codes)
    return Case(
        id=new_id(),
        ref=uow.new_reference(),
        channel="example",
        received_at=example.at,
        entered_at=example.at,
        entered_by="example",
        state=CaseState.TRIAGED,
        site=example.site,
        language=example.language,
        codes=codes,
        type=rules.frame.type_of(codes),
        sector=example.sector or rules.frame.sector_of(codes),
        # A code never counts for less than the frame says.
        sensitivity=highest(least, example.sensitivity or least),
        priority=rules.frame.priority_of(codes),
        accused_organisation=example.accused_organisation,
        accused_class=example.accused_class,
    )


def _mechanism(uow: UnitOfWork, rules: Rules, case: Case) -> list[Held]:
    """The case team, the coordinators, and the address that the ladder ends at."""
    above = [one for one in notices.team_of(uow, case, 3) if Role.COORDINATOR in one.roles]
    last = (rules.last_rung,) if rules.last_rung else ()
    return [
        Held(Rung.TEAM, tuple(one.id for one in notices.team_of(uow, case, 1))),
        Held(Rung.COORDINATORS, tuple(one.id for one in above)),
        _held(rules, Rung.LAST, {one: one for one in last}),
    ]


def _held(rules: Rules, rung: Rung, asked: Mapping[str, Actor | str | None]) -> Held:
    """An address without an account hears by e-mail only."""
    told, missed = [], []
    for address, person in asked.items():
        if isinstance(person, Actor):
            told.append(person.id)
        elif person is not None and rules.sends_mail:
            told.append(person)
        else:
            missed.append(address)
    return Held(rung, tuple(told), tuple(missed))
