"""What a provider keeps for us is fetched once, whoever dies and however many fetch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from channels.base import Pulled
from feedback_hub.adapters import channel_accounts, outbox, tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.message import DeliveryError, InboundMessage, SendFault
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import InboxKind, Queue
from tests.integration.databases import NOW
from tests.integration.post_box import NAME, PostBox, give
from workers import pull
from workers.drain import drain
from workers.pull import ELSEWHERE, IDLE, Puller, Pullers

LATER = NOW + channel_accounts.PULL_LEASE + timedelta(seconds=1)


@pytest.fixture
def box(tmp_path: Path, hub: Hub) -> PostBox:
    made = PostBox(tmp_path / "box")
    give(hub, made)
    return made


def at(hub: Hub, now: datetime) -> Hub:
    """The same hub at another time."""
    moved = replace(hub, clock=lambda: now)
    moved.__dict__["engine"] = hub.engine
    return moved


def kept(hub: Hub) -> list[tuple[str, str]]:
    with hub.reading() as uow:
        rows = uow.session.execute(
            select(tables.inbox.c.kind, tables.inbox.c.external_id).order_by(
                tables.inbox.c.external_id
            )
        )
        return [(row.kind.value, row.external_id) for row in rows]


def alerts_of(hub: Hub) -> list[tuple[AlertKind, dict[str, str]]]:
    with hub.reading() as uow:
        return [(alert.kind, alert.detail) for alert in uow.lasting_alerts()]


def test_what_waits_at_the_provider_becomes_inbox_rows_in_order_and_then_cases(
    hub: Hub, box: PostBox
) -> None:
    box.put("um", "dois", "três", "quatro")
    puller = Puller(hub, NAME, box, "a" * 32)
    assert [puller.look(), puller.look(), puller.look()] == [0, 0, IDLE]
    assert box.asked == ["", "3", "4"]
    assert kept(hub) == [("message", f"box-{n}") for n in range(4)]
    assert drain(hub, Queue.INTAKE) == 4
    with hub.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(tables.case)) == 4


def test_the_next_process_goes_on_where_the_last_one_was(hub: Hub, box: PostBox) -> None:
    box.put("um", "dois")
    Puller(hub, NAME, box, "a" * 32).look()
    box.put("três")
    assert Puller(hub, NAME, box, "b" * 32).look() == ELSEWHERE
    Puller(at(hub, LATER), NAME, box, "b" * 32).look()
    assert box.asked == ["", "2"]
    assert len(kept(hub)) == 3


def test_what_nobody_can_read_is_kept_for_the_operator_and_holds_up_nothing(
    hub: Hub, box: PostBox
) -> None:
    box.put("um", "?", "três")
    Puller(hub, NAME, box, "a" * 32).look()
    assert {kind for kind, _ in kept(hub)} == {"message", "rejected"}
    with hub.reading() as uow:
        row = uow.session.execute(
            select(tables.inbox).where(tables.inbox.c.kind == InboxKind.REJECTED)
        ).one()
        assert row.set_aside_at == NOW
        assert uow.vault.open(row.key_id, row.raw_sealed, f"inbox.raw:{row.id}") == '"?"'


class Poison(PostBox):
    def pull(self, cursor: str, now: datetime) -> Pulled:
        pulled = super().pull(cursor, now)
        bad = InboundMessage("bad", now.replace(tzinfo=None), object(), sender="1")  # type: ignore[arg-type]  # what breaks it
        return replace(pulled, deliveries=[(b"poison", [bad]), *pulled.deliveries])


def test_a_message_that_cannot_be_kept_is_set_aside_and_the_others_go_on(
    hub: Hub, tmp_path: Path
) -> None:
    poison = Poison(tmp_path / "box")
    poison.put("um")
    Puller(hub, NAME, poison, "a" * 32).look()
    assert sorted(kind for kind, _ in kept(hub)) == ["message", "rejected"]


def test_of_two_that_pull_at_once_one_works(hub: Hub, box: PostBox) -> None:
    box.put(*(str(n) for n in range(30)))
    start = threading.Barrier(2)
    looks: list[set[float]] = [set(), set()]

    def look(mine: set[float], holder: str) -> None:
        puller = Puller(hub, NAME, box, holder * 32)
        start.wait()
        mine.update(puller.look() for _ in range(11))

    threads = [
        threading.Thread(target=look, args=(mine, holder))
        for mine, holder in zip(looks, "ab", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(looks, key=len) == [{ELSEWHERE}, {0.0, IDLE}]
    assert len(box.asked) == 11
    assert len(kept(hub)) == 30


def test_whoever_lost_the_lease_while_waiting_keeps_nothing(hub: Hub, box: PostBox) -> None:
    box.put("um")
    slow, quick = Puller(hub, NAME, box, "a" * 32), Puller(at(hub, LATER), NAME, box, "b" * 32)

    def overtake() -> None:
        box.meanwhile = lambda: None
        quick.look()
        box.put("dois")

    box.meanwhile = overtake
    assert slow.look() == ELSEWHERE
    assert kept(hub) == [("message", "box-0")]
    quick.look()
    assert len(kept(hub)) == 2


def test_a_look_that_takes_long_keeps_its_lease(hub: Hub, box: PostBox) -> None:
    now = [NOW]
    mine = replace(hub, clock=lambda: now[0])
    mine.__dict__["engine"] = hub.engine
    slow = Puller(mine, NAME, box, "a" * 32)
    others: list[float] = []

    def wait() -> None:
        box.meanwhile = lambda: None
        now[0] = LATER - timedelta(seconds=5)
        slow.renew()
        now[0] = LATER
        others.append(Puller(mine, NAME, box, "b" * 32).look())

    box.put("um")
    box.meanwhile = wait
    assert slow.look() == 0
    assert others == [ELSEWHERE]
    slow.renew()  # not looking: nothing to keep


def test_a_provider_that_is_away_is_asked_ever_more_rarely_and_then_said(
    hub: Hub, box: PostBox
) -> None:
    away = DeliveryError(SendFault.PROVIDER_DOWN, provider_code="502")
    box.fails = [away] * 3
    now = [NOW]
    mine = replace(hub, clock=lambda: now[0])
    mine.__dict__["engine"] = hub.engine
    puller = Puller(mine, NAME, box, "a" * 32)
    assert [puller.look(), puller.look()] == [2, 4]
    assert alerts_of(hub) == []
    now[0] += timedelta(seconds=90)
    assert puller.look() == 8
    assert alerts_of(hub) == [(AlertKind.PULL_FAILS, {"fault": "provider_down", "code": "502"})]
    assert puller.look() == IDLE
    assert alerts_of(hub) == []


def test_a_refused_account_is_said_at_once_and_retry_after_is_obeyed(
    hub: Hub, box: PostBox
) -> None:
    box.fails = [
        DeliveryError(SendFault.RATE_LIMITED, retry_after=70.0),
        DeliveryError(SendFault.CREDENTIALS, provider_code="401"),
        KeyError("something in the channel"),
    ]
    puller = Puller(hub, NAME, box, "a" * 32)
    assert puller.look() == 70
    assert alerts_of(hub) == []
    assert puller.look() == 4
    assert alerts_of(hub) == [(AlertKind.PULL_FAILS, {"fault": "credentials", "code": "401"})]
    assert puller.look() == 8
    # Another process that finds all well ends what this one raised.
    Puller(at(hub, LATER), NAME, box, "b" * 32).look()
    assert alerts_of(hub) == []


def test_a_database_that_is_away_loses_nothing(
    hub: Hub, box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put("um")
    puller = Puller(hub, NAME, box, "a" * 32)

    def away(*_: object) -> bool:
        raise OperationalError("", {}, Exception())

    with monkeypatch.context() as broken:
        broken.setattr(channel_accounts, "advance", away)
        assert puller.look() > 0
    assert kept(hub) == []
    puller.look()
    assert kept(hub) == [("message", "box-0")]
    assert box.asked == ["", ""]


def test_stopping_takes_seconds_and_the_next_process_pulls_at_once(
    hub: Hub, box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "_PATIENCE", 0.5)
    box.put("um")
    waiting, answer = threading.Event(), threading.Event()

    def long_poll() -> None:
        waiting.set()
        answer.wait(25)

    box.meanwhile = long_poll
    pullers = Pullers(hub)
    pullers.start()
    assert waiting.wait(10)
    began = time.monotonic()
    pullers.stop()
    assert time.monotonic() - began < 20
    box.meanwhile = lambda: None
    assert Puller(hub, NAME, box, "b" * 32).look() == 0
    answer.set()
    pullers.stop()
    assert kept(hub) == [("message", "box-0")]


# --- death ---------------------------------------------------------------------------------------


@pytest.fixture
def dying_pullers(hub: Hub, box: PostBox) -> Iterator[Callable[[str, str, int], bool]]:
    """Runs a puller that dies at a step; False if everything was fetched before."""
    config = hub.config.hub.home / "config.toml"
    database = hub.engine.url.render_as_string(hide_password=False)
    config.write_text(f'[hub]\nhome = "{hub.config.hub.home}"\n')
    environ = {
        **os.environ,
        "FEEDBACK_HUB_CONFIG": str(config),
        "FEEDBACK_HUB_DATABASE_URL": database,
        "POST_BOX": str(box.file),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.dying_puller"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def run(step: str, when: str, number: int) -> bool:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{step} {when} {number}\n")
            process.stdin.flush()
            lines = iter(process.stdout.readline, "")
            status = next(line.strip() for line in lines if line.strip().lstrip("-").isdigit())
            assert status in {"0", str(-signal.SIGKILL)}
            return status != "0"

        yield run


def test_killed_at_any_step_each_message_is_there_exactly_once(
    hub: Hub, box: PostBox, dying_pullers: Callable[[str, str, int], bool]
) -> None:
    put = 0
    # The commits of the first look are the lease, what came, and that all is well.
    for step, number in (("commit", 1), ("commit", 2), ("commit", 5), ("pull", 1), ("pull", 2)):
        for when in ("before", "after"):
            box.put(*(f"{step} {when} {number} {n}" for n in range(4)))
            put += 4
            assert dying_pullers(step, when, number)
            # The next process, once the dead one's lease has run out.
            with hub.unit_of_work() as uow:
                uow.session.execute(update(tables.channel_account).values(leased_until=NOW))
                uow.commit()
            puller = Puller(at(hub, LATER), NAME, box, "c" * 32)
            while puller.look() == 0:
                pass
            assert len(kept(hub)) == put
            with hub.unit_of_work() as uow:
                channel_accounts.let_go(uow.session, "c" * 32)
                uow.commit()
    # The dead ones' clock is the machine's.
    drain(at(hub, datetime.now(UTC)), Queue.INTAKE)
    with hub.reading() as uow:
        assert outbox.unfinished(uow.session) == 0, "all is registered and read"
        assert uow.session.scalar(select(func.count()).select_from(tables.case)) == put
