"""What a person asks of their data, on the page: noted, due, answered, and by whom alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_app, make_hub, token_in

PAGE = "/person-requests"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Hub:
    return make_hub(tmp_path, clock=clock)


@pytest.fixture
def app(hub: Hub) -> Flask:
    return make_app(hub)


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    token = token_in(client.get("/account").text)
    return client.post(path, data={"csrf_token": token, **form})


def test_it_is_noted_with_its_deadline_and_answered(hub: Hub, app: Flask, clock: Clock) -> None:
    ref = arrives(hub, PUMP)
    ana = log_in(app, "ana")
    assert PAGE in ana.get("/").text
    asked = post(ana, PAGE, ref=ref, wish="correct", asked_on="2026-03-01")
    assert asked.status_code == 303, asked.text
    shown = ana.get(PAGE).text
    assert f"/cases/{ref}" in shown
    assert "answer until" in shown
    clock.now += timedelta(days=hub.config.retention.request_days + 1)
    ana = log_in(app, "ana")
    assert "overdue since" in ana.get(PAGE).text
    done = post(ana, f"{PAGE}/{ref}/answer", wish="correct", outcome="done")
    assert done.status_code == 303, done.text
    assert "Nobody waits" in ana.get(PAGE).text
    with hub.reading() as uow:
        noted = uow.session.scalars(select(tables.audit.c.action)).all()
        assert uow.session.scalar(select(tables.person_request.c.outcome)) == "done"
    assert {AuditAction.PERSON_ASKED, AuditAction.PERSON_ANSWERED} <= set(noted)
    assert post(ana, f"{PAGE}/{ref}/answer", wish="correct", outcome="done").status_code == 404


def test_nobody_says_erased_of_what_is_there(hub: Hub, app: Flask) -> None:
    ref = arrives(hub, PUMP)
    ana = log_in(app, "ana")
    post(ana, PAGE, ref=ref, wish="erase")
    assert post(ana, f"{PAGE}/{ref}/answer", wish="erase", outcome="done").status_code == 422
    assert post(ana, f"{PAGE}/{ref}/answer", wish="erase", outcome="withdrawn").status_code == 303


def test_a_request_about_what_one_may_not_see_is_not_there(hub: Hub, app: Flask) -> None:
    secret = arrives(hub, CHIEF)
    rosa, ana = log_in(app, "rosa"), log_in(app, "ana")
    assert post(rosa, PAGE, ref=secret, wish="see").status_code == 303
    assert secret in rosa.get(PAGE).text
    shown = ana.get(PAGE).text
    assert secret not in shown
    assert "Nobody waits" in shown
    known, never = (post(ana, PAGE, ref=one, wish="see") for one in (secret, "482913079"))
    assert (known.status_code, never.status_code) == (422, 422)
    assert post(ana, f"{PAGE}/{secret}/answer", wish="see", outcome="refused").status_code == 404
    for name in ("filipe", "jorge", "graca", "ines", "abel"):
        assert log_in(app, name).get(PAGE).status_code == 403, name
    late = post(ana, PAGE, ref=arrives(hub, PUMP), wish="see", asked_on="2026-09-09")
    assert late.status_code == 422
