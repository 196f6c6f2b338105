"""What a person asks of their data, on the page: noted, due, answered, and by whom alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from feedback_hub.adapters import erasing, person_requests, tables
from feedback_hub.adapters.person_requests import Wish
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_hub, token_in
from workers import retention

PAGE = "/person-requests"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Hub:
    return make_hub(tmp_path, clock=clock)


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


def test_the_copy_is_made_by_one_press_and_ends_the_request(hub: Hub, app: Flask) -> None:
    ref, secret = arrives(hub, PUMP, "+258840000411"), arrives(hub, CHIEF, "+258840000411")
    ana = log_in(app, "ana")
    post(ana, PAGE, ref=ref, wish="see")
    assert "people who ask of their data" in ana.get("/").text
    answer = post(ana, f"{PAGE}/{ref}/copy")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    assert answer.json["contact"]["address"] == "+258840000411"
    # What Ana may not know of is not in the copy.
    assert [(one["ref"], one["said"]) for one in answer.json["cases"]] == [(ref, [PUMP])]
    assert "Nobody waits" in ana.get(PAGE).text
    assert "people who ask of their data" not in ana.get("/").text
    assert post(ana, f"{PAGE}/{secret}/copy").status_code == 404


def test_two_people_erase_and_only_what_was_asked_for(hub: Hub, app: Flask) -> None:
    ref = arrives(hub, PUMP)
    ana = log_in(app, "ana")
    path = f"{PAGE}/{ref}/erase"
    assert post(ana, path, again=ref).status_code == 422
    post(ana, PAGE, ref=ref, wish="erase")
    assert "You wrote this down" in ana.get(PAGE).text
    alone = post(ana, path, again=ref)
    assert alone.status_code == 422
    assert "Somebody else on the case does" in alone.text
    with hub.unit_of_work() as uow:
        (case,) = uow.session.scalars(select(Case))
        berta = Actor("berta", memberships=(Membership(Role.CASE_MANAGER),))
        person_requests.note(uow, berta, case, Wish.ERASE, hub.clock(), 30, hub.clock())
        uow.commit()
    another = post(ana, path, again="482913075")
    assert another.status_code == 422
    assert "Type the case number once more" in another.text
    assert post(ana, path, again=ref).status_code == 303
    with hub.reading() as uow:
        (message,) = uow.messages_of(case.id)
        assert uow.vault.open(message.key_id, message.text_sealed, "") == ""
        assert AuditAction.PERSON_ERASED in uow.session.scalars(select(tables.audit.c.action)).all()
    home, secrets = hub.config.hub.home, hub.config.secrets_directory
    ledgers = [one.read_text() for one in erasing.ledgers(home, secrets)]
    assert len(set(ledgers)) == 1
    assert message.key_id in ledgers[0]
    assert "Nobody waits" in ana.get(PAGE).text


def test_whoever_works_on_it_is_reminded_once_in_time_and_once_too_late(
    hub: Hub, app: Flask, clock: Clock
) -> None:
    ref, secret = arrives(hub, PUMP), arrives(hub, CHIEF)
    post(log_in(app, "ana"), PAGE, ref=ref, wish="see")
    post(log_in(app, "rosa"), PAGE, ref=secret, wish="see")
    told = [tick_reminders(hub)]
    days = hub.config.retention.request_days
    for later in (timedelta(days=days - 6), timedelta(0), timedelta(days=7), timedelta(days=1)):
        clock.now += later
        told.append(tick_reminders(hub))
    assert told == [0, 2, 0, 2, 0]
    ana = log_in(app, "ana")
    assert "Somebody waits for an answer about their data" in ana.get("/notices").text
    assert "one too late" in ana.get("/").text
    # Of a highly sensitive case a notice says no more than ever.
    rosas = log_in(app, "rosa").get("/notices").text
    assert "You have a new task" in rosas
    # Once, among the kinds that one can leave out of the bell.
    assert rosas.count("about their data") == 1


def tick_reminders(hub: Hub) -> int:
    return retention.remind_of_requests(hub, hub.clock())
