"""What waits for a speaker, and how good the suggestions are, as the pages show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.bootstrap import Hub
from feedback_hub.services import triage
from feedback_hub.services.triage import Decision
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_app, make_hub, token_in

MAKHUWA = "Mwaha etthu yala ohaana ovahereriwa mwanaka"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("quality") / "home", clock=Clock())
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


def in_language(hub: Hub, text: str, language: str) -> str:
    ref = arrives(hub, text)
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        case.language = language
        uow.commit()
    return ref


def speaks(browser: FlaskClient, *languages: str) -> None:
    form = {"csrf_token": token_in(browser.get("/account").text), "languages": list(languages)}
    assert browser.post("/account/languages", data=form).status_code == 303


def test_a_message_waits_for_who_speaks_its_language_and_is_read_beside_the_translation(
    hub: Hub, ana: FlaskClient, rosa: FlaskClient
) -> None:
    ref = in_language(hub, MAKHUWA, "vmw")
    in_language(hub, PUMP, "por")
    speaks(ana, "por")
    assert MAKHUWA not in ana.get("/translations").text
    assert "Emakhuwa: 1" in ana.get("/translations").text
    speaks(ana, "por", "vmw")
    assert "to translate" in ana.get("/").text
    page = ana.get("/translations").text
    assert MAKHUWA in page
    assert PUMP not in page
    assert "Needs a speaker" in ana.get(f"/cases/{ref}").text
    # For a handler an ordinary case does not exist.
    speaks(rosa, "vmw")
    assert MAKHUWA not in rosa.get("/translations").text

    words = {"csrf_token": token_in(page), "text": "This child must be helped."}
    after = ana.post(f"/translations/{ref}", data=words, follow_redirects=True).text
    assert MAKHUWA not in after
    shown = ana.get(f"/cases/{ref}").text
    assert "Needs a speaker" not in shown
    bubble = re.search(
        r'<div class="bubble">.*?</div></div>|<div class="bubble">.*?</li>', shown, re.DOTALL
    )
    assert bubble
    # Whatever the machine marked in it.
    assert MAKHUWA in re.sub("<[^>]+>", "", bubble.group())
    assert "This child must be helped." in bubble.group()


def test_an_empty_translation_is_not_kept(hub: Hub, ana: FlaskClient) -> None:
    ref = in_language(hub, MAKHUWA + " wira", "vmw")
    speaks(ana, "vmw")
    token = token_in(ana.get("/translations").text)
    answer = ana.post(f"/translations/{ref}", data={"csrf_token": token, "text": " "})
    assert answer.status_code == 422
    assert "Write it in a few words." in answer.text


def judged(hub: Hub, text: str, name: str, decision: Decision) -> None:
    ref = arrives(hub, text)
    with hub.unit_of_work() as uow:
        actor = uow.actor(f"{name}@example.org")
        assert actor is not None
        triage.triage(uow, hub.rules, actor, ref, decision, hub.clock() + timedelta(minutes=1))
        uow.commit()


def test_quality_is_told_where_enough_was_judged_and_highly_sensitive_only_to_its_handlers(
    hub: Hub, app: Flask, ana: FlaskClient, rosa: FlaskClient
) -> None:
    for number in range(6):
        judged(hub, f"{PUMP}, bloco {number}", "ana", Decision())
    for number in range(2):
        worse = Decision(codes=("complaint.quality",))
        judged(hub, f"{PUMP}, zona {number}", "ana", worse)
    for number in range(5):
        judged(hub, f"{CHIEF}, dia {number}", "rosa", Decision())
    judged(hub, "quando ha comida?", "ana", Decision())

    page = ana.get("/quality").text
    line = page[page.index("<td>Broken facility</td>") :]
    assert "<strong>75 %</strong>" in line[: line.index("</tr>")]
    # Two corrections are too few to say into what, one question to say anything of its code.
    assert "Poor quality" not in page
    assert "<td>Dates and places of distribution</td>" not in page
    # One figure for all; where it comes from is for the handlers.
    assert "the machine had raised" in page
    assert "Sexual exploitation" not in page
    own = rosa.get("/quality").text
    assert "Sexual exploitation and abuse</dt><dd><strong>100 %</strong>" in own
    assert "Broken facility" not in own
    assert "Sexual exploitation" not in log_in(app, "graca").get("/quality").text
    assert log_in(app, "filipe").get("/quality").status_code == 403
