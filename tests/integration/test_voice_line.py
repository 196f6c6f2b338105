"""A telephone line over real HTTP: `feedback-hub run`, and somebody who rings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.system import NUMBER, System, wait_for
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer
from tests.providers.twilio_calls import Phone

PERSON = "+258841234567"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    server = TwilioServer().start()
    yield server
    server.stop()


@pytest.fixture
def system(tmp_path: Path, twilio: TwilioServer) -> Iterator[System]:
    line = f"""
[channels.line]
kind = "twilio_voice"
account_sid = "{ACCOUNT_SID}"
from_number = "{NUMBER}"
api_base = "{twilio.url}"
"""
    made = System(
        tmp_path / "home",
        twilio,
        more_config=line,
        secrets={"CHANNELS_LINE_AUTH_TOKEN": AUTH_TOKEN},
    )
    yield made
    made.stop()


def ring(system: System, sender: str) -> Phone:
    def post(url: str, form: Mapping[str, str]) -> tuple[int, str]:
        answer = system.twilio.post_signed(url, form)
        return answer.status_code, answer.text

    url = f"{system.url}/channels/line"
    return Phone(post, url, sender, NUMBER, api=system.twilio.url).ring()


def test_a_caller_leaves_a_message_asks_about_it_and_hangs_up(system: System) -> None:
    system.start_all()
    call = ring(system, PERSON).key("1").key("1").key("1")
    call.speak()
    spoken = "".join(filter(str.isdigit, "".join(call.heard)))
    call.key("1").end()
    case = system.classified()[0]
    ref = str(case["ref"])
    assert spoken.count(ref) == 2
    said = system.get("case_manager", f"/cases/{ref}/messages").json()["items"]
    assert said[0]["kind"] == "voice"
    told = wait_for(lambda: system.twilio.sent, "the text with the reference")[0]
    assert told.recipient == PERSON
    assert f"{ref[:3]}-{ref[3:6]}-{ref[6:]}" in told.body

    asks = ring(system, PERSON).key("1").key("2")
    secret = spoken[spoken.index(ref) + len(ref) :][:6]
    asks.key(ref + secret)
    assert "temos a sua mensagem" in "".join(asks.heard)
    asks.end()

    ring(system, "+258849999999").end()
    assert len(system.classified(count=2)) == 2
    said = [
        line["kind"]
        for one in system.cases()
        for line in system.get("case_manager", f"/cases/{one['ref']}/messages").json()["items"]
        if "kind" in line
    ]
    assert {"missed_call", "voice"} <= set(said)
    events = system.get("case_manager", f"/cases/{ref}/events").json()["items"]
    assert "status_asked" in [event["kind"] for event in events]
    assert len(system.twilio.sent) == 1
