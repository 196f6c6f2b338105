"""Load, faults, recovery, ledger."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.domain.access import Membership, Role
from feedback_hub.services.records.work import Queue
from tests.chaos.faults import FAULTS, Cluster
from tests.chaos.ledger import SPARED, TEXTS, UNASKED, Line, lines
from tests.integration.system import NUMBER, System
from tests.providers.kannel import PASSWORD, SECRET, USERNAME, GatewayServer
from tests.providers.twilio import Message, TwilioServer
from workers.drain import drain

_PUT_OFF = timedelta(minutes=35)
"""Longer than any wait of a right clock here; a fast one's are an hour away."""


def make_system(
    home: Path, twilio: TwilioServer, gateway: GatewayServer, database: str, queue: str
) -> System:
    """A hub with a provider that can be asked and a gateway that cannot; its clocks are short."""
    made = System(
        home,
        twilio,
        database,
        queue,
        more_config=f"""
[channels.{UNASKED}]
kind = "sms_http"
send_url = "{gateway.url}"
username = "{USERNAME}"
from_number = "1458"
country = "MZ"
read_timeout = 3
[clocks]
escalate_every = "1 min"
[clocks.answer]
P2 = "1 min"
P3 = "1 min"
P4 = "1 min"
""",
        secrets={
            f"CHANNELS_{UNASKED.upper()}_SECRET": SECRET,
            f"CHANNELS_{UNASKED.upper()}_PASSWORD": PASSWORD,
        },
    )
    with made.hub.unit_of_work() as uow:
        for name, role in (("ana", Role.CASE_MANAGER), ("graca", Role.COORDINATOR)):
            held = (Membership(role),)
            add_account(uow.session, f"{name}@example.org", None, held, datetime.now(UTC))
        uow.commit()
    return made


@dataclass
class Load:
    """Messages from people, each handed over twice until it was answered 200."""

    cluster: Cluster
    people: Sequence[str]
    clients: int = 4
    seconds: float = 0.0
    """Spread over so long, so that every fault meets messages under way; 0: as fast as it goes."""
    delivered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to send."""
        waiting = [*range(len(self.people)), *range(len(self.people))]
        random.Random(3).shuffle(waiting)
        lock = threading.Lock()
        began, gap = time.monotonic(), self.seconds / len(waiting)
        # What somebody wrote is in Twilio's list from when it is handed over first.
        known: dict[int, Message] = {}

        def work() -> None:
            # One connection a client, as providers keep it.
            with httpx.Client(timeout=20, trust_env=False, verify=False) as client:  # noqa: S501  http
                while True:
                    with lock:
                        if not waiting:
                            return
                        turn = began + gap * (2 * len(self.people) - len(waiting))
                        at = waiting.pop()
                        if at % SPARED and at not in known:
                            text = TEXTS[at % len(TEXTS)]
                            known[at] = self._twilio.receive(text, self.people[at], NUMBER)
                    time.sleep(max(0.0, turn - time.monotonic()))
                    self._deliver(client, at, known.get(at))
                    with lock:
                        self.delivered += 1

        self._threads = [threading.Thread(target=work, daemon=True) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()

    def is_over(self) -> bool:
        """Whether every message was taken twice."""
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def _twilio(self) -> TwilioServer:
        return self.cluster.system.twilio

    def _deliver(self, client: httpx.Client, at: int, message: Message | None) -> None:
        url = self.cluster.system.url
        while True:
            try:
                if message is not None:
                    target = f"{url}/channels/sms/inbound"
                    answer = client.send(self._twilio.signed(client, target, message))
                else:
                    query = {
                        "secret": SECRET,
                        "from": self.people[at].lstrip("+"),
                        "to": "1458",
                        "text": TEXTS[at % len(TEXTS)],
                        "charset": "UTF-8",
                        "id": f"mo-{at}",
                    }
                    answer = client.get(f"{url}/channels/{UNASKED}/inbound", params=query)
                if answer.status_code == 200:
                    return
                self.refused[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                self.refused[type(error).__name__] += 1
            time.sleep(0.2)


@dataclass
class Staff:
    """Handlers who read what came meanwhile: each reading is a line of the audit log."""

    system: System
    read: int = 0

    def start(self) -> None:
        """Begin to read."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(1):
            with suppress(httpx.HTTPError, AssertionError, ValueError):
                for case in self.system.cases("protection")[:5]:
                    path = f"/cases/{case['ref']}/messages"
                    self.read += self.system.get("protection", path).status_code == 200


