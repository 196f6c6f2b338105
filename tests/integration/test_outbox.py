"""Work that waits: nobody does it twice, nobody's death loses it, poison stops nobody."""

from __future__ import annotations

import inspect
import threading
import uuid
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from feedback_hub.adapters import outbox, tables
from feedback_hub.adapters.kept.transaction import QUEUE_OF
from feedback_hub.adapters.outbox import Claim
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services import intake
from feedback_hub.services.records.work import Queue, Task
from tests.integration.databases import NOW, PostgresServer, opened
from tests.integration.test_unit_of_work import inbox_row
from workers import alone
from workers import drain as draining
from workers.worker import run_worker

LATER = NOW + outbox.LEASE + timedelta(seconds=1)


def put(hub: Hub, count: int, task: Task = Task.CLASSIFY, at: datetime = NOW) -> set[str]:
    subjects = {uuid.uuid4().hex for _ in range(count)}
    with hub.unit_of_work() as uow:
        for subject in subjects:
            uow.work(task, subject, at)
        uow.commit()
    return subjects


def claim(
    hub: Hub, queue: Queue = Queue.TRIAGE, now: datetime = NOW, batch: int = outbox.BATCH
) -> list[Claim]:
    with hub.unit_of_work() as uow:
        claims = outbox.claim(uow.session, queue, now, batch=batch)
        uow.commit()
    return claims


def finish(hub: Hub, claimed: Claim, now: datetime = NOW) -> bool:
    with hub.unit_of_work() as uow:
        done = outbox.finish(uow.session, claimed, now)
        uow.commit()
    return done


def test_work_is_claimed_with_what_it_is_about(hub: Hub) -> None:
    subjects = put(hub, 3)
    claims = claim(hub)
    assert {c.subject_id for c in claims} == subjects
    assert {(c.task, c.attempts, c.leased_until) for c in claims} == {
        (Task.CLASSIFY, 1, NOW + outbox.LEASE)
    }


