"""Kept connections to PostgreSQL: a dead one is replaced before anybody meets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import event, text

from feedback_hub.adapters import liveness
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.place import Organisation
from tests.integration.databases import HubOn, PostgresServer

AT_ONCE = 4

pytestmark = pytest.mark.postgres


def read_at_once(hub: Hub) -> None:
    """So many transactions at the same time, each with a connection of its own."""
    together = Barrier(AT_ONCE, timeout=30)

    def read(_number: int) -> bool:
        with hub.reading() as uow:
            together.wait()
            return bool(uow.session.scalar(text("SELECT 1")) == 1)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(pool.map(read, range(AT_ONCE), timeout=30))


def test_connections_that_the_server_ended_cost_no_reader_and_no_writer(
    postgres_server: PostgresServer, hub_on: HubOn, tmp_path: Path
) -> None:
    url = postgres_server.fresh()
    hub = hub_on(url, tmp_path / "home")
    read_at_once(hub)
    postgres_server.shut(url)
    postgres_server.open(url)
    read_at_once(hub)
    postgres_server.shut(url)
    postgres_server.open(url)
    with hub.unit_of_work() as uow:
        assert uow.session.scalar(text("SELECT 1")) == 1


def test_the_server_is_asked_whether_it_is_there_only_of_what_lay_unused(
    postgres_server: PostgresServer,
    hub_on: HubOn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = hub_on(postgres_server.fresh(), tmp_path / "home")
    asked: list[object] = []
    ping = hub.engine.dialect.do_ping

    def counted(connection: object) -> bool:
        asked.append(connection)
        return ping(connection)  # type: ignore[arg-type]  # the driver's own

    monkeypatch.setattr(hub.engine.dialect, "do_ping", counted)
    for _ in range(5):
        with hub.reading() as uow:
            uow.session.execute(text("SELECT 1"))
    assert not asked
    monkeypatch.setattr(liveness, "ASKED_AFTER", 0.0)
    with hub.reading() as uow:
        uow.session.execute(text("SELECT 1"))
    assert len(asked) == 1


def test_a_read_writes_nothing_of_what_it_changes(
    postgres_server: PostgresServer, hub_on: HubOn, tmp_path: Path
) -> None:
    hub = hub_on(postgres_server.fresh(), tmp_path / "home")
    said: list[str] = []

    @event.listens_for(hub.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    with hub.unit_of_work() as uow:
        uow.session.add(Organisation("wash", "Water for All"))
        uow.commit()
    said.clear()
    with hub.reading() as uow:
        found = uow.session.get(Organisation, "wash")
        assert found is not None
        found.name = "Somebody else"
        assert uow.session.scalar(text("SELECT name FROM organisation")) == "Water for All"
    assert not [one for one in said if one.startswith("UPDATE")]
