"""The hub behind a real Kannel with its fake SMSC, both from Debian's packages."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from feedback_hub.domain.message import OutboundMessage
from tests.integration.system import System, free_port, wait_for
from tests.providers.kannel import SECRET
from tests.providers.twilio import TwilioServer

FAKE_SMSC = Path("/usr/lib/kannel/test/fakesmsc")
PASSWORD = "kannel-password"
PERSON = "258841234567"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("bearerbox") and shutil.which("smsbox") and FAKE_SMSC.exists()),
        reason="needs Kannel: apt-get install kannel kannel-extras",
    ),
]


@dataclass
class Kannel:
    """Bearerbox and smsbox; ``people`` is the operator with a person's phone."""

    home: Path
    processes: list[subprocess.Popen[bytes]]
    smsc_port: int
    sendsms_port: int

    def run(self, name: str, *command: str) -> None:
        with (self.home / f"{name}.log").open("ab") as said:
            process = subprocess.Popen(
                command, cwd=self.home, stdout=said, stderr=subprocess.STDOUT
            )
        self.processes.append(process)

    def said(self, name: str) -> str:
        file = self.home / f"{name}.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def people_write(self, *messages: str) -> None:
        """Each is "sender recipient kind text", the text percent-encoded for ucs2."""
        host = ("-H", "127.0.0.1", "-r", str(self.smsc_port))
        self.run("people", str(FAKE_SMSC), *host, "-i", "0.3", "-m", "1", *messages)

    def received(self) -> list[str]:
        """What arrived at the phone: "sender recipient kind text"."""
        lines = self.said("people").splitlines()
        return [line.partition("<")[2][:-1] for line in lines if "Got message" in line]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def hub_port() -> int:
    return free_port()


@pytest.fixture
def kannel(tmp_path: Path, hub_port: int) -> Iterator[Kannel]:
    home = tmp_path / "kannel"
    home.mkdir()
    made = Kannel(home, [], free_port(), free_port())
    smsbox_port = free_port()
    get_url = (
        f"http://127.0.0.1:{hub_port}/channels/shortcode/inbound?secret={quote(SECRET)}"
        "&from=%p&to=%P&text=%b&id=%I&time=%T&charset=%C"
    )
    config = home / "kannel.conf"
    config.write_text(f"""
group = core
admin-port = {free_port()}
admin-password = {PASSWORD}
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {smsbox_port}
box-allow-ip = "127.0.0.1"
log-level = 1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = {made.smsc_port}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {made.sendsms_port}
log-level = 1
http-request-retry = 100
http-queue-delay = 1

group = sendsms-user
username = hub
password = {PASSWORD}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
concatenation = true
get-url = "{get_url}"
""")
    try:
        made.run("bearerbox", "bearerbox", str(config))
        wait_for(lambda: answers(smsbox_port), "the bearerbox")
        made.run("smsbox", "smsbox", str(config))
        wait_for(lambda: answers(made.sendsms_port), "the smsbox")
        yield made
    finally:
        made.stop()


@pytest.fixture
def system(tmp_path: Path, kannel: Kannel, hub_port: int) -> Iterator[System]:
    twilio = TwilioServer().start()
    made = System(
        tmp_path / "home",
        twilio,
        port=hub_port,
        more_config=f"""
[channels.shortcode]
kind = "sms_http"
send_url = "http://127.0.0.1:{kannel.sendsms_port}/cgi-bin/sendsms"
username = "hub"
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


def test_a_text_through_kannel_is_acknowledged_on_the_phone(system: System, kannel: Kannel) -> None:
    # Written while the hub is down: Kannel keeps it and calls again.
    kannel.people_write(f"{PERSON} 1458 text A bomba  nao funciona em Ntokota")
    wait_for(lambda: "sent message 1" in kannel.said("people") or None, "the text left")
    assert "knows this hub" in system.hub.channels.accounts["shortcode"].check()
    system.start_all()
    case = system.classified()[0]
    lines = system.get("case_manager", f"/cases/{case['ref']}/messages").json()["items"]
    assert lines[0]["text"] == "A bomba  nao funciona em Ntokota"
    arrived = wait_for(kannel.received, "the acknowledgement on the phone")
    assert arrived[0].startswith(f"1458 +{PERSON} text ")
    assert str(case["ref"])[:3] in arrived[0]

    def delivered() -> bool:
        found = system.get("case_manager", f"/cases/{case['ref']}/messages").json()["items"]
        return bool(found[-1].get("state") == "delivered")

    wait_for(delivered, "Kannel's report on the case")
    # Nothing else was texted: no "empty reply" of Kannel's own.
    assert len(kannel.received()) == 1


def test_any_script_and_length_goes_both_ways(system: System, kannel: Kannel) -> None:
    system.start_all()
    text = "Água? Não há. مرحبا 😀"
    coded = quote(text.encode("utf-16-be"))
    kannel.people_write(f"{PERSON} 1458 ucs2 {coded}")
    case = system.classified()[0]
    lines = system.get("case_manager", f"/cases/{case['ref']}/messages").json()["items"]
    assert lines[0]["text"] == text
    wait_for(kannel.received, "the acknowledgement")

    long = "Não há água no bairro. " * 12
    answer = OutboundMessage("f" * 32, "shortcode", f"+{PERSON}", long)
    system.hub.channels.accounts["shortcode"].send(answer)

    def parts() -> list[str] | None:
        found = [line for line in kannel.received() if "udh" in line or "ucs" in line]
        return found if len(found) >= 5 else None

    # 276 letters with ã are five parts of 67.
    assert len(wait_for(parts, f"all parts: {kannel.received()}")) == 5