def test_an_inbox_row_is_work_about_itself(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        row = inbox_row(uow, "SM1")
        assert uow.add_inbox(row)
        uow.commit()
    (claimed,) = claim(hub, Queue.INTAKE)
    assert (claimed.id, claimed.subject_id, claimed.task) == (row.id, row.id, None)
    assert finish(hub, claimed)
    assert claim(hub, Queue.INTAKE, LATER) == []


def test_each_queue_has_its_own_work(hub: Hub) -> None:
    put(hub, 1)
    assert claim(hub, Queue.DELIVERY) == []
    assert claim(hub, Queue.INTAKE) == []
    assert len(claim(hub, Queue.TRIAGE)) == 1


@pytest.mark.parametrize("batch", [1, 3])
def test_a_batch_is_never_larger_than_asked_and_takes_the_longest_waiting(
    hub: Hub, batch: int
) -> None:
    for minutes in range(6):
        put(hub, 1, at=NOW - timedelta(minutes=minutes))
    waiting = tables.outbox.c
    with hub.reading() as uow:
        oldest = select(waiting.id).order_by(waiting.available_at).limit(batch)
        expected = set(uow.session.scalars(oldest))
    assert {c.id for c in claim(hub, batch=batch)} == expected


def test_work_for_later_waits(hub: Hub) -> None:
    put(hub, 1, at=NOW + timedelta(minutes=5))
    assert claim(hub) == []
    assert len(claim(hub, now=NOW + timedelta(minutes=5))) == 1


def test_what_is_claimed_is_nobody_else_s_until_the_lease_runs_out(hub: Hub) -> None:
    put(hub, 2)
    first = claim(hub)
    assert claim(hub) == []
    assert claim(hub, now=NOW + outbox.LEASE) == []
    second = claim(hub, now=LATER)
    assert {c.id for c in second} == {c.id for c in first}
    assert {c.attempts for c in second} == {2}


def test_whoever_lost_the_lease_changes_nothing(hub: Hub) -> None:
    put(hub, 1)
    (lost,) = claim(hub)
    (held,) = claim(hub, now=LATER)
    with hub.unit_of_work() as uow:
        assert not outbox.finish(uow.session, lost, LATER)
        assert outbox.renew(uow.session, lost, LATER) is None
        outbox.postpone(uow.session, lost, LATER + timedelta(days=9))
        outbox.fail(uow.session, lost, LATER, "late")
        uow.commit()
    assert finish(hub, held, LATER)


def test_done_is_done_once(hub: Hub) -> None:
    put(hub, 1)
    (claimed,) = claim(hub)
    assert finish(hub, claimed)
    assert not finish(hub, claimed)
    assert claim(hub, now=LATER) == []


def test_a_renewed_lease_holds_and_the_old_claim_does_not(hub: Hub) -> None:
    put(hub, 1)
    (old,) = claim(hub)
    soon = NOW + timedelta(seconds=60)
    with hub.unit_of_work() as uow:
        renewed = outbox.renew(uow.session, old, soon)
        uow.commit()
    assert renewed is not None
    assert claim(hub, now=LATER) == []
    assert not finish(hub, old, soon)
    assert finish(hub, renewed, soon)


def test_waiting_that_is_part_of_the_work_is_no_failure(hub: Hub) -> None:
    put(hub, 1)
    (claimed,) = claim(hub)
    with hub.unit_of_work() as uow:
        outbox.postpone(uow.session, claimed, NOW + timedelta(seconds=30), counts=False)
        uow.commit()
    assert claim(hub, now=NOW + timedelta(seconds=29)) == []
    (again,) = claim(hub, now=NOW + timedelta(seconds=30))
    assert again.attempts == 1


def test_what_a_worker_has_no_time_for_keeps_its_place_and_waits_for_nobody_s_clock(
    hub: Hub,
) -> None:
    put(hub, 1, at=NOW - timedelta(minutes=5))
    put(hub, 3)
    # Half an hour fast: it would put off by that what it gives back.
    (first,) = claim(hub, now=NOW + timedelta(minutes=30), batch=1)
    with hub.unit_of_work() as uow:
        assert outbox.give_back(uow.session, first)
        assert not outbox.give_back(uow.session, first)
        uow.commit()
    (again,) = claim(hub, batch=1)
    assert (again.id, again.attempts) == (first.id, 1)


def test_poison_is_tried_ever_more_rarely_and_then_set_aside(hub: Hub) -> None:
    put(hub, 1)
    now, waits = NOW, []
    for attempt in range(1, outbox.MOST_ATTEMPTS + 1):
        (claimed,) = claim(hub, now=now)
        assert claimed.attempts == attempt
        with hub.unit_of_work() as uow:
            set_aside = outbox.fail(uow.session, claimed, now, "Broken")
            uow.commit()
        assert set_aside == (attempt == outbox.MOST_ATTEMPTS)
        waiting = tables.outbox.c
        with hub.reading() as uow:
            row = uow.session.execute(select(waiting.available_at, waiting.fault)).one()
        assert row.fault == "Broken"
        waits.append((row.available_at - now).total_seconds())
        now = max(now, row.available_at)
    assert waits[:-1] == sorted(set(waits[:-1]))
    assert claim(hub, now=now + timedelta(days=30)) == []
    with hub.reading() as uow:
        assert outbox.waiting(uow.session, now) == {}
        assert outbox.unfinished(uow.session) == 0


def test_what_waits_is_counted(hub: Hub) -> None:
    put(hub, 3)
    put(hub, 2, Task.SEND)
    put(hub, 1, at=NOW + timedelta(hours=1))
    finish(hub, claim(hub, batch=1)[0])
    with hub.reading() as uow:
        assert outbox.waiting(uow.session, NOW) == {Queue.TRIAGE: 2, Queue.DELIVERY: 2}
        assert outbox.unfinished(uow.session) == 5


def test_many_claimers_at_once_never_hold_the_same_row(hub: Hub) -> None:
    subjects = put(hub, 120)
    start = threading.Barrier(4)
    taken: list[list[str]] = [[] for _ in range(4)]

    def work(mine: list[str]) -> None:
        start.wait()
        while claims := claim(hub, batch=7):
            mine.extend(c.subject_id for c in claims)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    everything = [subject for mine in taken for subject in mine]
    assert len(everything) == len(subjects)
    assert set(everything) == subjects


def test_one_of_two_who_finish_an_expired_and_a_fresh_claim_at_once_wins(hub: Hub) -> None:
    put(hub, 1)
    (lost,) = claim(hub)
    (held,) = claim(hub, now=LATER)
    start = threading.Barrier(2)
    won: list[Claim] = []

    def work(mine: Claim) -> None:
        start.wait()
        if finish(hub, mine, LATER):
            won.append(mine)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in (lost, held)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert won == [held]


# --- drift ---------------------------------------------------------------------------------------


def test_workers_serve_every_queue_unless_told_otherwise() -> None:
    assert set(inspect.signature(run_worker).parameters["names"].default) == set(Queue)


@pytest.mark.parametrize("task", list(Task))
def test_every_task_is_done_by_the_drain_and_its_subject_may_be_gone(hub: Hub, task: Task) -> None:
    """A task without a handler would stay or be finished in silence: its handler must be named."""
    source = inspect.getsource(alone)
    assert f"Task.{task.name}" in source
    put(hub, 1, task)
    assert draining.drain(hub, QUEUE_OF[task]) == 1
    with hub.reading() as uow:
        assert outbox.unfinished(uow.session) == 0


def test_one_row_that_fails_stops_no_other(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        rows = [inbox_row(uow, name) for name in ("SM1", "SM2")]
        rows[0].parsed_sealed = b"nothing that opens"
        rows[1].parsed_sealed = uow.vault.seal(rows[1].key_id, "{}", f"inbox.parsed:{rows[1].id}")
        for row in rows:
            assert uow.add_inbox(row)
        uow.session.execute(
            insert(tables.outbox).values(
                id=uuid.uuid4().hex,
                queue=Queue.TRIAGE,
                task=Task.CLASSIFY,
                subject_id="nobody",
                available_at=NOW,
            )
        )
        uow.commit()
    assert draining.drain(hub, Queue.INTAKE) == 0
    assert draining.drain(hub, Queue.TRIAGE) == 1
    waiting = tables.inbox.c
    with hub.reading() as uow:
        faults = {(*row,) for row in uow.session.execute(select(waiting.fault, waiting.attempts))}
    assert faults == {("VaultTampered", 1), ("TypeError", 1)}


def test_rows_that_share_a_transaction_with_a_bad_one_are_done_all_the_same(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        for number in range(3):
            message = InboundMessage(f"SM{number}", NOW, f"Bomba {number}")
            intake.accept(uow, "sms", [message], b"", NOW)
        bad = inbox_row(uow, "SM9")
        bad.parsed_sealed = b"nothing that opens"
        bad.available_at = NOW - timedelta(seconds=1)
        assert uow.add_inbox(bad)
        uow.commit()
    assert draining.drain(hub, Queue.INTAKE) == 3
    with hub.reading() as uow:
        assert len(uow.session.scalars(select(tables.case.c.id)).all()) == 3
        attempts = select(tables.inbox.c.attempts).where(tables.inbox.c.handled_at.is_(None))
        assert uow.session.scalars(attempts).all() == [1]


def test_what_a_worker_dies_of_is_tried_alone_and_in_the_end_set_aside(hub: Hub) -> None:
    put(hub, 3)
    first, *_ = claim(hub)
    # It died with all three of them: from now on each is somebody's alone.
    with hub.unit_of_work() as uow:
        assert outbox.claim(uow.session, Queue.TRIAGE, LATER, tried=False) == []
        assert len(outbox.claim(uow.session, Queue.TRIAGE, LATER, batch=1, tried=True)) == 1
    with hub.unit_of_work() as uow:
        too_often = update(tables.outbox).where(tables.outbox.c.id == first.id)
        uow.session.execute(too_often.values(attempts=outbox.MOST_ATTEMPTS))
        uow.commit()
    later = replace(hub, clock=lambda: LATER)
    later.__dict__["engine"] = hub.engine
    draining.drain(later, Queue.TRIAGE)
    with hub.reading() as uow:
        row = tables.outbox.c
        aside = select(row.id).where(row.set_aside_at.is_not(None))
        done = select(row.id).where(row.handled_at.is_not(None))
        assert uow.session.scalars(aside).all() == [first.id]
        assert len(uow.session.scalars(done).all()) == 2


@pytest.mark.postgres
def test_a_machine_whose_clock_is_wrong_takes_over_no_live_lease(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = postgres_server.fresh()
    # Seen from a server that is an hour ahead, this machine is an hour late.
    ahead = (
        "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
        "'SELECT pg_catalog.clock_timestamp() + interval ''1 hour'''"
    )
    with opened(url) as engine, engine.begin() as connection:
        connection.execute(text(ahead))
        named = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {named} SET search_path = public, pg_catalog"))
    document = {"hub": {"home": str(tmp_path / "home")}, "database": {"url": url}}
    hub = build(parse_config(document, {}))
    with closing(hub):
        server_says = datetime.now(UTC) + timedelta(hours=1)
        assert abs(hub.clock() - datetime.now(UTC)) < timedelta(seconds=30)
        with hub.unit_of_work() as uow:
            uow.work(Task.CLASSIFY, uuid.uuid4().hex, hub.clock())
            uow.commit()
        (claimed,) = claim(hub, now=hub.clock())
        assert abs(claimed.leased_until - outbox.LEASE - server_says) < timedelta(minutes=1)
        assert claim(hub, now=hub.clock()) == []
