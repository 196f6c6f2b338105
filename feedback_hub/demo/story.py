"""Sixty days of invented work, told by the real services: every screen has something to show."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case, CaseState, Outcome
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.referral import DeclineReason, Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, intake, loopback, referrals, triage
from feedback_hub.services.records import Queue
from feedback_hub.services.triage import Decision
from workers.drain import drain

CHANNEL = "handset"
_HOUR = timedelta(hours=1)

NOTES = (
    "Please look at this with the site committee.",
    "Several families say the same. Please tell us when you can go.",
    "The person will be at the help desk on Tuesday.",
)
ANSWERS = (
    "Our team went there and repaired it. It works again since yesterday.",
    "The list was checked and the family will receive at the next distribution.",
    "The material has arrived and will be given out this week.",
)


@dataclass(frozen=True)
class Told:
    """One invented message and when it came."""

    id: str
    text: str
    language: str
    site: str
    at: datetime


def messages(now: datetime) -> Iterator[Told]:
    """The invented messages, the oldest first."""
    chance = random.Random(1458)  # noqa: S311  the same demonstration every time
    with resources.files("feedback_hub.demo").joinpath("messages.csv").open("r", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = [
        Told(
            row["id"],
            row["text"],
            row["language"],
            row["site"],
            now
            - timedelta(days=float(row["days_ago"]))
            - timedelta(minutes=chance.randrange(20, 600)),
        )
        for row in rows
    ]
    yield from sorted(told, key=lambda one: one.at)


def tell(hub: Hub, actors: Mapping[str, Actor]) -> int:
    """Let every message arrive in its own time and most cases be worked on; how many came."""
    now = hub.clock()
    chance = random.Random(1458)  # noqa: S311
    count = 0
    for told in messages(now):
        at = _at(hub, told.at)
        number = f"+25884{chance.randrange(1_000_000, 9_999_999)}"
        with at.unit_of_work() as uow:
            arrived = InboundMessage(
                told.id, told.at, told.text, number, number, language="und", site=told.site
            )
            intake.accept(uow, CHANNEL, [arrived], b"", told.at)
            uow.commit()
        for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY):
            drain(at, queue)
        _live(hub, actors, told, now, chance)
        count += 1
    return count


def _live(
    hub: Hub, actors: Mapping[str, Actor], told: Told, now: datetime, chance: random.Random
) -> None:
    """What became of the case, as far as there was time for it."""
    age = now - told.at
    manager = actors["ana@demo.example"]
    with hub.unit_of_work() as uow:
        case = _case_of(uow, told)
        if case is None:
            return
        moment = _steps(told.at, now, chance)
        if case.sensitivity is Sensitivity.L3:
            if age > timedelta(days=4):
                _handle(uow, hub, actors["eva@demo.example"], case, moment())
        elif age > timedelta(days=1.2):
            _work(uow, hub, actors, manager, case, moment, age, chance)
        uow.commit()


def _handle(uow: SqlUnitOfWork, hub: Hub, handler: Actor, case: Case, at: datetime) -> None:
    triage.triage(uow, hub.rules, handler, case.ref, Decision(), at)
    uow.session.flush()
    casework.hand_off(uow, hub.rules, handler, case.ref, "", at + _HOUR)


def _work(
    uow: SqlUnitOfWork,
    hub: Hub,
    actors: Mapping[str, Actor],
    manager: Actor,
    case: Case,
    moment: Callable[[], datetime],
    age: timedelta,
    chance: random.Random,
) -> None:
    triage.triage(uow, hub.rules, manager, case.ref, Decision(site=case.site or None), moment())
    uow.session.flush()
    if case.type in {"thanks", "other"}:
        reason = "No answer is needed."
        outcome = Outcome.NOT_FEEDBACK
        casework.close(uow, hub.rules, manager, case.ref, outcome, reason, moment())
        return
    partner = actors.get(f"{case.route_organisation}@demo.example")
    reach = chance.random() * 4 + age.days / 3
    if not case.route_organisation:
        if reach > 3:  # noqa: PLR2004  of a scale of its own
            _close(uow, hub, manager, case, moment, age)
        return
    referral = referrals.refer(
        uow,
        hub.rules,
        manager,
        case.ref,
        case.route_organisation,
        moment(),
        note=chance.choice(NOTES),
    )
    uow.session.flush()
    if partner is None:
        partner = _stand_in(case)
    if _answered(uow, hub, partner, referral, moment, reach, chance):
        referrals.verify(uow, hub.rules, manager, referral.id, True, "", moment())
        uow.session.flush()
        _close(uow, hub, manager, case, moment, age)


def _answered(
    uow: SqlUnitOfWork,
    hub: Hub,
    partner: Actor,
    referral: Referral,
    moment: Callable[[], datetime],
    reach: float,
    chance: random.Random,
) -> bool:
    """Let the partner go as far as ``reach`` says; True when the answer can be verified."""
    if reach < 1.5:  # noqa: PLR2004
        return False
    if chance.random() < 0.1:  # noqa: PLR2004
        why = DeclineReason.NO_CAPACITY
        referrals.decline(uow, hub.rules, partner, referral.id, why, "", moment())
        return False
    referrals.accept(uow, hub.rules, partner, referral.id, moment())
    uow.session.flush()
    if reach < 3:  # noqa: PLR2004
        return False
    answer = chance.choice(ANSWERS)
    referrals.answer(uow, hub.rules, partner, referral.id, answer, Outcome.RESOLVED, moment())
    uow.session.flush()
    return reach > 4  # noqa: PLR2004


def _close(
    uow: SqlUnitOfWork,
    hub: Hub,
    manager: Actor,
    case: Case,
    moment: Callable[[], datetime],
    age: timedelta,
) -> None:
    text = "We looked into it and it is being taken care of."
    casework.answer(uow, hub.rules, manager, case.ref, text, Outcome.RESOLVED, moment())
    uow.session.flush()
    if age < timedelta(days=6):
        return
    loopback.loop_back(uow, hub.rules, manager, case.ref, None, moment())
    uow.session.flush()
    if age > timedelta(days=10):
        reason = "The person heard the answer and has nothing to add."
        casework.close(uow, hub.rules, manager, case.ref, Outcome.RESOLVED, reason, moment())


def _stand_in(case: Case) -> Actor:
    return Actor("demo", memberships=(Membership(Role.FOCAL_POINT, case.route_organisation),))


def _steps(start: datetime, now: datetime, chance: random.Random) -> Callable[[], datetime]:
    """Moments after ``start``, each some hours later, never after ``now``."""
    at = start

    def moment() -> datetime:
        nonlocal at
        at = min(now, at + timedelta(minutes=chance.randrange(40, 900)))
        return at

    return moment


def _case_of(uow: SqlUnitOfWork, told: Told) -> Case | None:
    message = tables.message.c
    case_id = uow.session.scalar(
        select(message.case_id).where(message.channel == CHANNEL, message.external_id == told.id)
    )
    case = uow.case(case_id) if case_id else None
    return case if case and case.state is CaseState.RECEIVED else None


def _at(hub: Hub, at: datetime) -> Hub:
    """The same hub with its clock at ``at``, on the same connections."""
    then = replace(hub, clock=lambda: at + timedelta(minutes=1))
    then.__dict__["engine"] = hub.engine
    return then
