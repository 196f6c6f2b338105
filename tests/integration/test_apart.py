"""Roles as processes of their own, on PostgreSQL and a Valkey by URL (issue 2)."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from tests.integration.databases import PostgresServer
from tests.integration.system import System, wait_for
from tests.integration.test_road import walk_the_road
from tests.providers.twilio import TwilioServer

pytestmark = pytest.mark.postgres


class Valkey:
    """A Valkey that somebody else runs: it can be away."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._valkey = EmbeddedValkey(home)
        self.url = self._valkey.url
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self) -> None:
        self._process = multiprocessing.get_context("spawn").Process(target=self._valkey.run)
        self._process.start()
        wait_for(self._valkey.answers, "Valkey answers")

    def kill(self) -> None:
        if self._process and self._process.pid and self._process.is_alive():
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.join()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    made = Valkey(tmp_path / "valkey")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def system(tmp_path: Path, valkey: Valkey, postgres_server: PostgresServer) -> Iterator[System]:
    twilio = TwilioServer().start()
    made = System(tmp_path / "home", twilio, postgres_server.fresh(), valkey.url)
    yield made
    made.stop()
    twilio.stop()


def test_the_road_with_two_workers_apart(system: System) -> None:
    system.start_apart(workers=2)
    walk_the_road(system)


def test_what_was_accepted_while_valkey_was_dead_is_worked_on_after(
    system: System, valkey: Valkey
) -> None:
    system.start_apart(workers=1)
    valkey.kill()
    for number in range(5):
        system.sms("Bomba avariada em Ntokota", f"+25884123000{number}")
    assert system.cases() == []
    valkey.start()
    # A worker that lost its server may end: its supervisor starts another.
    system.start("worker")
    assert len(system.classified(count=5)) == 5
    wait_for(lambda: len(system.twilio.sent) == 5, "every acknowledgement, once")


def test_while_the_database_is_away_a_webhook_says_so_and_is_repeated(
    system: System, postgres_server: PostgresServer
) -> None:
    system.start_apart(workers=1)
    message = system.twilio.receive("Agua suja", "+258841230009", "+258840000000")
    postgres_server.shut(system.database_url)
    assert system.deliver(message).status_code == httpx.codes.INTERNAL_SERVER_ERROR
    postgres_server.open(system.database_url)
    wait_for(lambda: system.deliver(message).status_code == httpx.codes.OK, "it is taken now")
    assert len(system.classified()) == 1


def test_a_killed_worker_process_leaves_its_work_to_the_other(system: System) -> None:
    roles = system.start_apart(workers=2)
    for number in range(30):
        system.sms("Bomba avariada em Ntokota", f"+2588412301{number:02}")
        if number == 10:
            roles[-1].kill()
            roles[-1].wait()
    assert len(system.classified(count=30)) == 30
    wait_for(lambda: len(system.twilio.sent) >= 30, "every acknowledgement")
    assert len({message.recipient for message in system.twilio.sent}) == 30
    assert len(system.twilio.sent) == 30
