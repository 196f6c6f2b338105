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


def test_a_message_is_followed_by_one_trace_from_webhook_to_delivery(system: System) -> None:
    message = system.twilio.receive(TEXT, PERSON, NUMBER)
    public = f"{hosts(system)[0]}{PREFIX}/channels/sms/inbound"
    # Signed over the public address, as the provider does, wherever the proxy hands it on.
    assert system.twilio.webhook(public, message).status_code == httpx.codes.OK
    sent = wait_for(lambda: system.twilio.sent, "the acknowledgement")[0]
    assert sent.status_callback.startswith(f"{hosts(system)[0]}{PREFIX}/channels/sms/status")
    assert system.twilio.receipt(sent.sid, "delivered").is_success

    def steps() -> list[dict[str, str]]:
        lines = (system.home / "run.out").read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        first = next(one for one in said if one["event"] == "accepted")
        mine = [one for one in said if one.get("trace") == first["trace"]]
        # A second reading follows where the larger model is installed: nothing waits for it.
        return [one for one in mine if one.get("task") != "reread"]

    def is_whole() -> bool:
        return [one.get("task") for one in steps()][-1:] == ["send"]

    wait_for(is_whole, "the road in the log")
    assert [(one["event"], one.get("task", "")) for one in steps()] == [
        ("accepted", ""),
        ("done", "register"),
        ("done", "classify"),
        ("done", "send"),
    ]
    assert all(one["timestamp"] for one in steps())
    log = (system.home / "run.out").read_text()
    assert PERSON.lstrip("+") not in log
    assert "bomba" not in log
