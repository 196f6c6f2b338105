"""Arrivals of one moment are committed together: each is durable, and nobody is left waiting."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.message import InboundMessage
from feedback_hub.migrations import migrate
from feedback_hub.services.intake import Arrival
from feedback_hub.web.together import Together
from tests.integration.databases import NOW, HubOn, PostgresServer

MANY = 40


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = build(parse_config({"hub": {"home": str(tmp_path)}}, {}), clock=lambda: NOW)
    migrate(made.engine)
    yield made
    made.close()


def kept(hub: Hub) -> int:
    with hub.reading() as uow:
        return int(uow.session.scalar(select(func.count()).select_from(tables.inbox)) or 0)


def arrival(number: int) -> Arrival:
    person = f"+25884{number:07}"
    item = InboundMessage(f"SM{number}", NOW, "A bomba está avariada", person, person)
    return Arrival("sms", (item,), b"raw", NOW)


def test_all_who_come_at_once_are_durable_when_they_hear_so(hub: Hub) -> None:
    together = Together(hub)

    def keep(number: int) -> int:
        together.keep(arrival(number))
        return kept(hub)

    with ThreadPoolExecutor(MANY) as pool:
        seen = list(pool.map(keep, range(MANY)))
    assert min(seen) >= 1
    assert kept(hub) == MANY


def test_where_no_turn_can_be_had_each_hears_so_and_the_next_ones_are_kept(
    hub: Hub, tmp_path: Path
) -> None:
    together = Together(hub)
    in_the_way = tmp_path / "hub.sqlite3-write"
    in_the_way.unlink()
    in_the_way.mkdir()

    def refused(number: int) -> bool:
        try:
            together.keep(arrival(number))
        except SQLAlchemyError:
            return True
        return False

    with ThreadPoolExecutor(MANY) as pool:
        assert all(pool.map(refused, range(MANY), timeout=30))
    assert kept(hub) == 0
    in_the_way.rmdir()
    together.keep(arrival(0))
    assert kept(hub) == 1


@pytest.mark.postgres
def test_connections_that_died_meanwhile_cost_no_message(
    postgres_server: PostgresServer, hub_on: HubOn, tmp_path: Path
) -> None:
    url = postgres_server.fresh()
    hub = hub_on(url, tmp_path / "home")
    together = Together(hub)
    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(together.keep, map(arrival, range(MANY))))
        postgres_server.shut(url)
        with pytest.raises(SQLAlchemyError):
            together.keep(arrival(MANY))
        postgres_server.open(url)
        list(pool.map(together.keep, map(arrival, range(MANY, 2 * MANY))))
        postgres_server.shut(url)
        postgres_server.open(url)
        list(pool.map(together.keep, map(arrival, range(2 * MANY))))
    assert kept(hub) == 2 * MANY
