"""Every channel's webhook, by its recorded requests, over the hub's own route and databases.

Runs for each kind that has a file in ``channels/``, as the contract suite does.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub, build
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts
from feedback_hub.config import parse_config
from feedback_hub.web.front import create_front
from tests.contract.recorded import Sample, account, kinds, samples
from tests.integration.databases import NOW, Database, PostgresServer

HUB = "https://hub.example.org"
CALLED = [
    next(one for one in samples(kind) if one.items and not one.is_pulled)
    for kind in kinds()
    if any(one.items and not one.is_pulled for one in samples(kind))
]
each_channel = pytest.mark.parametrize("sample", CALLED, ids=lambda sample: sample.account.kind)


def hub_with(sample: Sample, database_url: str, home: Path) -> Hub:
    document = {
        "hub": {"home": str(home), "base_url": HUB},
        "database": {"url": database_url},
        # What came is what counts here, and a webhook that waits for nobody's turn.
        "conversation": {"contact_per_minute": 1000},
    }
    hub = build(parse_config(document, {}), clock=lambda: NOW)
    hub.channels = ChannelAccounts({sample.account.name: sample.account.channel()})
    return hub


def post(app: Flask, sample: Sample, **changed: Any) -> int:
    """What the provider hears: the status."""
    request: dict[str, Any] = {
        "method": sample.method,
        "headers": dict(sample.headers),
        "data": sample.body,
        "query_string": sample.query,
        "base_url": HUB,
        **changed,
    }
    path = f"/channels/{sample.account.name}/{sample.endpoint}"
    return int(app.test_client().open(path, **request).status_code)


def kept(hub: Hub) -> int:
    with hub.reading() as uow:
        return int(uow.session.scalar(select(func.count()).select_from(tables.inbox)) or 0)


@pytest.fixture
def served(sample: Sample, database: Database, tmp_path: Path) -> Iterator[tuple[Hub, Flask]]:
    hub = hub_with(sample, database.fresh(), tmp_path)
    yield hub, create_front(hub)
    hub.close()


def test_every_kind_that_is_called_is_here() -> None:
    called = {kind for kind in kinds() if "inbound" in type(account(kind).channel()).methods}
    assert called <= {sample.account.kind for sample in CALLED}


@each_channel
def test_a_delivery_repeated_all_at_once_is_one(sample: Sample, served: tuple[Hub, Flask]) -> None:
    hub, app = served
    with ThreadPoolExecutor(6) as pool:
        heard = list(pool.map(lambda _: post(app, sample), range(6)))
    assert all(200 <= status < 300 for status in heard)
    assert kept(hub) == len(sample.items or ())


@each_channel
def test_a_forged_delivery_leaves_nothing(sample: Sample, served: tuple[Hub, Flask]) -> None:
    hub, app = served
    headers = {
        name: value for name, value in sample.headers.items() if name != sample.account.proof
    }
    assert post(app, sample, headers=headers, query_string="") in {403, 401}
    assert kept(hub) == 0


@each_channel
def test_another_method_or_endpoint_is_refused(sample: Sample, served: tuple[Hub, Flask]) -> None:
    hub, app = served
    assert post(app, sample, method="PUT") in {404, 405}
    path = f"/channels/{sample.account.name}/elsewhere"
    assert app.test_client().post(path, base_url=HUB).status_code == 404
    assert kept(hub) == 0


@each_channel
def test_a_body_beyond_the_limit_is_refused_unread(
    sample: Sample, served: tuple[Hub, Flask]
) -> None:
    hub, app = served
    if sample.method == "GET":
        pytest.skip("has no body")
    assert post(app, sample, data=sample.body + b" " * 3_000_000) in {403, 413}
    assert kept(hub) == 0


@pytest.mark.postgres
@each_channel
def test_while_the_database_is_away_the_provider_is_told_to_come_again(
    sample: Sample, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = postgres_server.fresh()
    hub = hub_with(sample, url, tmp_path)
    app = create_front(hub)
    try:
        postgres_server.shut(url)
        assert post(app, sample) == 500
        postgres_server.open(url)
        assert post(app, sample) < 300
        assert kept(hub) == len(sample.items or ())
    finally:
        hub.close()
