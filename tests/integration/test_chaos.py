"""A hub that is hurt loses nothing and doubles nothing; `make chaos` does it at length."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedback_hub.adapters import outbox
from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.services.records import Queue
from tests.chaos import faults
from tests.chaos.faults import Cluster
from tests.chaos.ledger import lines
from tests.chaos.run import Load
from tests.integration.system import System, wait_for
from tests.providers.twilio import TwilioServer
from workers.drain import drain

MESSAGES = 25


@pytest.mark.timeout(240)
def test_after_kills_every_message_is_one_case_and_is_acknowledged_once(tmp_path: Path) -> None:
    twilio = TwilioServer().start()
    system = System(tmp_path, twilio, queue_url=EmbeddedValkey(tmp_path).url)
    cluster = Cluster(system, workers=1)
    numbers = [f"+25884{number:07}" for number in range(MESSAGES)]
    dice = random.Random(5)
    try:
        cluster.start()
        load = Load(system, numbers)
        load.start()
        for fault in (
            faults.provider_fails,
            faults.kill_worker,
            faults.kill_web,
            faults.kill_queue,
            faults.kill_scheduler,
        ):
            fault(cluster, dice)
            cluster.keep_up()
        wait_for(load.is_over, f"everything was taken: {system.said()}", 150)
        cluster.stop()
        wait_for(lambda: not cluster.processes(), "every process is gone")
        # What the dead held is free once their leases ran out: here the clock is put on.
        at = datetime.now(UTC)
        for _ in range(8):
            at += outbox.LEASE + timedelta(minutes=35)
            hub = replace(system.hub, clock=lambda at=at: at)  # type: ignore[misc]
            hub.__dict__["engine"] = system.hub.engine
            for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY):
                drain(hub, queue)
        broken = [line for line in lines(system, numbers, []) if not line.holds]
        assert broken == []
    finally:
        system.stop()
        twilio.stop()
    assert threading.active_count() < 20
