"""``/readyz`` tells the truth: whether what is sent here can be kept, and why not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from feedback_hub.bootstrap import Hub
from feedback_hub.web.front import create_front
from tests.integration.databases import Database, HubOn, PostgresServer


def asked(hub: Hub) -> tuple[int, dict[str, str]]:
    answer = create_front(hub).test_client().get("/readyz")
    return answer.status_code, dict(answer.get_json())


def test_it_says_of_each_part_how_it_is(hub: Hub) -> None:
    # No queue server runs here: messages are kept without it.
    parts = {"database": "ok", "disk": "ok", "queue": "away"}
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


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own, where this machine lets us mount one."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
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
