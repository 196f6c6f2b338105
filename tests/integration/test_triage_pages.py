"""The triage screen without script: one case after the other by plain forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.sensitivity import Sensitivity
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_app, make_hub, token_in

FOOD = "quando e a proxima distribuicao de comida em Corrane?"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("triage") / "home", clock=Clock())
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def app(hub: Hub) -> Flask:
    return make_app(hub)


@pytest.fixture(scope="module")
def ana(app: Flask) -> FlaskClient:
    return log_in(app, "ana")


@pytest.fixture(scope="module")
def rosa(app: Flask) -> FlaskClient:
    return log_in(app, "rosa")


@pytest.fixture(autouse=True)
def empty(hub: Hub) -> Iterator[None]:
    """Each test begins with nothing to triage."""
    yield
    with hub.unit_of_work() as uow:
        for case in uow.session.query(Case):
            case.state = CaseState.TRIAGED
        uow.commit()


def found(hub: Hub, ref: str) -> Case:
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        return case


def form_of(page: str, ref: str) -> dict[str, str]:
    """What a browser without script would send of one card, left as it is."""
    card = page[page.index(f'id="card-{ref}"') :]
    card = card[: card.index("</article>")]
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', card))
    for name, body in re.findall(r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', card, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', body)
        if chosen and name not in form:
            form[name] = chosen.group(1)
    for name in ("sector", "site"):
        form.setdefault(name, "")
    level = re.search(r'name="sensitivity" value="(L\d)" checked', card)
    assert level
    return form | {"sensitivity": level.group(1), "reason": ""}


def refs_on(page: str) -> list[str]:
    return re.findall(r'data-ref="(\d{9})"', page)


def test_a_suggestion_is_confirmed_as_it_stands_and_the_next_comes(
    hub: Hub, ana: FlaskClient
) -> None:
    pump, food = arrives(hub, PUMP), arrives(hub, FOOD)
    page = ana.get("/triage").text
    assert refs_on(page) == [pump, food]
    assert "<mark title=" in page
    before = found(hub, pump)
    after = ana.post(f"/triage/{pump}", data=form_of(page, pump), follow_redirects=True).text
    assert refs_on(after) == [food]
    case = found(hub, pump)
    assert (case.state, case.codes, case.site) == (CaseState.TRIAGED, before.codes, "NTO")
    assert (case.sector, case.priority) == (before.sector, before.priority)


def test_a_new_code_takes_with_it_what_was_not_touched(hub: Hub, ana: FlaskClient) -> None:
    pump = arrives(hub, PUMP)
    form = form_of(ana.get("/triage").text, pump)
    ana.post(f"/triage/{pump}", data=form | {"codes": "protection.child"})
    case = found(hub, pump)
    assert (case.codes, case.sensitivity) == (("protection.child",), Sensitivity.L3)


def test_what_was_just_decided_is_taken_back_with_one_press(hub: Hub, ana: FlaskClient) -> None:
    pump, food = arrives(hub, PUMP), arrives(hub, FOOD)
    page = ana.get("/triage").text
    after = ana.post(f"/triage/{pump}", data=form_of(page, pump), follow_redirects=True).text
    assert f"/triage/{pump}/undo" in after
    token = {"csrf_token": token_in(after)}
    back = ana.post(f"/triage/{pump}/undo", data=token, follow_redirects=True).text
    assert refs_on(back)[0] == pump
    assert set(refs_on(back)) == {pump, food}
    assert found(hub, pump).state is CaseState.RECEIVED


def test_going_lower_needs_a_reason_and_nothing_typed_is_lost(hub: Hub, rosa: FlaskClient) -> None:
    chief = arrives(hub, CHIEF)
    page = rosa.get("/triage", follow_redirects=True).text
    form = form_of(page, chief) | {"sensitivity": "L1"}
    answer = rosa.post(f"/triage/handlers/{chief}", data=form)
    assert answer.status_code == 422
    assert "Say why, in a few words." in answer.text
    assert re.search(r'value="L1" checked', answer.text)
    assert found(hub, chief).suspected
    lowered = form | {"reason": "a rehearsal of a play"}
    after = rosa.post(f"/triage/handlers/{chief}", data=lowered, follow_redirects=True)
    assert refs_on(after.text) == []
    assert found(hub, chief).sensitivity is Sensitivity.L1


def test_a_suspicion_is_on_the_handlers_screen_only(
    hub: Hub, ana: FlaskClient, rosa: FlaskClient
) -> None:
    chief = arrives(hub, CHIEF)
    assert refs_on(ana.get("/triage").text) == []
    assert ana.get("/triage/handlers").status_code == 404
    token = token_in(ana.get("/triage").text)
    taken = ana.post(f"/triage/{chief}", data={"csrf_token": token}, follow_redirects=True)
    assert found(hub, chief).state is CaseState.RECEIVED
    assert chief not in taken.text
    page = rosa.get("/triage", follow_redirects=True).text
    assert refs_on(page) == [chief]
    rosa.post(f"/triage/handlers/{chief}", data=form_of(page, chief))
    case = found(hub, chief)
    assert (case.state, case.suspected, case.sensitivity) == (
        CaseState.TRIAGED,
        False,
        Sensitivity.L3,
    )


def test_who_raises_it_out_of_their_sight_is_told_so_and_cannot_fetch_it_back(
    hub: Hub, ana: FlaskClient
) -> None:
    pump = arrives(hub, PUMP)
    form = form_of(ana.get("/triage").text, pump) | {"sensitivity": "L3"}
    answer = ana.post(f"/triage/{pump}", data=form, headers={"HX-Request": "true"})
    assert "It has left your list" in answer.text
    assert "/undo" not in answer.text
    token = {"csrf_token": form["csrf_token"]}
    undone = ana.post(f"/triage/{pump}/undo", data=token, headers={"HX-Request": "true"})
    assert "can no longer be taken back" in undone.text
    assert found(hub, pump).sensitivity is Sensitivity.L3


def test_what_came_while_the_page_stood_is_read_before_it_is_decided(
    hub: Hub, ana: FlaskClient
) -> None:
    pump = arrives(hub, PUMP)
    form = form_of(ana.get("/triage").text, pump)
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(pump)
        assert case is not None
        case.language = "seh"
        uow.commit()
    answer = ana.post(f"/triage/{pump}", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert refs_on(answer.text) == [pump]
    assert found(hub, pump).state is CaseState.RECEIVED


def test_a_desk_and_a_partner_have_no_triage(app: Flask) -> None:
    assert log_in(app, "filipe").get("/triage").status_code == 403


def test_what_is_left_to_others_goes(hub: Hub, ana: FlaskClient) -> None:
    pump = arrives(hub, PUMP)
    token = {"csrf_token": token_in(ana.get("/triage").text)}
    after = ana.post(f"/triage/{pump}/leave", data=token, follow_redirects=True).text
    assert refs_on(after) == []
    assert found(hub, pump).state is CaseState.RECEIVED
