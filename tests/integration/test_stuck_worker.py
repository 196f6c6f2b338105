"""A worker that hangs in native code is killed, and what it held is done by the next."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services import intake
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import Queue
from tests.integration.system import System, wait_for
from tests.integration.test_apart import Valkey
from tests.providers.twilio import TwilioServer
from workers import operator
from workers.queues import DRAIN, connect, open_queue
from workers.relay import broken_off, wake


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_killed_and_its_job_is_done_by_the_next(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    twilio = TwilioServer().start()
    system = System(tmp_path / "home", twilio, queue_url=valkey.url)
    hub, flag = system.hub, tmp_path / "was_stuck"
    now = datetime.now(UTC)
    number = "+258841234567"
    item = InboundMessage("SM1", now, "Bomba avariada em Ntokota", number, number)
    with hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [item], b"raw", now)
        uow.commit()
    words = [sys.executable, "-m", "tests.integration.stuck_worker", valkey.url, str(flag)]
    worker = subprocess.Popen(words, env=system.environ)
    connection = connect(valkey.url)

    def is_read() -> bool:
        # As the scheduler does: whoever has waited out a dead one's lease gets a wake-up.
        wake(hub, connection)
        with hub.reading() as uow:
            return uow.session.scalar(select(tables.case.c.classified_at)) is not None

    try:
        # A short time to finish in; after that and a minute it is killed from outside.
        open_queue(Queue.INTAKE, connection).enqueue(DRAIN, Queue.INTAKE.value, job_timeout=10)
        wait_for(flag.exists, "it is stuck")
        assert not is_read()
        found = wait_for(lambda: broken_off(connection), "it was killed", 240)
        assert found == 1
        assert worker.poll() is None
        operator.watch_workers(hub, found, hub.clock())
        with hub.reading() as uow:
            raised = [alert.kind for alert in uow.lasting_alerts()]
        assert AlertKind.WORKER_BROKE_OFF in raised
        wait_for(is_read, "the same worker did it", 200)
    finally:
        connection.close()
        worker.kill()
        worker.wait()
        system.stop()
        twilio.stop()
        valkey.kill()
