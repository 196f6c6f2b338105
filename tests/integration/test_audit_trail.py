"""What people do on pages, by API and by command is in the audit log; what they saw is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from feedback_hub.adapters.tables import account, audit
from feedback_hub.adapters.tables import case as case_table
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction
from tests.integration.commands import Commands, commands
from tests.pages_world import (
    CHIEF,
    PUMP,
    Clock,
    arrives,
    log_in,
    make_hub,
    token_in,
    visitor,
)

__all__ = ["commands"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=Clock())
    yield made
    made.close()


def lines(hub: Hub, action: AuditAction) -> list[tuple[str, str]]:
    with hub.reading() as uow:
        found = uow.session.execute(
            select(audit.c.actor, audit.c.object_id)
            .where(audit.c.action == action)
            .order_by(audit.c.sequence)
        )
        return [(actor, object_id) for actor, object_id in found]


def id_of(hub: Hub, name: str) -> str:
    with hub.reading() as uow:
        found = uow.session.scalar(
            select(account.c.id).where(account.c.email == f"{name}@example.org")
        )
    return str(found)


def case_id(hub: Hub, ref: str) -> str:
    with hub.reading() as uow:
        found = uow.session.scalar(select(case_table.c.id).where(case_table.c.ref == ref))
    return str(found)


def test_opening_a_sensitive_case_is_noted_and_an_ordinary_one_is_not(app: Flask, hub: Hub) -> None:
    suspected, ordinary = arrives(hub, CHIEF), arrives(hub, PUMP, "+258840000418")
    handler = log_in(app, "rosa")
    assert handler.get(f"/cases/{suspected}").status_code == 200
    assert handler.get(f"/api/v1/cases/{suspected}/messages").status_code == 200
    assert log_in(app, "ana").get(f"/cases/{ordinary}").status_code == 200
    rosa = id_of(hub, "rosa")
    assert lines(hub, AuditAction.CASE_READ) == [(rosa, case_id(hub, suspected))] * 2


def test_lists_that_show_first_words_are_noted_once_a_page(app: Flask, hub: Hub) -> None:
    arrives(hub, CHIEF)
    arrives(hub, PUMP, "+258840000418")
    handler = log_in(app, "rosa")
    handler.get("/")
    handler.get("/cases")
    log_in(app, "ana").get("/cases")
    assert lines(hub, AuditAction.LIST_READ) == [(id_of(hub, "rosa"), "")] * 2
    with hub.reading() as uow:
        counts = uow.session.scalars(
            select(audit.c.reason).where(audit.c.action == AuditAction.LIST_READ)
        )
        assert set(counts) == {"1"}


def test_who_may_not_see_it_opens_nothing(app: Flask, hub: Hub) -> None:
    suspected = arrives(hub, CHIEF)
    assert log_in(app, "ana").get(f"/cases/{suspected}").status_code == 404
    assert lines(hub, AuditAction.CASE_READ) == []


def test_log_ins_are_noted_with_their_failures(app: Flask, hub: Hub) -> None:
    ana = log_in(app, "ana")
    ana.post("/logout", data={"csrf_token": token_in(ana.get("/account").text)})
    for email in ("ana@example.org", "my-secret-typed-here"):
        client = visitor(app)
        page = client.get("/login").text
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        client.post("/login", data={"email": email, "password": "wrong", "csrf_token": token})
    who = id_of(hub, "ana")
    assert lines(hub, AuditAction.LOGGED_IN) == [(who, who)]
    assert lines(hub, AuditAction.LOGGED_OUT) == [(who, who)]
    known, unknown = lines(hub, AuditAction.LOG_IN_FAILED)
    assert known == ("", who)
    assert len(unknown[1]) == 32
    assert "secret" not in unknown[1]


def test_the_auditor_reads_the_log_and_nobody_else(app: Flask, hub: Hub) -> None:
    suspected = arrives(hub, CHIEF)
    log_in(app, "rosa").get(f"/cases/{suspected}")
    auditor = log_in(app, "abel")
    home = auditor.get("/").text
    assert 'href="/audit?action=case_read"' in home
    page = auditor.get("/audit?action=case_read").text
    assert "Rosa" in page
    assert "Opened a sensitive case" in page
    # Neither what it is about nor the number people know it by.
    assert suspected not in page
    assert CHIEF[:12] not in page
    for name in ("ana", "jorge", "rosa", "filipe", "graca", "ines"):
        assert log_in(app, name).get("/audit").status_code == 403


def test_the_log_turns_pages(app: Flask, hub: Hub) -> None:
    for number in range(60):
        with hub.unit_of_work() as uow:
            uow.audit(AuditAction.EXPORTED, "somebody", hub.clock(), object_id=f"n{number:02}")
            uow.commit()
    auditor = log_in(app, "abel")
    first = auditor.get("/audit?action=exported").text
    assert "n59" in first
    assert "n09" not in first
    second = auditor.get("/audit?action=exported&before=11").text
    assert "n09" in second
    assert "n00" in second
    assert "Older lines" not in second


def test_commands_leave_their_lines_and_the_log_is_checked(commands: Commands) -> None:
    commands.run("user", "add", "a@b.org", "--role", "case_manager")
    commands.run("token", "add", "--name", "x", "--role", "admin")
    commands.run("packs", "approve", "por")
    commands.run("export", "cases", "out.csv", "--as", "a@b.org")
    commands.run("export", "measures", "figures.csv")
    commands.run("user", "disable", "a@b.org")
    kept = [row.action for row in commands.rows("SELECT DISTINCT action FROM audit")]
    assert set(kept) == {
        "account_added",
        "token_added",
        "wording_approved",
        "exported",
        "account_disabled",
    }
    exported = commands.rows("SELECT kind FROM audit WHERE action = 'exported'")
    assert [row.kind for row in exported] == ["cases", "measures"]
    assert "lines hold; 1 heads kept outside agree" in commands.run("audit", "verify").stdout


def test_verify_ends_with_1_and_says_which_line(commands: Commands) -> None:
    commands.run("user", "add", "a@b.org", "--role", "desk")
    head = commands.folder / "home" / "audit.head"
    head.write_text(head.read_text().replace("1 ", "2 ", 1))
    said = commands.run("audit", "verify", fails=1)
    assert "audit line 2 is missing" in said.stderr
