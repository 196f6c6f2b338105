"""A hub that is hurt loses nothing and doubles nothing; `make chaos` does it at length."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedback_hub.adapters import outbox
from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.services.records.work import Queue
from tests.chaos import faults
from tests.chaos.faults import Cluster
from tests.chaos.ledger import lines
from tests.chaos.run import Load, make_system
from tests.integration.system import wait_for
from tests.providers.kannel import GatewayServer
from tests.providers.twilio import TwilioServer
from workers.drain import drain
from workers.schedule import sound_alarms

MESSAGES = 25


@pytest.mark.timeout(240)
def test_after_kills_every_message_is_one_case_and_is_acknowledged_once(tmp_path: Path) -> None:
    twilio, gateway = TwilioServer().start(), GatewayServer().start()
    system = make_system(tmp_path, twilio, gateway, "", EmbeddedValkey(tmp_path).url)
    cluster = Cluster(system, gateway, workers=1, schedulers=1)
    people = [f"+25884{number:07}" for number in range(MESSAGES)]
    dice = random.Random(5)
    try:
        cluster.start()
        load = Load(cluster, people)
        load.start()
        for fault in (
            faults.provider_fails,
            faults.kill_worker,
            faults.kill_web,
            faults.kill_queue,
            faults.kill_scheduler,
        ):
            fault(cluster, dice)
        wait_for(load.is_over, f"everything was taken: {system.said()}", 150)
        cluster.stop()
        wait_for(lambda: not cluster.processes(), "every process is gone")
        # What the dead held is free once their leases ran out: here the clock is put on.
        at = datetime.now(UTC)
        for _ in range(8):
            at += outbox.LEASE + timedelta(minutes=35)
            hub = replace(system.hub, clock=lambda at=at: at)  # type: ignore[misc]  # a lambda's default
            hub.__dict__["engine"] = system.hub.engine
            for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY):
                drain(hub, queue)
            sound_alarms(hub, at)
        broken = [line for line in lines(system, gateway, people, []) if not line.holds]
        assert broken == []
    finally:
        cluster.stop()
        system.stop()
        gateway.stop()
        twilio.stop()
