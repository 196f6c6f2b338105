"""A text through an HTTP gateway, the whole road, and nothing of it in any log."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.integration.system import System, wait_for
from tests.providers.kannel import PASSWORD, SECRET, USERNAME, GatewayServer, gateway
from tests.providers.twilio import TwilioServer

__all__ = ["gateway"]

PERSON = "258841234567"
WORD = "Nhamatanda"
"""Stands in every text: whoever finds it outside a sealed column has found somebody's words."""


@pytest.fixture
def system(tmp_path: Path, gateway: GatewayServer) -> Iterator[System]:
    twilio = TwilioServer().start()
    made = System(
        tmp_path / "home",
        twilio,
        more_config=f"""
[channels.shortcode]
kind = "sms_http"
send_url = "{gateway.url}"
username = "{USERNAME}"
from_number = "1458"
country = "MZ"
""",
        secrets={
            "CHANNELS_SHORTCODE_SECRET": SECRET,
            "CHANNELS_SHORTCODE_PASSWORD": PASSWORD,
        },
    )
    yield made
    made.stop()
    twilio.stop()


def raw_request(system: System, line: str) -> bytes:
    """The beginning of what a request line as it stands is answered with."""
    address = urlsplit(system.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 10) as one:
        one.sendall(f"{line}\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
        return one.recv(12)


def test_a_text_is_acknowledged_and_leaves_no_trace_in_a_log(
    system: System, gateway: GatewayServer
) -> None:
    system.start_all()
    url = f"{system.url}/channels/shortcode/inbound"
    text = f"A bomba de agua nao funciona em {WORD}"
    for _ in range(3):
        assert gateway.text(url, text, PERSON, id="mo-1", time="1772438391") == 200
    case = system.classified()[0]
    sent = wait_for(lambda: gateway.sent, "the acknowledgement")
    assert sent[0].parameters["to"] == f"+{PERSON}"
    assert str(case["ref"])[:3] in sent[0].parameters["text"]
    assert sent[0].parameters["from"] == "1458"

    assert gateway.report(sent[0], "8", "ACK/") == 200
    assert gateway.report(sent[0], "1") == 200

    def delivered() -> bool:
        lines = system.get("case_manager", f"/cases/{case['ref']}/messages").json()["items"]
        return bool(lines[-1].get("state") == "delivered")

    wait_for(delivered, "the report on the case")

    # Everything that can go wrong with a request that holds somebody's words.
    words = f"from={PERSON}&text={WORD}&secret={quote(SECRET)}"
    assert (
        raw_request(system, f"GET /channels/shortcode/inbound?{words} e mais HTTP/1.1")[9:]
        == b"400"
    )
    road = "/channels/shortcode/inbound"
    for line, code in {
        f"GET {road}?{words} em {WORD} HTTP/1.1": b"400",
        f"GET {road}?{words} HTTP/{WORD}": b"400",
        f"{WORD} {road}?{words} HTTP/1.1": b"400",
        f"GET {road}?{words}+{WORD * 900} HTTP/1.1": b"414",
    }.items():
        assert raw_request(system, line)[9:] == code
    for path, status in {
        f"shortcode/inbound?from={PERSON}&text={WORD}&secret=wrong{WORD}": 403,
        f"shortcode/other?{words}": 404,
        f"nothing/inbound?{words}": 404,
        f"shortcode/inbound?msisdn={words}": 200,
        f"shortcode/status?{words}": 200,
    }.items():
        assert httpx.get(f"{system.url}/channels/{path}", trust_env=False).status_code == status
    wrong = httpx.put(f"{url}?{words}", trust_env=False)
    assert wrong.status_code == 405
    gateway.answers.append((502, "Bad gateway"))
    other = f"{PERSON[:-1]}9"
    assert gateway.text(url, f"Latrina cheia em {WORD}", other, id="mo-2") == 200
    system.classified(count=2)
    wait_for(lambda: not gateway.answers, "a send that failed")

    system.stop()
    assert len(gateway.sent) == 1
    files = [file for file in system.home.rglob("*") if file.is_file()]
    assert [file.name for file in files if file.suffix == ".out"]
    for file in files:
        kept = file.read_bytes()
        for private in (WORD, PERSON, PERSON[3:], other[3:], SECRET, quote(SECRET), PASSWORD):
            assert private.encode() not in kept, file.name
