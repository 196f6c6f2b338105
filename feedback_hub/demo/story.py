"""Sixty days of invented work, told by the real services: every screen has something to show."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources

from sqlalchemy import select, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import DeliveryState, InboundMessage, MessageKind
from feedback_hub.domain.person import AgeBand, Disability, Person, PopulationGroup, Sex
from feedback_hub.domain.referral import DeclineReason, Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, intake, loopback, referrals, rereading, triage
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.work import InboxKind
from feedback_hub.services.triage import Decision

CHANNEL = "handset"
ACCOUNTS = {
    # How the message came → the accounts of ``demo.channels`` it may have come on.
    "sms": ("sms", "sms", "shortcode", "telegram", "whatsapp"),
    "desk": ("form", "form", "form", "mail"),
    "hotline": ("line",),
    "handset": (CHANNEL,),
}
_HOUR = timedelta(hours=1)

NOTES = (
    "Por favor vejam isto com o comité do centro.",
    "Várias famílias dizem o mesmo. Digam-nos quando podem ir.",
    "A pessoa vem ao balcão de apoio na terça-feira.",
)
ANSWERS = (
    "A nossa equipa foi lá na segunda-feira, falou com a família e resolveu na hora.",
    "Verificámos isto com o comité do centro. Ficou resolvido esta semana.",
    "O que faltava já chegou; a família foi informada de quando e onde.",
)


@dataclass(frozen=True)
class Told:
    """One invented message and when it came."""

    id: str
    text: str
    language: str
    site: str
    at: datetime
    channel: str


def messages(now: datetime) -> Iterator[Told]:
    """The invented messages, the oldest first."""
    chance = random.Random(1458)
    written = resources.files("feedback_hub.demo").joinpath("messages.csv").read_text("utf-8")
    told = [
        Told(
            row["id"],
            row["text"],
            row["language"],
            row["site"],
            now
            - timedelta(days=float(row["days_ago"]))
            - timedelta(minutes=chance.randrange(20, 600)),
            chance.choice(ACCOUNTS[row["channel"]]),
        )
        for row in csv.DictReader(written.splitlines())
    ]
    # In the last days many speak of the same.
    burst = [one for one in told if one.site == "NTOKOTA" and "bomba" in one.text.lower()]
    for number, one in enumerate(burst * 3):
        at = now - timedelta(hours=9 + number * 14, minutes=chance.randrange(50))
        told.append(replace(one, id=f"again-{number}-{one.id}", at=at))
    yield from sorted(told, key=lambda one: one.at)


def tell(hub: Hub, actors: Mapping[str, Actor]) -> int:
    """Let every message arrive in its own time and most cases be worked on; how many came."""
    now = hub.clock()
    chance = random.Random(1458)
    count = 0
    for told in messages(now):
        # One transaction each, where workers would take a dozen: people wait for this.
        with hub.unit_of_work() as uow:
            case = _arrive(uow, hub, told, chance)
            if case is not None:
                _live(uow, hub, actors, case, now, chance)
            uow.commit()
        count += 1
    return count


def _arrive(uow: SqlUnitOfWork, hub: Hub, told: Told, chance: random.Random) -> Case | None:
    """What the web and the workers do with a message, at the time it came."""
    at = told.at + timedelta(minutes=1)
    number = f"+25884{chance.randrange(1_000_000, 9_999_999)}"
    kind = MessageKind.CALL if told.channel == "line" else MessageKind.TEXT
    message = InboundMessage(told.id, told.at, told.text, number, number, kind=kind, site=told.site)
    intake.accept(uow, told.channel, [message], b"", told.at)
    row = uow.accepted(told.channel, InboxKind.MESSAGE, told.id)
    if row is None:
        return None
    intake.register(uow, hub.rules, hub.classifier, row.id, at)
    row.handled_at = at
    uow.session.flush()
    case = uow.case(row.case_id) if row.case_id else None
    if case is None:
        return None
    if chance.random() < 0.75:
        case.person = Person(
            chance.choices((Sex.FEMALE, Sex.MALE), (3, 4))[0],
            chance.choices(list(AgeBand), (1, 6, 4, 2, 1))[0],
            chance.choices(list(Disability), (1, 9, 3))[0],
            PopulationGroup.IDP,
        )
    for said in uow.messages_of(case.id):
        triage.classify(uow, hub.rules, hub.classifier, hub.gazetteer, said.id, at)
    # The full model would take longer than people wait for a demonstration.
    rereading.raise_doubted(uow, hub.rules, case.id, at)
    uow.session.flush()
    _settle_work(uow, at)
    return case


def _settle_work(uow: SqlUnitOfWork, at: datetime) -> None:
    """The work this caused is done; what was to be sent is with the practice phone at once."""
    uow.session.flush()
    outbox = tables.outbox.c
    uow.session.execute(
        update(tables.outbox).where(outbox.handled_at.is_(None)).values(handled_at=at)
    )
    queued = select(Delivery).where(tables.delivery.c.state == DeliveryState.QUEUED)
    for delivery in uow.session.scalars(queued):
        delivery.attempts, delivery.attempted_at, delivery.tried_at = 1, at, at
        delivery.provider_id = f"sandbox-{delivery.id}"
        delivery.advance(DeliveryState.SENT, at)
        case = uow.case(delivery.case_id) if delivery.case_id else None
        if case is not None:
            case.note(EventKind.DELIVERY, delivery.id, "machine", at)


def _live(
    uow: SqlUnitOfWork,
    hub: Hub,
    actors: Mapping[str, Actor],
    case: Case,
    now: datetime,
    chance: random.Random,
) -> None:
    """What became of the case, as far as there was time for it."""
    age = now - case.received_at
    moment = _steps(case.received_at, now, chance)
    if case.sensitivity is Sensitivity.L3:
        if age > timedelta(days=4):
            _handle(uow, hub, actors["eva@demo.example"], case, moment())
    elif age > timedelta(days=1.2):
        _work(uow, hub, actors, actors["ana@demo.example"], case, moment, age, chance)
    _settle_work(uow, case.closed_at or moment())


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
        reason = "Não precisa de resposta."
        outcome = Outcome.NOT_FEEDBACK
        casework.close(uow, hub.rules, manager, case.ref, outcome, reason, moment())
        return
    partner = actors.get(f"{case.route_organisation}@demo.example")
    reach = chance.random() * 4 + age.days / 3
    if not case.route_organisation:
        if reach > 3:
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
    if reach < 1.5:
        return False
    if chance.random() < 0.1:
        why = DeclineReason.NO_CAPACITY
        referrals.decline(uow, hub.rules, partner, referral.id, why, "", moment())
        return False
    referrals.accept(uow, hub.rules, partner, referral.id, moment())
    uow.session.flush()
    if reach < 3:
        return False
    answer = chance.choice(ANSWERS)
    referrals.answer(uow, hub.rules, partner, referral.id, answer, Outcome.RESOLVED, moment())
    uow.session.flush()
    return reach > 4


def _close(
    uow: SqlUnitOfWork,
    hub: Hub,
    manager: Actor,
    case: Case,
    moment: Callable[[], datetime],
    age: timedelta,
) -> None:
    text = "Vimos o que se passa e já está a ser tratado."
    casework.answer(uow, hub.rules, manager, case.ref, text, Outcome.RESOLVED, moment())
    uow.session.flush()
    if age < timedelta(days=6):
        return
    loopback.loop_back(uow, hub.rules, manager, case.ref, None, moment())
    uow.session.flush()
    if age > timedelta(days=10):
        reason = "A pessoa ouviu a resposta e não tem mais nada a dizer."
        casework.close(uow, hub.rules, manager, case.ref, Outcome.RESOLVED, reason, moment())
        uow.session.flush()
        # As random as the case's own number is.
        if (luck := int(case.ref[-4:-1]) / 1000) < 0.6:
            case.judge(luck < 0.45, None, "demo", moment())


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