def run(
    cluster: Cluster,
    messages: int,
    faults: int,
    *,
    seed: int,
    every: float,
    patience: float,
    say: Callable[[str], None],
) -> list[Line]:
    """Do it all; the ledger's lines. The cluster is stopped in the end."""
    dice = random.Random(seed)
    system = cluster.system
    people = [f"+25884{number:07}" for number in range(messages)]
    load = Load(cluster, people, seconds=faults * every)
    staff = Staff(system)
    began = time.monotonic()
    done: Counter[str] = Counter()

    def at() -> str:
        return f"{time.monotonic() - began:7.1f} s"

    try:
        cluster.start()
        load.start()
        staff.start()
        # Each of them once before any of them twice.
        order: list[str] = []
        while len(order) < faults:
            order += dice.sample(sorted(FAULTS), len(FAULTS))
        for name in order[:faults]:
            time.sleep(dice.uniform(0.5, 1.5) * every)
            said = FAULTS[name](cluster, dice)
            done[name] += 1
            say(f"{at()}  {name:18} {said}; {load.delivered} of {2 * messages} taken")
        _wait(load.is_over, patience)
        asked = ", ".join(f"{count} {word}" for word, count in load.refused.most_common())
        say(f"{at()}  all taken; handed over again after: {asked or 'nothing'}")
        staff.stop()
        # Fixed: what is put off by an hour must not come due while the rest is waited for.
        soon = datetime.now(UTC) + _PUT_OFF
        _wait(lambda: _left(system, messages, soon) == 0, patience)
        say(f"{at()}  settled")
    finally:
        cluster.stop()
    until = time.monotonic() + 15
    while cluster.processes() and time.monotonic() < until:
        time.sleep(0.2)
    if later := _let_hours_pass(system):
        say(f"{later} times something was done that a fast clock had put off: hours pass for it")
    say("")
    say("faults: " + ", ".join(f"{count} {name}" for name, count in sorted(done.items())))
    again = sorted(cluster.restarts.items())
    say(f"highly sensitive cases read meanwhile: {staff.read} times")
    say("started again: " + ", ".join(f"{name} {count} times" for name, count in again))
    return list(lines(system, cluster.gateway, people, cluster.processes()))


def _wait(done: Callable[[], bool], patience: float) -> None:
    until = time.monotonic() + patience
    while not done() and time.monotonic() < until:
        time.sleep(0.5)


def _left(system: System, messages: int, soon: datetime) -> int:
    """What is left of intake, reading and sending, and of all else that somebody began.

    Without what a fast clock put off beyond ``soon``.
    """
    outbox, inbox = tables.outbox.c, tables.inbox.c
    with suppress(SQLAlchemyError):
        with system.hub.reading() as uow:
            counted = (
                select(func.count()).where(inbox.handled_at.is_(None), inbox.available_at < soon),
                select(func.count()).where(
                    outbox.handled_at.is_(None),
                    outbox.set_aside_at.is_(None),
                    outbox.queue.in_((Queue.TRIAGE, Queue.DELIVERY)) | (outbox.attempts > 0),
                    outbox.available_at < soon,
                ),
            )
            left = sum(uow.session.scalar(one) or 0 for one in counted)
            cases = uow.session.scalar(select(func.count()).select_from(tables.case)) or 0
        return left + max(0, messages - cases)
    return messages


def _let_hours_pass(system: System) -> int:
    """Nobody works any more: what a clock an hour fast put off is done when its time has come."""
    at, done = datetime.now(UTC), 0
    for _ in range(8):
        at += _PUT_OFF
        hub = replace(system.hub, clock=lambda at=at: at)  # type: ignore[misc]
        hub.__dict__["engine"] = system.hub.engine
        done += sum(drain(hub, queue) for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY))
    return done
