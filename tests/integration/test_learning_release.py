"""The machine learns from a highly sensitive case only where a handler said so, and may unsay."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from feedback_hub.adapters.handlers_pair import HandlersPair, make_pair
from feedback_hub.bootstrap import Hub
from feedback_hub.reads.examples import judged, let_by_handlers
from feedback_hub.web.app import create_app
from tests.integration.test_handlers_key import apart, work
from tests.pages_world import CHIEF, PUMP, arrives, log_in, make_hub, settle, token_in
from workers.schedule import close_sensitive


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    made = make_hub(tmp_path_factory.mktemp("hub") / "home")
    made.keyring = made.keyring.with_handlers(HandlersPair(private=make_pair()[0]))
    settle(create_app(made), made)
    return made


@pytest.fixture(scope="module")
def people(hub: Hub) -> dict[str, FlaskClient]:
    app = create_app(hub)
    return {name: log_in(app, name) for name in ("ana", "rosa")}


class Says:
    """People do something with a case over the API."""

    def __init__(self, people: dict[str, FlaskClient]) -> None:
        self._people = people
        self._tokens: dict[str, str] = {}

    def __call__(self, name: str, ref: str, verb: str, **body: object) -> int:
        client = self._people[name]
        if name not in self._tokens:
            self._tokens[name] = token_in(client.get("/account").text)
        headers = {"X-CSRFToken": self._tokens[name]}
        return client.post(f"/api/v1/cases/{ref}/{verb}", json=body, headers=headers).status_code


@pytest.fixture
def says(people: dict[str, FlaskClient]) -> Says:
    return Says(people)


def learnt(hub: Hub) -> tuple[list[str], int]:
    """The texts that handlers let, and how many this process cannot open."""
    with hub.reading() as uow:
        found, closed = let_by_handlers(uow)
        assert CHIEF not in [one.text for one in judged(uow)], "by no other way"
    return [one.text for one in found], closed


def test_a_handler_lets_the_machine_learn_from_a_case_and_takes_it_back(
    hub: Hub, says: Says
) -> None:
    ref = arrives(hub, CHIEF)
    assert says("rosa", ref, "learning", allow=True) == 422, "it is only suspected yet"
    assert says("rosa", ref, "triage", codes=["misconduct.sea"]) == 200
    assert learnt(hub) == ([], 0)
    assert says("rosa", ref, "learning") == 422
    assert says("ana", ref, "learning", allow=True) == 404, "for her it does not exist"
    assert says("rosa", ref, "learning", allow=True) == 200
    assert says("rosa", ref, "learning", allow=True) == 200
    assert learnt(hub) == ([CHIEF], 0)
    assert says("rosa", ref, "learning", allow=False) == 200
    assert learnt(hub) == ([], 0)
    with hub.engine.connect() as connection:
        audited = connection.execute(
            text("SELECT action FROM audit WHERE action LIKE 'learning%' ORDER BY sequence")
        ).scalars()
        assert list(audited)[-2:] == ["learning_allowed", "learning_forbidden"]


def test_on_the_case_page_it_is_one_press(
    hub: Hub, says: Says, people: dict[str, FlaskClient]
) -> None:
    ref = arrives(hub, CHIEF)
    assert says("rosa", ref, "triage", codes=["misconduct.sea"]) == 200
    client = people["rosa"]
    page = client.get(f"/cases/{ref}").text
    assert f"/cases/{ref}/learn" in page
    assert f"/cases/{ref}/forget" not in page
    client.post(f"/cases/{ref}/learn", data={"csrf_token": token_in(page)})
    assert learnt(hub) == ([CHIEF], 0)
    page = client.get(f"/cases/{ref}").text
    assert f"/cases/{ref}/learn" not in page
    client.post(f"/cases/{ref}/forget", data={"csrf_token": token_in(page)})
    assert learnt(hub) == ([], 0)


def test_the_words_stay_sealed_to_whoever_is_no_handler(hub: Hub, says: Says) -> None:
    others = apart(hub)
    ref = arrives(others, CHIEF)
    work(others)
    close_sensitive(others, others.clock())
    assert says("rosa", ref, "triage", codes=["misconduct.sea"]) == 200
    assert says("rosa", ref, "learning", allow=True) == 200
    work(others)
    close_sensitive(others, others.clock())
    assert learnt(others) == ([], 1), "counted, and not read"
    assert learnt(hub) == ([CHIEF], 0)
    assert says("rosa", ref, "learning", allow=False) == 200


def test_an_ordinary_case_asks_for_no_word_and_a_lowered_one_loses_it(hub: Hub, says: Says) -> None:
    pump = arrives(hub, PUMP)
    assert says("ana", pump, "triage", codes=["complaint.broken"]) == 200
    assert says("ana", pump, "learning", allow=True) == 422
    secret = arrives(hub, CHIEF)
    assert says("rosa", secret, "triage", codes=["misconduct.sea"]) == 200
    assert says("rosa", secret, "learning", allow=True) == 200
    assert says("rosa", secret, "sensitivity", level="L1", reason="A play") == 200
    assert learnt(hub) == ([], 0)
