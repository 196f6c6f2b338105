"""A database that has no turn, or is not there: whoever asked is told to ask again, and may."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from feedback_hub.adapters import engine
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from tests.integration.asking import Answer, Asking
from tests.integration.databases import HubOn, PostgresServer
from tests.pages_world import log_in, make_app, make_hub, token_in

WORDS = "A bomba de agua nao funciona"


@contextmanager
def somebody_writes(hub: Hub) -> Iterator[None]:
    """And does not end, as long as anybody waits."""
    with closing(sqlite3.connect(str(hub.engine.url.database))) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield
        writer.rollback()


def hand_in(asking: Asking, report: str) -> Answer:
    return asking.post(Role.DESK, "/api/v1/intake", submission_id=report, text=WORDS)


def test_who_has_no_turn_to_write_is_asked_to_come_again_and_is_then_taken(
    tmp_path: Path, hub_on: HubOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    hub = hub_on(engine.sqlite_url(tmp_path / "hub.sqlite3"), tmp_path)
    asking, report = Asking(hub), str(uuid.uuid4())
    with somebody_writes(hub):
        refused = hand_in(asking, report)
        assert asking.get(Role.CASE_MANAGER, "/api/v1/cases", q="bomba").status_code == 200
        assert Answer.of(asking.app.test_client().get("/readyz")).json["database"] == "ok"
    assert refused.status_code == 503
    assert refused.content_type == "application/problem+json"
    assert refused.json["error_id"]
    assert hand_in(asking, report).status_code == 201


def test_a_page_says_when_to_press_again_and_gives_back_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    hub = make_hub(tmp_path / "home")
    try:
        filipe = log_in(make_app(hub), "filipe")
        page = filipe.get("/report").text
        form = {"csrf_token": token_in(page), "submission_id": uuid.uuid4().hex, "text": WORDS}
        ours = {"Sec-Fetch-Site": "same-origin"}
        with somebody_writes(hub):
            refused = filipe.post("/report", data=form, headers=ours)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert WORDS in refused.text
        assert filipe.post("/report", data=form, headers=ours).status_code == 201
    finally:
        hub.close()


def test_what_the_driver_refuses_by_itself_is_a_fault_of_ours() -> None:
    closed = sqlite3.connect(":memory:")
    closed.close()
    with pytest.raises(sqlite3.ProgrammingError) as refused:
        closed.execute("SELECT 1")
    said = ProgrammingError("SELECT 1", None, refused.value)
    assert not engine.is_away(said)
    assert not engine.refused_to_write(said)


@pytest.mark.postgres
def test_a_server_that_is_away_is_no_fault_of_the_hub(
    postgres_server: PostgresServer, hub_on: HubOn, tmp_path: Path
) -> None:
    url = postgres_server.fresh()
    asking, report = Asking(hub_on(url, tmp_path)), str(uuid.uuid4())
    postgres_server.shut(url)
    refused = hand_in(asking, report)
    postgres_server.open(url)
    assert refused.status_code == 503
    assert hand_in(asking, report).status_code == 201
