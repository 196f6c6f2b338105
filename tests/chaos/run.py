"""Load, faults, recovery, ledger."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters import tables
from feedback_hub.services.records import Queue
from tests.chaos.faults import FAULTS, Cluster
from tests.chaos.ledger import Line, lines
from tests.integration.system import NUMBER, System
from tests.providers.twilio import Message

TEXTS = (
    "A bomba de agua esta avariada ha tres dias",
    "Nao recebemos comida este mes",
    "A lona da tenda rasgou com o vento",
    "Obrigado pela ajuda",
    "Querem dinheiro para pôr o meu nome na lista",
)


@dataclass
class Load:
    """Messages from people, each handed over twice until it was answered 200."""

    system: System
    numbers: Sequence[str]
    clients: int = 4
    delivered: int = 0
    refused: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to send."""
        waiting = [
            (self.system.twilio.receive(TEXTS[at % len(TEXTS)], number, NUMBER), number)
            for at, number in enumerate(self.numbers)
        ] * 2
        random.Random(3).shuffle(waiting)
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    if not waiting:
                        return
                    message, _ = waiting.pop()
                self._deliver(message)
                with lock:
                    self.delivered += 1

        self._threads = [threading.Thread(target=work, daemon=True) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()

    def is_over(self) -> bool:
        """Whether every message was taken twice."""
        return not any(thread.is_alive() for thread in self._threads)

    def _deliver(self, message: Message) -> None:
        while True:
            with suppress(httpx.HTTPError):
                if self.system.deliver(message).status_code == 200:
                    return
            self.refused += 1
            time.sleep(0.2)


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
    numbers = [f"+25884{number:07}" for number in range(messages)]
    cluster.start()
    load = Load(system, numbers)
    load.start()
    began = time.monotonic()
    # Each of them once before any of them twice.
    order: list[str] = []
    while len(order) < faults:
        order += dice.sample(sorted(FAULTS), len(FAULTS))
    for name in order[:faults]:
        time.sleep(dice.uniform(0.5, 1.5) * every)
        said = FAULTS[name](cluster, dice)
        cluster.keep_up()
        at = time.monotonic() - began
        say(f"{at:7.1f} s  {name:18} {said}; {load.delivered} of {2 * messages} taken")
    _wait(load.is_over, patience, cluster)
    say(f"{time.monotonic() - began:7.1f} s  all taken, {load.refused} times asked again")
    _wait(lambda: _is_settled(system, messages), patience, cluster)
    say(f"{time.monotonic() - began:7.1f} s  settled")
    cluster.stop()
    until = time.monotonic() + 15
    while cluster.processes() and time.monotonic() < until:
        time.sleep(0.2)
    return list(lines(system, numbers, cluster.processes()))


def _wait(done: Callable[[], bool], patience: float, cluster: Cluster) -> None:
    until = time.monotonic() + patience
    while not done() and time.monotonic() < until:
        cluster.keep_up()
        time.sleep(0.5)


def _is_settled(system: System, messages: int) -> bool:
    """Whether nothing is left of intake, reading and sending."""
    outbox = tables.outbox.c
    with suppress(SQLAlchemyError):
        with system.hub.reading() as uow:
            left = uow.session.scalar(
                select(func.count())
                .select_from(tables.inbox)
                .where(tables.inbox.c.handled_at.is_(None))
            )
            left = (left or 0) + (
                uow.session.scalar(
                    select(func.count()).where(
                        outbox.handled_at.is_(None),
                        outbox.set_aside_at.is_(None),
                        outbox.queue.in_((Queue.TRIAGE, Queue.DELIVERY)),
                    )
                )
                or 0
            )
            cases = uow.session.scalar(select(func.count()).select_from(tables.case)) or 0
        return not left and cases >= messages
    return False
