"""``/readyz`` tells the truth: whether what is sent here can be kept, and why not."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.adapters.queue_server import ALIVE_WITHIN, SCHEDULER, WORKER, beat, leave
from feedback_hub.bootstrap import Hub
from feedback_hub.web.front import create_front
from tests.integration.databases import Database, HubOn, PostgresServer
from tests.integration.system import wait_for
from workers.queues import connect


def asked(hub: Hub) -> tuple[int, dict[str, str]]:
    answer = create_front(hub).test_client().get("/readyz")
    return answer.status_code, dict(answer.get_json())


def test_it_says_of_each_part_how_it_is(hub: Hub) -> None:
    # No queue server runs here: messages are kept without it.
    parts = {"database": "ok", "disk": "ok", "queue": "away"}
    # Nobody knows who works while nobody can be asked.
    parts |= {"workers": "unknown", "scheduler": "unknown"}
    assert asked(hub) == (200, {"status": "ok"} | parts)
    url = "redis://127.0.0.1:1/0"
    elsewhere = replace(hub, config=replace(hub.config, queue=replace(hub.config.queue, url=url)))
    assert asked(elsewhere) == (200, {"status": "ok"} | parts)
    elsewhere.close()


@pytest.mark.parametrize(
    ("version", "said"), [("0001", (503, "to be migrated")), ("9999", (200, "newer"))]
)
def test_a_web_serves_on_while_a_newer_program_migrates(
    hub: Hub, version: str, said: tuple[int, str]
) -> None:
    with hub.engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))  # noqa: S608  ours
    status, parts = asked(hub)
    assert (status, parts["database"]) == said


def test_a_database_without_tables_is_to_be_migrated(
    database: Database, hub_on: HubOn, tmp_path: Path
) -> None:
    hub = hub_on(database.fresh(), tmp_path)
    with hub.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert asked(hub)[0] == 503


@pytest.mark.postgres
def test_a_database_that_is_away_or_takes_no_writes_is_said(
    postgres_server: PostgresServer, hub_on: HubOn, tmp_path: Path
) -> None:
    url = postgres_server.fresh()
    hub = hub_on(url, tmp_path)
    name = make_url(url).database
    with hub.engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    hub.engine.dispose()
    status, parts = asked(hub)
    assert (status, parts["database"]) == (503, "read only")
    postgres_server.shut(url)
    status, parts = asked(hub)
    assert (status, parts["database"]) == (503, "unavailable")
    postgres_server.open(url)


def test_who_works_is_said_and_who_is_gone(tmp_path: Path, hub_on: HubOn) -> None:
    hub = hub_on("", tmp_path)
    valkey = EmbeddedValkey(tmp_path)
    with running(valkey), closing(connect(valkey.url)) as connection:
        wait_for(valkey.answers, "it answers")
        assert who(hub) == ("ok", "away", "away")
        beat(connection, WORKER, "one")
        beat(connection, SCHEDULER, "two")
        assert who(hub) == ("ok", "ok", "ok")
        elsewhere = replace(
            hub, config=replace(hub.config, queue=replace(hub.config.queue, url=valkey.url))
        )
        assert who(elsewhere) == ("ok", "ok", "ok")
        leave(connection, WORKER, "one")
        # As a scheduler leaves it that was killed two minutes ago.
        connection.zincrby("feedback_hub:schedulers", -ALIVE_WITHIN - 1, "two")
        assert who(hub) == who(elsewhere) == ("ok", "away", "away")
        # What is sent here is kept all the same: providers must go on.
        assert asked(hub)[0] == 200
        elsewhere.close()


def who(hub: Hub) -> tuple[str, str, str]:
    said = asked(hub)[1]
    return said["queue"], said["workers"], said["scheduler"]


@contextmanager
def running(valkey: EmbeddedValkey) -> Iterator[None]:
    child = os.fork()
    if child == 0:
        valkey.run()
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_file_that_takes_no_writes_is_said(tmp_path: Path, hub_on: HubOn) -> None:
    with small_disk(tmp_path / "disk", megabytes=40) as home:
        hub = hub_on(f"sqlite:///{home / 'hub.sqlite3'}", home)
        assert asked(hub)[0] == 200
        hub.engine.dispose()
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        status, parts = asked(hub)
        assert (status, parts["database"]) in {(503, "read only"), (503, "unavailable")}
        hub.close()


@contextmanager
def small_disk(place: Path, megabytes: int = 12) -> Iterator[Path]:
    """A small disk of its own, where this machine lets us mount one."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us mount no small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_said_before_a_message_is_refused(tmp_path: Path, hub_on: HubOn) -> None:
    with small_disk(tmp_path / "disk") as home:
        hub = hub_on(f"sqlite:///{home / 'hub.sqlite3'}", home)
        status, parts = asked(hub)
        assert (status, parts["disk"]) == (503, "full")
        hub.close()
