"""What must be true after any faults, and what was found."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, func, literal, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.seals import address_bound_to, text_bound_to
from tests.integration.system import System
from tests.providers.kannel import GatewayServer

ASKED, UNASKED = "sms", "shortcode"
"""The account whose provider can be asked what it took, and the one whose gateway cannot."""
SPARED = 4
"""Every so many messages one comes through the gateway."""
TEXTS = (
    "A bomba de agua esta avariada ha tres dias",
    "Nao recebemos comida este mes",
    "A lona da tenda rasgou com o vento",
    "Obrigado pela ajuda",
    "Querem dinheiro para pôr o meu nome na lista",
)
"""What people write, one after the other."""
_AT_ONCE = 500
"""Messages that are opened together."""
_SENT = {DeliveryState.SENT, DeliveryState.DELIVERED}


@dataclass(frozen=True)
class Line:
    """One thing that must be so."""

    what: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Acknowledgement:
    """One that was to be sent, and what became of it."""

    channel: str
    state: DeliveryState
    provider_id: str | None
    sensitivity: Sensitivity
    case_id: str


def lines(
    system: System, gateway: GatewayServer, people: Sequence[str], orphans: Sequence[int]
) -> Iterator[Line]:
    """Every promise, for one message from each of ``people``."""
    with system.hub.reading() as uow:
        yield from _kept(uow, system, len(people))
        yield _whose(uow, system, people)
        yield from _told(uow, system, gateway)
        yield from _once(uow)
    verified = subprocess.run(
        [sys.executable, "-m", "feedback_hub", "audit", "verify"],
        env=system.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    last = (verified.stdout + verified.stderr).strip().splitlines()[-1:] or [""]
    yield Line("the audit log's chain", last[0][:90], verified.returncode == 0)
    yield Line("no process left", f"{len(orphans)} are", not orphans)


def _kept(uow: SqlUnitOfWork, system: System, wanted: int) -> Iterator[Line]:
    message = tables.message.c
    written = {one.sid for one in system.twilio.messages if one.direction == "inbound"}
    by_gateway = {f"mo-{number}" for number in range(0, wanted, SPARED)}
    kept = uow.session.execute(select(message.channel, message.external_id, message.case_id)).all()
    cases_of = Counter(row.external_id for row in kept)
    missing = len((written | by_gateway) - cases_of.keys())
    strange = len(cases_of.keys() - written - by_gateway)
    shared = _again(Counter(row.case_id for row in kept))
    yield Line(
        "what was written is what was kept, each a case of its own",
        f"{missing} missing, {strange} nobody wrote, {_again(cases_of)} twice, {shared} together",
        not (missing or strange or _again(cases_of) or shared),
    )
    for what, table in (
        ("messages kept, each once", tables.message),
        ("cases, one a message", tables.case),
        ("people, one a number", tables.contact),
    ):
        found = uow.session.scalar(select(func.count()).select_from(table)) or 0
        yield Line(what, f"{found} of {wanted}", found == wanted)
    left: Counter[str] = Counter()
    tasks: Sequence[tuple[Table, ColumnElement[str]]] = (
        (tables.inbox, literal("register")),
        (tables.outbox, tables.outbox.c.task),
    )
    for table, task in tasks:
        for word, condition in (
            ("waiting", table.c.set_aside_at.is_(None) & (table.c.attempts > 0)),
            ("set aside", table.c.set_aside_at.is_not(None)),
        ):
            rows = select(task).where(table.c.handled_at.is_(None), condition)
            left.update(f"{one} {word}" for one in uow.session.scalars(rows))
    said = ", ".join(f"{count} {word}" for word, count in left.items()) or "nothing"
    yield Line("nothing begun and left, nothing set aside", said, not left)


def _whose(uow: SqlUnitOfWork, system: System, people: Sequence[str]) -> Line:
    """Messages are taken in by the group: nobody's words, number or case may be another's."""
    written = {one.sid: (one.sender, one.body) for one in system.twilio.messages}
    for number in range(0, len(people), SPARED):
        written[f"mo-{number}"] = people[number], TEXTS[number % len(TEXTS)]
    message, contact = tables.message.c, tables.contact.c
    rows = uow.session.execute(
        select(
            *(message.external_id, message.id, message.key_id, message.text_sealed),
            *(contact.id.label("person"), contact.key_id.label("keyed"), contact.address_sealed),
            tables.case.c.contact_id,
        )
        .join(tables.contact, contact.id == message.contact_id)
        .join(tables.case, tables.case.c.id == message.case_id)
    ).all()
    wrong = 0
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        uow.vault.load({key for row in some for key in (row.key_id, row.keyed)})
        for row in some:
            address = uow.vault.open(row.keyed, row.address_sealed, address_bound_to(row.person))
            words = uow.vault.open(row.key_id, row.text_sealed, text_bound_to(row.id))
            found = f"+{address.lstrip('+')}", words
            wrong += found != written.get(row.external_id) or row.contact_id != row.person
    said = f"{wrong} of {len(rows)} are not"
    return Line("each with its own words, under its writer's number", said, not wrong)


def _told(uow: SqlUnitOfWork, system: System, gateway: GatewayServer) -> Iterator[Line]:
    delivery, case = tables.delivery.c, tables.case.c
    found = uow.session.execute(
        select(delivery.channel, delivery.state, delivery.provider_id, case.sensitivity, case.id)
        .join(tables.case, case.id == delivery.case_id)
        .where(delivery.purpose == Purpose.ACKNOWLEDGEMENT)
    )
    rows = [Acknowledgement(*row) for row in found]
    silent = uow.session.scalar(
        select(func.count()).where(case.sensitivity == Sensitivity.L3, case.id.not_in(_ids(rows)))
    )
    cases = uow.session.scalar(select(func.count()).select_from(tables.case)) or 0
    said = f"{len(rows)} and {silent} highly sensitive ones without, of {cases}"
    once = len(set(_ids(rows))) == len(rows) == cases - (silent or 0)
    yield Line("one acknowledgement a case", said, once)
    withheld = [row for row in rows if row.state is DeliveryState.WITHHELD]
    only_l3 = all(row.sensitivity is Sensitivity.L3 for row in withheld)
    yield Line("withheld from the highly sensitive only", f"{len(withheld)} were", only_l3)
    mine = [row for row in rows if row.channel == ASKED and row not in withheld]
    accepted = Counter(message.sid for message in system.twilio.sent)
    heard = Counter(message.recipient for message in system.twilio.sent)
    known = {row.provider_id for row in mine if row.state in _SENT}
    yield Line(
        "where it can be asked: each sent exactly once",
        f"{_counted(mine)}; the provider took {len(accepted)}, {_again(heard)} of them twice",
        len(known) == len(mine) == len(accepted) and known == accepted.keys() and not _again(heard),
    )
    others = [row for row in rows if row.channel == UNASKED and row not in withheld]
    took = Counter(call.parameters.get("to", "") for call in gateway.sent)
    sent = sum(row.state in _SENT for row in others)
    unknown = sum(row.state is DeliveryState.OUTCOME_UNKNOWN for row in others)
    yield Line(
        "where it cannot: sent once, or said to be unknown",
        f"{_counted(others)}; the gateway took {len(took)}, {_again(took)} of them twice",
        sent + unknown == len(others) and sent <= len(took) <= sent + unknown and not _again(took),
    )


def _once(uow: SqlUnitOfWork) -> Iterator[Line]:
    event, notice = tables.case_event.c, tables.notice.c
    steps = Counter(
        (row.case_id, row.about, row.kind, row.detail.get("duty"), row.detail.get("step"))
        for row in uow.session.execute(
            select(event.case_id, event.about, event.kind, event.detail).where(
                event.kind.in_((EventKind.REMINDED, EventKind.ESCALATED))
            )
        )
    )
    found = f"{len(steps)} steps, {_again(steps)} taken twice"
    yield Line("no clock escalated twice", found, bool(steps) and not _again(steps))
    # Each rung tells a person once: nobody may have heard more often than there were steps.
    rungs = Counter(case_id for case_id, *_ in steps)
    told = Counter(
        (row.case_id, row.account_id)
        for row in uow.session.execute(
            select(notice.case_id, notice.account_id).where(
                notice.kind.in_((NoticeKind.REMINDER, NoticeKind.OVERDUE))
            )
        )
    )
    more = sum(count > rungs[case_id] for (case_id, _), count in told.items())
    yield Line("nobody told of one twice", f"{told.total()} notices, {more} too often", not more)


def _ids(rows: Sequence[Acknowledgement]) -> list[str]:
    return [row.case_id for row in rows]


def _counted(rows: Sequence[Acknowledgement]) -> str:
    states = Counter(row.state for row in rows)
    return ", ".join(f"{count} {state.value}" for state, count in sorted(states.items())) or "none"


def _again(counted: Mapping[Any, int]) -> int:
    return sum(count > 1 for count in counted.values())
