"""The list under the bell: a line for each case however often it was told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.services import casework
from feedback_hub.services.records.staff import Notice, NoticeKind
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_hub, token_in


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=Clock())
    yield made
    made.close()


def told(hub: Hub, ref: str, name: str, *kinds: NoticeKind) -> None:
    with hub.unit_of_work() as uow:
        case, account = uow.case_by_ref(ref), account_id_of(uow.session, f"{name}@example.org")
        assert case
        for kind in kinds:
            notice = Notice(uuid.uuid4().hex, kind, hub.clock(), case.id, Duty.ANSWER)
            notice.account_id = account
            uow.add(notice)
        uow.commit()


def bell(client: FlaskClient) -> int:
    found = re.search(r"You have (\d+) new notice", client.get("/").text)
    return int(found[1]) if found else 0


def new_lines(page: str) -> list[str]:
    """The lines that are new, tags taken away."""
    part = page.partition("Read before")[0].partition("How you are told")[0]
    lines = re.findall(r'<li class="apart card">(.*?)</li>', part, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in lines]


def post(client: FlaskClient, path: str, **form: object) -> None:
    token = token_in(client.get("/notices").text)
    assert client.post(path, data={"csrf_token": token, **form}).status_code == 303


def test_a_case_is_one_line_however_often_it_is_told(hub: Hub, app: Flask) -> None:
    pump, food = arrives(hub, PUMP), arrives(hub, "quando ha comida?")
    overdue, reminder = NoticeKind.OVERDUE, NoticeKind.REMINDER
    told(hub, pump, "ana", reminder, overdue, overdue)
    told(hub, food, "ana", reminder)
    ana = log_in(app, "ana")
    assert bell(ana) == 2
    page = ana.get("/notices").text
    food_line, pump_line = new_lines(page)
    assert "Something is overdue × 2" in pump_line
    assert "Time is getting short for something" in pump_line
    assert "bomba" not in page
    assert f'href="/cases/{food}"' in page
    by_kind = ana.get("/notices?by=kind").text
    assert by_kind.count(f'href="/cases/{pump}"') == 2

    # Read by case: what is told of the other stays.
    ids = re.findall(r'name="notice" value="(\w+)"', page)
    assert len(ids) == 4
    post(ana, "/notices/read", notice=ids[1:])
    assert bell(ana) == 1
    assert new_lines(ana.get("/notices").text) == [food_line]
    post(ana, "/notices/read")
    assert bell(ana) == 0
    assert "Nothing new" in ana.get("/notices").text


def test_what_is_over_asks_for_nothing(hub: Hub, app: Flask) -> None:
    pump = arrives(hub, PUMP)
    told(hub, pump, "ana", NoticeKind.OVERDUE)
    ana = log_in(app, "ana")
    assert bell(ana) == 1
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(pump)
        owner = account_id_of(uow.session, "ana@example.org")
        assert case
        assert owner
        actor = uow.actor(owner)
        assert actor
        casework.close(
            uow, hub.rules, actor, pump, Outcome.WITHDRAWN, "They called it off.", hub.clock()
        )
        uow.commit()
    assert bell(ana) == 0
    page = ana.get("/notices").text
    assert new_lines(page) == []
    assert "closed meanwhile" in page


def test_each_kind_can_be_switched_off_except_danger_to_life(hub: Hub, app: Flask) -> None:
    told(hub, arrives(hub, PUMP), "ana", NoticeKind.REMINDER)
    told(hub, arrives(hub, "fogo no bloco B"), "ana", NoticeKind.URGENT)
    ana = log_in(app, "ana")
    assert bell(ana) == 2
    kinds = [kind.value for kind in NoticeKind]
    post(ana, "/notices/wishes", mail="at_once", offered=kinds, bell=["overdue"])
    assert bell(ana) == 1
    # It stays in the list all the same.
    assert len(new_lines(ana.get("/notices").text)) == 2
    post(ana, "/notices/wishes", mail="at_once", offered=kinds, bell=kinds)
    assert bell(ana) == 2


def test_of_a_highly_sensitive_case_not_even_the_kind_is_said(hub: Hub, app: Flask) -> None:
    chief = arrives(hub, CHIEF)
    told(hub, chief, "rosa", NoticeKind.OVERDUE)
    # Told before it was raised; now the case does not exist for her.
    told(hub, chief, "ana", NoticeKind.OVERDUE)
    rosa, ana = log_in(app, "rosa"), log_in(app, "ana")
    for path in ("/notices", "/notices?by=kind"):
        page = rosa.get(path).text
        assert "You have a new task" in page
        assert "Something is overdue" not in page.partition("How you are told")[0]
        assert f'href="/cases/{chief}"' in page
        hidden = ana.get(path).text
        assert chief not in hidden
        assert "Something is overdue" not in hidden.partition("How you are told")[0]
