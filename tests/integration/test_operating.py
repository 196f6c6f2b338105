"""What the operator sees and hears: work given up on, room, backups; and can do about it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from feedback_hub.adapters import outbox, tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services import alerts, intake
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import Queue, Task
from tests.integration.databases import NOW
from tests.pages_world import LINE, log_in, make_app, make_hub, token_in
from tests.providers.outgoing import Outgoing
from workers import operator
from workers.drain import drain


def give_up(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        uow.work(Task.CLASSIFY, "a" * 32, hub.clock())
        aside = {"set_aside_at": hub.clock(), "attempts": 8, "fault": "ValueError"}
        uow.session.execute(update(tables.outbox).values(aside))
        uow.commit()


def test_the_operator_sees_what_was_given_up_on_and_has_it_tried_again(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    give_up(hub)
    client = log_in(make_app(hub), "ines")
    page = client.get("/health").text
    assert "ValueError" in page
    with hub.reading() as uow:
        row_id = uow.session.scalar(select(tables.outbox.c.id))
    form = {"csrf_token": token_in(page)}
    assert client.post(f"/health/{row_id}/retry", data=form).status_code == 302
    assert "ValueError" not in client.get("/health").text
    assert drain(hub, Queue.TRIAGE) == 1
    assert client.post(f"/health/{row_id}/retry", data=form).status_code == 404


def test_the_page_says_what_to_do_and_how_long_a_token_lasts(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    now = hub.clock()
    with hub.unit_of_work() as uow:
        for kind in AlertKind:
            detail = {"since": now.isoformat(), "usual": "60"}
            alerts.raise_once(uow, kind, "about", now, detail)
        ends = now + timedelta(days=9, minutes=5)
        add_token(uow.session, "child line", Membership(Role.AUDITOR), now, ends)
        uow.commit()
    client = log_in(make_app(hub), "ines")
    client.get("/health?lang=en")
    page = html.unescape(client.get("/health", headers={"Accept-Language": "en"}).text)
    # One line for each alert, one for the queue server (nobody runs one here), backup and token.
    assert page.count("What to do") + page.count("O que fazer") >= len(AlertKind) + 3
    assert re.search(r"child line.*?<dd>9 d", page, re.DOTALL)
    assert "Everything works" not in page
    hub.close()


def test_nobody_but_the_operator_may_retry(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    give_up(hub)
    client = log_in(make_app(hub), "ana")
    token = token_in(client.get("/account").text)
    assert client.post(f"/health/{'b' * 32}/retry", data={"csrf_token": token}).status_code == 403


def test_what_needs_the_operator_is_mailed_once_and_again_if_it_surely_did_not_go(
    hub: Hub,
) -> None:
    asked = replace(hub.config.alerts, emails=("ops@example.org",), disk_free_mb=0)
    box = Outgoing()
    told = replace(hub, config=replace(hub.config, alerts=asked), post=box)
    told.__dict__["engine"] = hub.engine
    give_up(told)
    assert operator.watch(told, NOW) == 1
    assert operator.watch(told, NOW) == 0
    box.refuses = True
    assert operator.tell(told, NOW) == 0
    box.refuses = False
    assert operator.tell(told, NOW) == 1
    assert operator.tell(told, NOW) == 0
    ((_, to, subject, text, _),) = box.mails
    assert to == "ops@example.org"
    assert "posto de lado" in subject
    assert "/health" in text
    with told.unit_of_work() as uow:
        row_id = uow.session.scalar(select(tables.outbox.c.id)) or ""
        assert outbox.try_one_again(uow.session, row_id, NOW)
        uow.commit()
    assert operator.watch(told, NOW) == 1
    with told.reading() as uow:
        assert not uow.lasting_alerts()


def test_work_that_waits_long_is_an_alert(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        uow.work(Task.CLASSIFY, "a" * 32, NOW)
        uow.commit()
    operator.watch(hub, NOW + timedelta(minutes=14))
    operator.watch(hub, NOW + timedelta(minutes=16))
    with hub.reading() as uow:
        raised = [(one.kind, one.subject) for one in uow.lasting_alerts()]
    assert (AlertKind.WORK_WAITS, "triage") in raised


def test_a_message_that_kills_its_worker_each_time_stops_nobody_else_and_can_be_retried(
    tmp_path: Path,
) -> None:
    hub = make_hub(tmp_path / "home")
    now = hub.clock()
    with hub.unit_of_work() as uow:
        for number in ("+258841230001", "+258841230002"):
            item = InboundMessage(number, now, "Bomba avariada", sender=number, address=number)
            intake.accept(uow, LINE, [item], b"raw", now)
        uow.commit()
    with hub.unit_of_work() as uow:
        poison = uow.session.scalars(select(tables.inbox.c.id)).first()
        uow.session.execute(
            # As eight workers left it that died over it and wrote nothing down.
            update(tables.inbox)
            .where(tables.inbox.c.id == poison)
            .values(attempts=outbox.MOST_ATTEMPTS)
        )
        uow.commit()
    client = log_in(make_app(hub), "ines")
    assert drain(hub, Queue.INTAKE) == 1
    page = client.get("/health").text
    assert "its worker died each time" in page
    form = {"csrf_token": token_in(page)}
    assert client.post(f"/health/{poison}/retry", data=form).status_code == 302
    assert "its worker died each time" not in client.get("/health").text
    assert drain(hub, Queue.INTAKE) == 1
    hub.close()
