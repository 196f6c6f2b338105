"""Two machines that do not reach each other for a while: what people get meanwhile and after.

By a cable of our own that is cut (everywhere), and by a network namespace whose link goes down
(where this machine allows it): then packets vanish, and only time-outs tell.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.domain.referral import ReferralState
from tests.integration.databases import PostgresServer
from tests.integration.system import System, wait_for
from tests.integration.test_apart import Valkey
from tests.integration.test_exchange import Clock, MakeHubs, clock, make_hubs
from tests.providers.cable import Cable
from tests.providers.twilio import TwilioServer

__all__ = ["clock", "make_hubs"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    made = Valkey(tmp_path / "valkey")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    server = TwilioServer().start()
    yield server
    server.stop()


def socket_of(valkey: Valkey, tmp_path: Path) -> str:
    return str(EmbeddedValkey(tmp_path / "valkey").socket)


def acknowledged_once(system: System, count: int) -> None:
    assert len(system.classified(count=count)) == count
    wait_for(lambda: len(system.twilio.sent) >= count, "every acknowledgement")
    assert len({one.recipient for one in system.twilio.sent}) == len(system.twilio.sent) == count


@pytest.mark.postgres
def test_web_and_workers_that_lose_the_queue_keep_what_comes_and_do_it_after(
    tmp_path: Path, valkey: Valkey, twilio: TwilioServer, postgres_server: PostgresServer
) -> None:
    cable = Cable(socket_of(valkey, tmp_path))
    queue = f"redis://127.0.0.1:{cable.port}/0"
    system = System(tmp_path / "home", twilio, postgres_server.fresh(), queue)
    try:
        system.start_apart(workers=1)
        system.sms("Bomba avariada", "+258841230000")
        system.classified()
        cable.cut()
        for number in range(1, 5):
            system.sms("Bomba avariada", f"+25884123000{number}")
        ready = httpx.get(f"{system.url}/readyz", timeout=20, trust_env=False)
        assert ready.status_code == httpx.codes.OK
        assert ready.json()["queue"] == "away"
        # Longer than any client of the queue waits.
        wait_for(lambda: "relay cannot work" in system.said(), "the relay noticed")
        cable.mend()
        # A worker that lost its server may end: its supervisor starts another.
        system.start("worker")
        acknowledged_once(system, 5)
    finally:
        system.stop()
        cable.close()


@dataclass
class Host:
    """Where a worker runs that reaches database and queue over ``address`` only."""

    address: str
    words: tuple[str, ...] = ()
    """What a command begins with, to run there."""
    link: str = ""

    def cut(self, *cables: Cable) -> None:
        if self.link:
            subprocess.run(["ip", "link", "set", self.link, "down"], check=True)
        for cable in cables if not self.link else ():
            cable.cut()

    def mend(self, *cables: Cable) -> None:
        if self.link:
            subprocess.run(["ip", "link", "set", self.link, "up"], check=True)
        for cable in cables:
            cable.mend()


@pytest.fixture(params=["cable", "namespace"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    if request.param == "cable":
        yield Host("127.0.0.1")
        return
    name, near, far = f"fh{os.getpid()}", f"fhn{os.getpid()}", f"fhf{os.getpid()}"
    net = f"10.213.{os.getpid() % 250}"
    steps = (
        f"ip netns add {name}",
        f"ip link add {near} type veth peer name {far} netns {name}",
        f"ip addr add {net}.1/24 dev {near}",
        f"ip link set {near} up",
        f"ip -n {name} addr add {net}.2/24 dev {far}",
        f"ip -n {name} link set {far} up",
        f"ip -n {name} link set lo up",
    )
    try:
        for step in steps:
            try:
                done = subprocess.run(step.split(), capture_output=True, text=True, check=False)
            except FileNotFoundError:
                pytest.skip("no `ip` here (Debian: iproute2), so no second host to cut off")
            if done.returncode:
                pytest.skip(f"this machine allows no network namespaces: {done.stderr.strip()}")
        yield Host(f"{net}.1", ("ip", "netns", "exec", name), near)
    finally:
        for step in (f"ip link del {near}", f"ip netns del {name}"):
            subprocess.run(step.split(), capture_output=True, check=False)


@pytest.mark.postgres
def test_a_worker_that_loses_the_database_and_the_queue_goes_on_where_it_was(
    host: Host, tmp_path: Path, valkey: Valkey, postgres_server: PostgresServer
) -> None:
    twilio = TwilioServer(host=host.address).start()
    url = make_url(postgres_server.fresh())
    system = System(tmp_path / "home", twilio, url.render_as_string(), valkey.url)
    database = Cable(f"{url.query['host']}/.s.PGSQL.5432", host.address)
    queue = Cable(socket_of(valkey, tmp_path), host.address)
    worker = worker_there(system, host, database, queue)
    try:
        system.start("web", "--port", str(system.port))
        system.start("scheduler")
        system.wait_ready()
        system.sms("Bomba avariada", "+258841230000")
        acknowledged_once(system, 1)
        for number in range(1, 21):
            system.sms("Bomba avariada", f"+2588412300{number:02}")
            if number == 10:
                host.cut(database, queue)
                cut_at = time.monotonic()
        # Nobody who writes notices anything, and nothing is worked on.
        before = len(twilio.sent)
        wait_for(lambda: time.monotonic() - cut_at > 35, "longer than a silent database may take")
        assert len(twilio.sent) == before
        assert before < 21
        host.mend(database, queue)
        if worker.poll() is not None:
            worker = worker_there(system, host, database, queue)
        wait_for(lambda: is_read(system, 21), f"all are cases: {system.said()}", 260)
        wait_for(lambda: len(twilio.sent) >= 21, "every acknowledgement", 260)
        assert len({one.recipient for one in twilio.sent}) == len(twilio.sent) == 21
    finally:
        system.stop()
        database.close()
        queue.close()
        twilio.stop()


def is_read(system: System, count: int) -> bool:
    cases = system.cases()
    return len(cases) == count and all(case["classified_at"] for case in cases)


def worker_there(
    system: System, host: Host, database: Cable, queue: Cable
) -> subprocess.Popen[bytes]:
    """A worker on the other host: the same hub, reached over the cables."""
    url = make_url(system.database_url)
    there = url.set(host=host.address, port=database.port, query={}).render_as_string()
    config = system.home / "there.toml"
    text = system.config.read_text().replace(system.database_url, there)
    text = text.replace(system.queue_url, f"redis://{host.address}:{queue.port}/0")
    config.write_text(text)
    with (system.home / "worker.out").open("ab") as said:
        process = subprocess.Popen(
            [*host.words, sys.executable, "-m", "feedback_hub", "worker"],
            env=system.environ | {"FEEDBACK_HUB_CONFIG": str(config)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    system.processes.append(process)
    return process


def test_hubs_that_lose_each_other_in_the_middle_of_a_letter_have_one_case(
    make_hubs: MakeHubs, clock: Clock
) -> None:
    cable = Cable(("127.0.0.1", 0))
    north, south = make_hubs({"url": f"http://127.0.0.1:{cable.port}", "timeout": 1}, {})
    cable.target = ("127.0.0.1", south.port)
    try:
        cable.cut(only_back=True)
        ref = north.arrives()
        north.refers(ref)
        # It arrived, and its receipt did not: to the sender it still waits.
        assert len(south.cases()) == 1
        assert north.letters() == [("referral", "waiting")]
        cable.cut()
        clock.moves(hours=1)
        north.works()
        assert north.letters() == [("referral", "waiting")]
        cable.mend()
        clock.moves(hours=1)
        north.works()
        assert north.letters() == [("referral", "sent")]
        assert len(south.cases()) == 1
        assert north.referral(ref).state is ReferralState.SENT
    finally:
        cable.close()
