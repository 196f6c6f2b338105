"""A worker killed at any step of the road loses nothing and sends nothing twice (issue 2)."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import outbox, tables
from feedback_hub.domain.message import DeliveryState, InboundMessage
from feedback_hub.services import intake
from feedback_hub.services.records.work import Queue
from tests.integration.system import System
from tests.providers.twilio import TwilioServer
from workers.drain import drain

QUEUES = (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    twilio = TwilioServer().start()
    made = System(tmp_path_factory.mktemp("kill"), twilio)
    yield made
    made.stop()
    twilio.stop()


def arrive(system: System, number: str) -> None:
    now = datetime.now(UTC)
    message = InboundMessage(f"SM{number}", now, "Bomba avariada em Ntokota", number, number)
    with system.hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [message], b"raw", now)
        uow.commit()


@pytest.fixture(scope="module")
def workers(system: System) -> Iterator[subprocess.Popen[str]]:
    """Where workers that will die are forked from."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.dying_worker"],
        env=system.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def killed_worker(workers: subprocess.Popen[str], step: str, when: str, at: int) -> bool:
    """Run a worker that dies there; False if the road was over before."""
    assert workers.stdin
    assert workers.stdout
    workers.stdin.write(f"{step} {when} {at}\n")
    workers.stdin.flush()
    lines = iter(workers.stdout.readline, "")
    status = next(line.strip() for line in lines if line.strip().lstrip("-").isdigit())
    assert status in {"0", str(-signal.SIGKILL)}
    return status != "0"


def next_worker(system: System) -> None:
    """Another worker, after the dead one's leases ran out."""
    later = datetime.now(UTC)
    for _ in range(6):
        later += outbox.LEASE + timedelta(seconds=1)
        hub = replace(system.hub, clock=lambda at=later: at)  # type: ignore[misc]  # a lambda's default
        hub.__dict__["engine"] = system.hub.engine
        for queue in QUEUES:
            drain(hub, queue)


@pytest.mark.parametrize(
    ("step", "when"),
    [("commit", "before"), ("commit", "after"), ("send", "before"), ("send", "after")],
)
def test_each_message_is_one_case_and_one_acknowledgement(
    system: System, workers: subprocess.Popen[str], step: str, when: str
) -> None:
    deaths = 0
    for at in range(1, 40):
        number = f"+2588412{'commit send'.index(step)}{'before after'.index(when):02}{at:02}"
        arrive(system, number)
        died = killed_worker(workers, step, when, at)
        next_worker(system)
        with system.hub.reading() as uow:
            index = uow.vault.index(number, "address:sms")
            contact = uow.contact_at("sms", index)
            assert contact is not None
            cases = uow.session.scalar(
                select(func.count()).where(tables.case.c.contact_id == contact.id)
            )
            states = uow.session.scalars(
                select(tables.delivery.c.state).where(tables.delivery.c.contact_id == contact.id)
            ).all()
            assert outbox.unfinished(uow.session) == 0
        assert cases == 1
        assert states == [DeliveryState.SENT]
        assert [m.recipient for m in system.twilio.sent].count(number) == 1
        deaths += died
        if not died:
            break
    assert deaths >= (1 if step == "send" else 6)
