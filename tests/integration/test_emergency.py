"""Opening a case in an emergency: with a reason, told at once, for minutes, in the log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction
from tests.pages_world import CHIEF, START, Clock, arrives, log_in, make_app, make_hub, token_in

LogIn = Callable[[str], FlaskClient]
WHY = "She is in danger tonight and Rosa does not answer"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("hub") / "home", clock=clock)
    yield made
    made.close()


@pytest.fixture(scope="module")
def everybody(hub: Hub) -> Flask:
    return make_app(hub)


@pytest.fixture(autouse=True)
def fresh(hub: Hub, clock: Clock) -> None:
    """It is nine o'clock, and nobody has tried anything."""
    clock.now = START
    with hub.unit_of_work() as uow:
        uow.session.execute(delete(tables.attempt))
        uow.commit()


@pytest.fixture(scope="module")
def logged_in(everybody: Flask) -> LogIn:
    """A browser of somebody's, the same each time: a log-in is dear."""
    return cache(lambda name: log_in(everybody, name))


def breaks(client: FlaskClient, ref: str, reason: str = WHY) -> TestResponse:
    form = {"csrf_token": token_in(client.get("/account").text), "ref": ref, "reason": reason}
    return client.post("/emergency", data=form)


def test_it_opens_for_minutes_and_those_who_handle_it_are_told(
    hub: Hub, clock: Clock, logged_in: LogIn
) -> None:
    ref = arrives(hub, CHIEF)
    ana, rosa = logged_in("ana"), logged_in("rosa")
    rosa.post("/notices/read", data={"csrf_token": token_in(rosa.get("/account").text)})
    assert ana.get(f"/cases/{ref}").status_code == 404
    assert breaks(ana, ref).status_code == 303
    page = ana.get(f"/cases/{ref}").text
    assert "dormir com ele" in page
    # Read, not decided: whose case it is stays so.
    assert f"/cases/{ref}/close" not in page
    assert f"/cases/{ref}/triage" not in page
    for name in ("rosa", "abel"):
        assert "Somebody opened a case in an emergency" in logged_in(name).get("/notices").text
    theirs = rosa.get(f"/cases/{ref}").text
    assert "Ana opened this case in an emergency" in theirs
    assert WHY in theirs
    clock.now += timedelta(minutes=25)
    assert ana.get(f"/cases/{ref}").status_code == 200
    clock.now += timedelta(minutes=20)
    assert ana.get("/").status_code == 200
    clock.now += timedelta(minutes=20)
    assert ana.get(f"/cases/{ref}").status_code == 404
    assert ref not in ana.get("/cases").text


def test_whoever_handles_it_ends_it(hub: Hub, logged_in: LogIn) -> None:
    ref = arrives(hub, CHIEF)
    ana, rosa = logged_in("ana"), logged_in("rosa")
    breaks(ana, ref)
    token = token_in(rosa.get("/account").text)
    rosa.post(f"/cases/{ref}/end-emergency", data={"csrf_token": token})
    assert ana.get(f"/cases/{ref}").status_code == 404
    assert "that ended" in rosa.get(f"/cases/{ref}").text


def test_the_audit_log_has_it_without_the_reason(hub: Hub, logged_in: LogIn) -> None:
    ref = arrives(hub, CHIEF)
    breaks(logged_in("ana"), ref)
    line = tables.audit.c
    with hub.reading() as uow:
        ana = account_id_of(uow.session, "ana@example.org")
        kept = uow.session.execute(
            select(tables.audit)
            .where(line.action == AuditAction.GLASS_BROKEN)
            .order_by(line.sequence.desc())
        ).first()
        case_id = uow.session.scalar(select(tables.case.c.id).where(tables.case.c.ref == ref))
    assert kept
    assert (kept.actor, kept.object_id) == (ana, case_id)
    assert "danger" not in kept.reason


def test_a_conflict_of_interest_and_no_case_say_the_same(hub: Hub, logged_in: LogIn) -> None:
    ref = arrives(hub, CHIEF)
    accuses(hub, ref, "avsi")
    joins(hub, "ana", "avsi")
    ana = logged_in("ana")
    absent, forbidden = breaks(ana, "482913075"), breaks(ana, ref)
    joins(hub, "ana", "")
    assert absent.status_code == forbidden.status_code == 422
    pages = [re.sub(r'(csrf_token"[^>]*value=")[^"]*', "", one.text) for one in (absent, forbidden)]
    assert pages[0].replace("482913075", ref) == pages[1]
    assert ana.get(f"/cases/{ref}").status_code == 404


def test_a_reason_is_needed_and_looking_around_is_slowed_down(hub: Hub, logged_in: LogIn) -> None:
    ana = logged_in("ana")
    assert breaks(ana, arrives(hub, CHIEF), "because").status_code == 422
    said = [breaks(ana, arrives(hub, CHIEF)).status_code for _ in range(5)]
    assert said == [303] * 4 + [429]


def test_only_who_works_on_cases_may(logged_in: LogIn) -> None:
    for name in ("filipe", "jorge", "graca", "ines", "abel"):
        client = logged_in(name)
        assert client.get("/emergency").status_code == 403
        assert breaks(client, "482913075").status_code == 403


def accuses(hub: Hub, ref: str, organisation: str) -> None:
    with hub.unit_of_work() as uow:
        changed = update(tables.case).where(tables.case.c.ref == ref)
        uow.session.execute(changed.values(accused_organisation=organisation))
        uow.commit()


def joins(hub: Hub, name: str, organisation: str) -> None:
    with hub.unit_of_work() as uow:
        account_id = account_id_of(uow.session, f"{name}@example.org")
        changed = update(tables.membership).where(tables.membership.c.account_id == account_id)
        uow.session.execute(changed.values(organisation=organisation))
        uow.commit()
