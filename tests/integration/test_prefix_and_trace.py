"""A whole hub below a path and on IPv6, and one message followed through its log."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.system import NUMBER, System, free_port, wait_for
from tests.providers.twilio import TwilioServer

pytestmark = pytest.mark.timeout(240)

PREFIX = "/feedback"
PERSON = "+258841234567"
TEXT = "A bomba de agua avariou em Ntokota"


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    twilio = TwilioServer().start()
    port = free_port()
    made = System(
        tmp_path_factory.mktemp("prefix"),
        twilio,
        secrets={"HUB_BASE_URL": f"http://[::1]:{port}{PREFIX}"},
        port=port,
    )
    made.start("run", "--host", "::", "--port", str(port))
    wait_for(made.is_ready, "it is ready", 200)
    yield made
    made.stop()
    twilio.stop()


def hosts(system: System) -> list[str]:
    return [f"http://[::1]:{system.port}", f"http://127.0.0.1:{system.port}"]


def test_it_answers_on_both_protocols_with_and_without_the_prefix(system: System) -> None:
    for host in hosts(system):
        for prefix in (PREFIX, ""):
            ready = httpx.get(f"{host}{prefix}/readyz", trust_env=False, timeout=30)
            assert ready.status_code == httpx.codes.OK, (host, prefix, ready.text)
            parts = {"status", "database", "disk", "queue"}
            assert {part: ready.json()[part] for part in parts} == dict.fromkeys(parts, "ok")


def test_every_address_on_a_page_stays_below_the_prefix(system: System) -> None:
    with httpx.Client(base_url=hosts(system)[0], trust_env=False, timeout=60) as client:
        sent_on = client.get(f"{PREFIX}/cases")
        assert sent_on.status_code == httpx.codes.FOUND
        assert sent_on.headers["Location"].startswith(f"{PREFIX}/login")
        page = client.get(sent_on.headers["Location"])
        assert page.status_code == httpx.codes.OK
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
        assert links
        assert [link for link in links if not link.startswith(f"{PREFIX}/")] == []
        styles = [link for link in links if ".css" in link]
        assert client.get(styles[0]).status_code == httpx.codes.OK
        # No other program on this host is sent the log-in.
        assert f"Path={PREFIX};" in page.headers["Set-Cookie"]


def said(system: System) -> list[dict[str, str]]:
    """The lines of the log; without second readings, for which nothing waits."""
    lines = (system.home / "run.out").read_text().splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [one for one in found if one.get("task") != "reread"]


def steps(system: System, trace: str) -> list[tuple[str, str]]:
    """The road that ``trace`` took."""
    return [
        (one["event"], one.get("task", "")) for one in said(system) if one.get("trace") == trace
    ]


def test_a_message_is_followed_by_one_trace_from_webhook_to_delivery(system: System) -> None:
    message = system.twilio.receive(TEXT, PERSON, NUMBER)
    public = f"{hosts(system)[0]}{PREFIX}/channels/sms/inbound"
    # Signed over the public address, as the provider does, wherever the proxy hands it on.
    assert system.twilio.webhook(public, message).status_code == httpx.codes.OK
    sent = wait_for(lambda: system.twilio.sent, "the acknowledgement")[0]
    assert sent.status_callback.startswith(f"{hosts(system)[0]}{PREFIX}/channels/sms/status")
    assert system.twilio.receipt(sent.sid, "delivered").is_success
    first, receipt = wait_for(
        lambda: (
            (found := [one for one in said(system) if one["event"] == "accepted"])[1:] and found
        ),
        "the message and the receipt in the log",
    )
    road = [
        ("accepted", ""),
        ("done", "register"),
        ("done", "send"),
        ("done", "register"),
    ]
    wait_for(lambda: len(steps(system, first["trace"])) == len(road), "the road in the log")
    assert steps(system, first["trace"]) == road
    assert all(one["timestamp"] for one in said(system))
    # The last of them is the receipt's, which came on its own.
    mine = [one for one in said(system) if one.get("trace") == first["trace"]]
    assert mine[-1]["work"] == receipt["trace"]
    log = (system.home / "run.out").read_text()
    assert PERSON.lstrip("+") not in log
    assert "bomba" not in log


def test_what_a_person_does_is_followed_from_their_request_to_the_delivery(system: System) -> None:
    before = len(system.twilio.sent)
    system.twilio.webhook(
        f"{hosts(system)[0]}{PREFIX}/channels/sms/inbound",
        system.twilio.receive("A lona da tenda rasgou", "+258847654321", NUMBER),
    )
    wait_for(lambda: len(system.twilio.sent) > before, "the acknowledgement")
    ref = str(system.classified()[0]["ref"])
    triaged = system.post("case_manager", f"/cases/{ref}/triage", codes=["complaint.broken"])
    assert triaged.status_code == httpx.codes.OK, triaged.text
    answered = system.post(
        "case_manager", f"/cases/{ref}/answer", text="Amanhã vem outra", outcome="resolved"
    )
    assert answered.status_code == httpx.codes.OK, answered.text
    sent_before = len(system.twilio.sent)
    told = system.post("case_manager", f"/cases/{ref}/loop-back")
    assert told.is_success, told.text
    wait_for(lambda: len(system.twilio.sent) > sent_before, "the answer")
    assert system.twilio.receipt(system.twilio.sent[-1].sid, "delivered").is_success
    asked = [one for one in said(system) if one["event"] == "asked"][-1]
    assert asked["endpoint"].endswith("loop_back")
    road = [("asked", ""), ("done", "send"), ("done", "register")]
    wait_for(lambda: len(steps(system, asked["trace"])) == len(road), "the road in the log")
    assert steps(system, asked["trace"]) == road
    assert ref not in (system.home / "run.out").read_text()
