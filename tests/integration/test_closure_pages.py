"""The pages of the roster, of information to many and of handing over, as their readers walk."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.contact import Purpose
from feedback_hub.services.records.telling import WordingState
from tests.pages_world import PUMP, arrives, log_in, make_hub, token_in


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return make_hub(tmp_path / "home")


def test_a_handler_leaves_a_number_and_stands_on_the_roster(app: Flask) -> None:
    rosa = log_in(app, "rosa")
    page = rosa.get("/on-call").text
    csrf = token_in(page)
    wrong = rosa.post("/on-call/address", data={"csrf_token": csrf, "phone": "x"})
    assert wrong.status_code == 422
    kept = {"csrf_token": csrf, "phone": "+258841234567", "telegram": ""}
    assert rosa.post("/on-call/address", data=kept).status_code == 303
    put = {"csrf_token": csrf, "account": "rosa@hub.example", "group": "psea", "position": "1"}
    found = rosa.post("/on-call/shifts", data=put)
    assert found.status_code in {303, 422}
    assert "+258841234567" in rosa.get("/on-call").text
    ines = log_in(app, "ines")
    assert "+258841234567" not in ines.get("/on-call").text
    assert log_in(app, "ana").get("/on-call").status_code == 403


def test_information_to_many_is_looked_at_started_and_stopped(hub: Hub, app: Flask) -> None:
    today = hub.clock().date()
    with hub.unit_of_work() as uow:
        days = (today - timedelta(days=1), date(2099, 1, 1))
        words = ("Quando?", "Na terca, na escola.", "por", "", "")
        answer = BankAnswer("a" * 32, *words, *days, True, "ana", hub.clock())
        answer.approve("ana", hub.clock(), today)
        uow.add(answer)
        wording = uow.wording("por", Purpose.BROADCAST)
        assert wording is not None
        wording.state = WordingState.APPROVED
        uow.commit()
    graca = log_in(app, "graca")
    page = graca.get("/broadcasts").text
    csrf = token_in(page)
    assert "Quando?" in page
    empty = graca.post("/broadcasts", data={"csrf_token": csrf})
    assert empty.status_code == 422
    made = graca.post("/broadcasts", data={"csrf_token": csrf, "answers": "a" * 32})
    assert made.status_code == 303
    where = made.headers["Location"]
    assert "Na terca, na escola." in graca.get(where).text
    for verb, word in (("start", 'action="' + where + '/stop"'), ("stop", "/start")):
        assert graca.post(f"{where}/{verb}", data={"csrf_token": csrf}).status_code == 303
        assert word in graca.get(where).text


def test_what_would_be_handed_over_is_shown_before_it_is(hub: Hub, app: Flask) -> None:
    ref = arrives(hub, PUMP)
    ana = log_in(app, "ana")
    page = ana.get(f"/cases/{ref}").text
    csrf = token_in(page)
    agreed = {"share": "anonymous", "contact": "yes", "content_in_text": "no"}
    kept = ana.post(f"/cases/{ref}/consent", data={"csrf_token": csrf} | agreed)
    assert kept.status_code == 303
    asked = {"csrf_token": csrf, "site": "NTO", "to_organisation": "avsi", "reason": "closes"}
    shown = ana.post("/handover", data=asked)
    assert shown.status_code == 200
    assert ref[:3] in shown.text
    assert ana.post("/handover", data=asked | {"reason": ""}).status_code == 422
    nobody = {"site": "NTO", "to_owner": "x@x.example", "reason": "x", "csrf_token": csrf}
    assert ana.post("/handover", data=nobody).status_code == 422
    assert log_in(app, "filipe").get("/handover").status_code == 403
