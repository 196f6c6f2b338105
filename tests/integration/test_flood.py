"""One contact or account that sends thousands is slowed, kept and shown as one line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services import intake, pacing
from feedback_hub.services.notices import URGENT
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import Queue, Task
from tests.integration.databases import NOW
from workers import schedule
from workers.drain import drain

MINUTE = timedelta(minutes=1)


def sent(hub: Hub, count: int, number: str, channel: str = "sms", text: str = "Sem agua") -> None:
    messages = [
        InboundMessage(f"{channel}{number}{text}{one}", NOW, text, number, number)
        for one in range(count)
    ]
    with hub.unit_of_work() as uow:
        intake.accept(uow, channel, messages, b"", NOW)
        uow.commit()


def heard(hub: Hub) -> int:
    while drain(hub, Queue.INTAKE):
        pass
    with hub.reading() as uow:
        return int(uow.session.scalar(select(func.count()).select_from(tables.message)) or 0)


def floods(hub: Hub) -> list[str]:
    lasting = tables.alert.c
    with hub.reading() as uow:
        return list(
            uow.session.scalars(
                select(lasting.subject).where(
                    lasting.kind == AlertKind.FLOOD, lasting.resolved_at.is_(None)
                )
            )
        )


def unread(hub: Hub) -> int:
    read = tables.case.c.classified_at
    with hub.reading() as uow:
        return int(uow.session.scalar(select(func.count()).where(read.is_(None))) or 0)


def test_what_comes_at_once_is_a_case_first_and_read_after(hub: Hub) -> None:
    for one in range(300):
        sent(hub, 1, f"+2588412{one:05}")
    assert heard(hub) == unread(hub) == 300
    while drain(hub, Queue.TRIAGE):
        pass
    assert unread(hub) == 0


def test_what_is_urgent_is_read_at_once_whatever_else_came(hub: Hub) -> None:
    for one in range(300):
        sent(hub, 1, f"+2588412{one:05}")
    sent(hub, 1, "+258841300001", text="Ha fogo nas tendas, ha pessoas presas la dentro, socorro")
    sent(hub, 1, "+258841300002", text="O homem que da comida pede sexo em troca da comida")
    assert heard(hub) == 302
    assert unread(hub) == 300
    with hub.reading() as uow:
        read = uow.session.scalars(select(Case).where(tables.case.c.classified_at.is_not(None)))
        assert sorted((case.sensitivity.value, case.priority in URGENT) for case in read) == [
            ("L1", True),
            ("L3", True),
        ]


@pytest.mark.parametrize("queue", [Queue.TRIAGE, Queue.DELIVERY])
def test_whoever_reads_or_answers_makes_room_for_what_arrives(hub: Hub, queue: Queue) -> None:
    task = {Queue.TRIAGE: Task.CLASSIFY, Queue.DELIVERY: Task.SEND}[queue]
    with hub.unit_of_work() as uow:
        uow.work(task, "nothing", NOW)
        uow.commit()
    for one in range(300):
        sent(hub, 1, f"+2588412{one:05}")
    assert drain(hub, queue) == 0
    assert heard(hub)
    assert drain(hub, queue)


def test_a_flood_that_goes_on_keeps_nobody_waiting_for_longer_than_a_minute(hub: Hub) -> None:
    hub.clock = lambda: NOW
    for one in range(300):
        sent(hub, 1, f"+2588412{one:05}")
    assert heard(hub) == unread(hub) == 300
    for one in range(300, 600):
        sent(hub, 1, f"+2588412{one:05}")
    hub.clock = lambda: NOW + MINUTE / 2
    assert drain(hub, Queue.TRIAGE) == 0
    hub.clock = lambda: NOW + MINUTE * 2
    assert heard(hub) == 600
    assert unread(hub) == 300
    for one in range(600, 900):
        sent(hub, 1, f"+2588412{one:05}")
    assert drain(hub, Queue.TRIAGE) == 300


def test_a_few_are_read_where_they_become_cases(hub: Hub) -> None:
    for one in range(20):
        sent(hub, 1, f"+2588412{one:05}")
    assert heard(hub) == 20
    assert unread(hub) == 0


def test_a_contact_that_floods_is_heard_at_its_rate_and_nobody_else_waits(hub: Hub) -> None:
    hub.rules = replace(hub.rules, contact_per_minute=5)
    hub.clock = lambda: NOW
    sent(hub, 30, "+258841230001")
    sent(hub, 3, "+258841230002")
    assert heard(hub) == 5 + 3
    assert floods(hub) == ["sms"]
    hub.clock = lambda: NOW + MINUTE
    assert heard(hub) == 5 + 3 + 5
    hub.clock = lambda: NOW + MINUTE * 6
    assert heard(hub) == 33


def test_a_stop_never_waits(hub: Hub) -> None:
    hub.rules = replace(hub.rules, contact_per_minute=1)
    hub.clock = lambda: NOW
    sent(hub, 9, "+258841230001")
    sent(hub, 1, "+258841230001", text="PARAR")
    heard(hub)
    with hub.reading() as uow:
        assert uow.session.scalar(select(tables.contact.c.stopped_at)) is not None


def test_while_nobody_floods_the_tick_only_reads(hub: Hub) -> None:
    begun: list[str] = []
    event.listen(hub.engine, "before_cursor_execute", lambda *said: begun.append(said[2]))
    sent(hub, 3, "+258841230001")
    assert begun, "the test must see what is run"
    begun.clear()
    assert schedule.pace_accounts(hub, NOW) == 0
    # On SQLite "BEGIN IMMEDIATE" is what takes the lock.
    assert [said for said in begun if said != "BEGIN" and not said.startswith("SELECT")] == []


def test_an_account_that_floods_waits_behind_the_others_until_it_is_over(hub: Hub) -> None:
    sent(hub, 1, "+258841230009", channel="telegram")
    for one in range(8):
        sent(hub, 1, f"+25884123000{one}")
    rules = replace(hub.rules, account_per_minute=6)
    with hub.unit_of_work() as uow:
        put_off = pacing.pace_accounts(uow, rules, ["sms", "telegram"], NOW, MINUTE / 2)
        uow.commit()
    assert put_off == 8 - 3
    assert floods(hub) == ["sms"]
    hub.clock = lambda: NOW
    assert heard(hub) == 3 + 1
    hub.clock = lambda: NOW + MINUTE
    assert heard(hub) == 9
    with hub.unit_of_work() as uow:
        assert pacing.pace_accounts(uow, rules, ["sms", "telegram"], NOW + MINUTE, MINUTE) == 0
        uow.commit()
    assert floods(hub) == []
