"""What Prometheus reads: the machine's state, no L3, and nothing without a token."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update
from werkzeug.test import Client

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import alerts
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import InboxKind, Task
from feedback_hub.web.serve import Website
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
        (sample.name.removeprefix("feedback_hub_"), first_of(sample.labels)): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        # The disk is other programs' too, and a row takes room.
        if sample.name not in {"feedback_hub_disk_free_bytes", "feedback_hub_database_size_bytes"}
    }


def first_of(labels: dict[str, str]) -> str:
    return labels.get("state") or next(iter(labels.values()), "")


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


def test_what_rings_is_not_named(hub: Hub, asking: Asking) -> None:
    with hub.unit_of_work() as uow:
        alerts.raise_once(uow, AlertKind.NOT_TAKEN, "a" * 32, NOW)
        uow.commit()
    assert "a" * 32 not in asking.get(Role.ADMIN, "/metrics").text
    assert scraped(asking)["alerts", "not_taken"] == 1


def test_leases_that_ran_out_are_told_from_those_that_are_held(hub: Hub, asking: Asking) -> None:
    now = hub.clock()
    with hub.unit_of_work() as uow:
        for seconds in (-60, 60, 90):
            add_inbox(uow, InboxKind.MESSAGE)
            free = tables.inbox.c.leased_until.is_(None)
            until = now + timedelta(seconds=seconds)
            uow.session.execute(update(tables.inbox).where(free).values(leased_until=until))
        uow.commit()
    found = scraped(asking)
    assert found["queue_leased", "intake"] == 2
    assert found["queue_lapsed", "intake"] == 1
    assert found["queue_leased", "triage"] == found["queue_lapsed", "triage"] == 0


def test_requests_are_timed_by_what_they_are_for(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    site = Website(hub)
    site.load()
    client = Client(site)
    for _ in range(3):
        client.post(f"/channels/{LINE}/inbound")
    client.get("/healthz")
    client.get("/cases?q=secret-words")
    # Another process of the same web role.
    site.timings.take_place(7)
    client.get("/login")
    bearer = {"Authorization": f"Bearer {token_of(hub, Role.ADMIN)}"}
    said = client.get("/metrics", headers=bearer).text
    assert 'http_request_seconds_count{route="webhook"} 3.0' in said
    assert 'http_request_seconds_count{route="page"} 2.0' in said
    assert 'http_responses_total{code="3xx",route="page"} 1.0' in said
    assert "secret-words" not in said
    assert text_string_to_metric_families(said)
    hub.close()


def token_of(hub: Hub, role: Role) -> str:
    with hub.unit_of_work() as uow:
        token = add_token(uow.session, role.value, Membership(role), NOW)
        uow.commit()
    return token


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no Prometheus here")
def test_prometheus_own_linter_takes_it(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    arrives(hub, "Bomba avariada")
    said = Asking(hub).get(Role.ADMIN, "/metrics").text
    linted = subprocess.run(
        ["promtool", "check", "metrics"],
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
    hub.close()


def test_each_channel_has_its_figures(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home", clock=Clock())
    arrives(hub, "Bomba avariada")
    found = scraped(Asking(hub))
    assert 0 <= found["channel_silence_seconds", LINE] < 60
    assert found["channel_set_aside", LINE] == 0
    assert found["channel_waiting", LINE] >= 0
    hub.close()
