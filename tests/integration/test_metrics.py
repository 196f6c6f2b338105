"""What Prometheus reads: the machine's state, no L3, and nothing without a token."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import alerts
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import InboxKind, Task
from tests.integration.asking import Asking, add_case
from tests.integration.databases import NOW
from tests.pages_world import LINE, Clock, arrives, make_hub

READERS = {Role.ADMIN, Role.AUDITOR, Role.COORDINATOR}


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


def scraped(asking: Asking) -> dict[tuple[str, str], float]:
    answer = asking.get(Role.ADMIN, "/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("feedback_hub_"), next(iter(sample.labels.values()), "")): (
            sample.value
        )
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        # The disk is other programs' too.
        if sample.name != "feedback_hub_disk_free_bytes"
    }


def add_inbox(uow: SqlUnitOfWork, kind: InboxKind, *, aside: bool = False) -> None:
    uow.session.execute(
        insert(tables.inbox).values(
            id=uuid.uuid4().hex,
            channel="sms",
            kind=kind,
            external_id=uuid.uuid4().hex,
            key_id="",
            raw_sealed=b"",
            parsed_sealed=b"",
            arrived_at=NOW,
            available_at=NOW - timedelta(seconds=90),
            set_aside_at=NOW if aside else None,
        )
    )


def add_delivery(uow: SqlUnitOfWork, case_id: str | None, state: DeliveryState) -> None:
    uow.add(
        Delivery(
            id=uuid.uuid4().hex,
            channel="sms",
            purpose=Purpose.ACKNOWLEDGEMENT,
            language="por",
            key_id="",
            queued_at=NOW,
            case_id=case_id,
            state=state,
        )
    )


def test_a_scrape_says_how_the_hub_stands(hub: Hub, asking: Asking) -> None:
    with hub.unit_of_work() as uow:
        for level in Sensitivity:
            case = add_case(uow, sensitivity=level)
            add_delivery(uow, case.id, DeliveryState.DELIVERED)
        add_delivery(uow, None, DeliveryState.FAILED)
        for _ in range(2):
            add_inbox(uow, InboxKind.MESSAGE)
        add_inbox(uow, InboxKind.MESSAGE, aside=True)
        add_inbox(uow, InboxKind.REJECTED, aside=True)
        uow.work(Task.SEND, uuid.uuid4().hex, NOW - timedelta(seconds=30))
        uow.work(Task.SEND, uuid.uuid4().hex, NOW + timedelta(seconds=30))
        uow.commit()
    found = scraped(asking)
    assert found["queue_waiting", "intake"] == 2
    assert found["queue_oldest_seconds", "intake"] == 90
    assert found["queue_set_aside", "intake"] == 1
    assert found["inbox_rejected", ""] == 1
    assert found["queue_waiting", "delivery"] == 1
    assert found["queue_oldest_seconds", "delivery"] == 30
    assert found["queue_waiting", "triage"] == found["queue_oldest_seconds", "triage"] == 0
    assert found["cases", "received"] == 2
    assert found["cases", "closed"] == 0
    assert found["deliveries", "delivered"] == 2
    assert found["deliveries", "failed"] == 1


def test_an_l3_changes_no_figure_of_cases_and_texts(hub: Hub, asking: Asking) -> None:
    before = scraped(asking)
    with hub.unit_of_work() as uow:
        case = add_case(uow, sensitivity=Sensitivity.L3)
        add_delivery(uow, case.id, DeliveryState.WITHHELD)
        uow.commit()
    assert scraped(asking) == before


@pytest.mark.parametrize("role", Role)
def test_only_those_who_run_or_oversee_it_scrape(asking: Asking, role: Role) -> None:
    answer = asking.get(role, "/metrics")
    assert answer.status_code == (200 if role in READERS else 403)


def test_without_a_live_token_nothing_is_said(hub: Hub, asking: Asking) -> None:
    nobody = asking.app.test_client().get("/metrics")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert b"feedback_hub_" not in nobody.data
    assert asking.get("fh_made_up", "/metrics").status_code == 401
    with hub.unit_of_work() as uow:
        uow.session.execute(update(tables.token).values(revoked_at=NOW))
        uow.commit()
    assert asking.get(Role.ADMIN, "/metrics").status_code == 401


def test_what_needs_the_operator_is_a_figure(hub: Hub, asking: Asking) -> None:
    with hub.unit_of_work() as uow:
        alerts.raise_once(uow, AlertKind.SILENT_CHANNEL, "sms", NOW)
        uow.commit()
    assert scraped(asking)["alerts", "silent_channel"] == 1
    with hub.unit_of_work() as uow:
        alerts.resolve(uow, AlertKind.SILENT_CHANNEL, "sms", NOW)
        uow.commit()
    assert ("alerts", "silent_channel") not in scraped(asking)


def test_each_channel_has_its_figures(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home", clock=Clock())
    arrives(hub, "Bomba avariada")
    found = scraped(Asking(hub))
    assert 0 <= found["channel_silence_seconds", LINE] < 60
    assert found["channel_set_aside", LINE] == 0
    assert found["channel_waiting", LINE] >= 0
    hub.close()
