"""The road of one message, over real HTTP, on both databases (issue 2)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.system import System, wait_for
from tests.providers.twilio import TwilioServer

pytest_plugins: list[str] = []


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    server = TwilioServer().start()
    yield server
    server.stop()


@pytest.fixture
def system(tmp_path: Path, twilio: TwilioServer) -> Iterator[System]:
    made = System(tmp_path / "home", twilio)
    yield made
    made.stop()


def walk_the_road(system: System) -> None:
    """An SMS becomes a case, is referred, answered, and the person is told."""
    system.sms("A bomba de agua nao funciona ha 3 dias em Ntokota")
    case = system.classified()[0]
    ref = case["ref"]
    assert case["state"] == "received"
    assert case["sector"] == "wash"
    assert case["codes"] == ["complaint.broken"]
    assert case["site"] == "NTOKOTA"
    assert case["route"] == {"organisation": "agua-viva", "focal_point": "focal@example.org"}

    acknowledgement = wait_for(lambda: system.twilio.sent, "the acknowledgement")[0]
    assert str(ref)[:3] in acknowledgement.body
    assert "agua" not in acknowledgement.body.lower()

    def post(role: str, path: str, **body: object) -> dict[str, object]:
        response = system.post(role, path, **body)
        assert response.status_code in {200, 201}, response.text
        answer: dict[str, object] = response.json()
        return answer

    triaged = post("case_manager", f"/cases/{ref}/triage", codes=["complaint.broken"])
    assert triaged["state"] == "triaged"
    referral = post(
        "case_manager", f"/cases/{ref}/referrals", organisation="agua-viva", note="Pump, block C"
    )
    assert referral["state"] == "sent"
    assert referral["due_at"]
    read = system.get("focal_point", f"/cases/{ref}/messages").json()["items"]
    assert [line["text"] for line in read] == ["A bomba de agua nao funciona ha 3 dias em Ntokota"]
    at = f"/referrals/{referral['id']}"
    assert post("focal_point", f"{at}/accept")["state"] == "accepted"
    assert post("focal_point", f"{at}/start")["state"] == "in_action"
    answer = {"text": "Repaired on the 14th", "outcome": "resolved"}
    assert post("focal_point", f"{at}/answer", **answer)["state"] == "answered"
    assert post("case_manager", f"{at}/verify", ok=True)["state"] == "verified"
    ready = post("case_manager", f"/cases/{ref}/answer", text="Is repaired", outcome="resolved")
    assert ready["state"] == "response_ready"
    told = post("case_manager", f"/cases/{ref}/loop-back")
    assert told["method"] == "message"
    loop = wait_for(lambda: system.twilio.sent[1:], "the loop-back")[0]
    assert loop.recipient == "+258841234567"
    assert "repaired" not in loop.body.lower()
    closed = post("case_manager", f"/cases/{ref}/close", outcome="resolved", reason="Repaired")
    assert closed["state"] == "closed"
    assert closed["outcome"] == "resolved"

    system.twilio.receipt(loop.sid, "delivered")

    def delivered() -> bool:
        lines = system.get("case_manager", f"/cases/{ref}/messages").json()["items"]
        return ("answer_ready", "delivered") in [
            (line.get("purpose"), line.get("state")) for line in lines
        ]

    wait_for(delivered, "the receipt on the case")
    asked = wait_for(lambda: system.twilio.sent[2:], "the question whether it helped")[0]
    assert asked.recipient == "+258841234567"
    assert "1 Nada" in asked.body
    assert "bomba" not in asked.body.lower()
    kinds = [e["kind"] for e in system.get("case_manager", f"/cases/{ref}/events").json()["items"]]
    assert kinds[0] == "received"
    for kind in ("acknowledged", "triaged", "referral_answered", "loop_attempted", "closed"):
        assert kind in kinds
    assert len(system.twilio.sent) == 3


def test_a_text_travels_to_closure_and_the_person_is_told(system: System) -> None:
    system.start_all()
    walk_the_road(system)


def test_ten_deliveries_at_once_are_one_case(system: System) -> None:
    system.start_all()
    message = system.twilio.receive("Quando e a distribuicao?", "+258841234567", "+258840000000")
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: system.deliver(message), range(10)))
    assert {reply.status_code for reply in replies} == {200}
    assert all("<Response" in reply.text for reply in replies)
    assert len(system.classified()) == 1
    wait_for(lambda: system.twilio.sent, "the acknowledgement")
    assert system.deliver(message).status_code == 200
    assert len(system.cases()) == 1
    assert len(system.twilio.sent) == 1


def test_a_suspected_l3_gets_no_text_and_exists_for_handlers_only(system: System) -> None:
    system.start_all()
    system.sms("o chefe disse que se eu for a casa dele a noite o meu nome fica na lista")
    case = system.classified("protection")[0]
    assert case["sensitivity"] == "L3"
    assert case["suspected"] is True
    assert system.twilio.sent == []
    for role in ("case_manager", "desk", "focal_point"):
        assert system.cases(role) == []
        hidden = system.get(role, f"/cases/{case['ref']}")
        never = system.get(role, "/cases/482913075")
        assert (hidden.status_code, hidden.content) == (never.status_code, never.content)
        assert hidden.status_code == 404
    confirmed = system.post(
        "protection", f"/cases/{case['ref']}/confirm", codes=["misconduct.sea"]
    ).json()
    assert (confirmed["state"], confirmed["codes"]) == ("triaged", ["misconduct.sea"])
    assert (confirmed["suspected"], confirmed["sensitivity"]) == (False, "L3")
    assert system.twilio.sent == []


def test_stop_is_obeyed_and_confirmed_once(system: System) -> None:
    system.start_all()
    system.sms("PARAR")
    wait_for(lambda: system.twilio.sent, "the one confirmation")
    system.sms("A latrina esta cheia em Ntokota")
    assert system.classified()[0]["type"] != ""
    system.sms("PARAR")
    # Another sector: a matter of its own, not a part of the first.
    system.sms("Nao recebi comida este mes")
    assert len(system.classified(count=2)) == 2
    assert len(system.twilio.sent) == 1
