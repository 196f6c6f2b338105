"""What leaves as a table: chosen columns, a purpose, a password where personal, and an end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pyzipper
from flask import Flask
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction
from tests.integration.commands import Commands, commands
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_app, make_hub, token_in
from workers.schedule import forget_exports

__all__ = ["commands"]

NUMBER = "+258840000417"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=clock)
    yield made
    made.close()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def export(app: Flask, name: str, **form: object) -> tuple[int, str]:
    client = log_in(app, name)
    token = token_in(client.get("/exports").text)
    answer = client.post("/exports", data={"csrf_token": token, **form})
    return answer.status_code, answer.text


def test_a_table_is_made_for_a_purpose_and_waits_a_day_for_whoever_made_it(
    hub: Hub, clock: Clock
) -> None:
    app = make_app(hub)
    ref = arrives(hub, PUMP, NUMBER)
    arrives(hub, CHIEF)
    assert export(app, "ana", columns=["ref", "site"])[0] == 422
    assert export(app, "ana", columns=["ref", "password"], purpose="x")[0] == 422
    status, page = export(app, "ana", columns=["ref", "site"], purpose="Relatório de Março")
    assert status == 200, page
    assert "Relatório de Março" in page
    found = re.search(r'href="(/exports/([0-9a-f]{32}))"', page)
    assert found
    ana = log_in(app, "ana")
    (line,) = rows(ana.get(found[1]).data)
    assert line == {"ref": ref, "site": line["site"], "export": found[2]}
    assert NUMBER not in ana.get(found[1]).text
    with hub.reading() as uow:
        log = tables.audit.c
        noted = uow.session.execute(
            select(log.object_id, log.reason).where(log.action == AuditAction.EXPORTED)
        ).all()
    assert (found[2], "pseudonymous") in noted
    # Nobody else's, and not for ever.
    assert log_in(app, "rosa").get(found[1]).status_code == 404
    assert log_in(app, "filipe").get("/exports").status_code == 403
    clock.now += timedelta(hours=25)
    assert log_in(app, "ana").get(found[1]).status_code == 404
    stored = list((hub.config.hub.home / "files").rglob("*"))
    assert forget_exports(hub, clock()) == 1
    assert not [path for path in stored if path.is_file() and path.exists()]


def test_who_it_was_and_what_they_said_leave_behind_a_password_only(hub: Hub) -> None:
    app = make_app(hub)
    arrives(hub, PUMP, NUMBER)
    columns = ["ref", "contact", "said"]
    status, page = export(app, "ana", columns=columns, purpose="Entrega ao tribunal")
    assert status == 200, page
    password = re.search(r'<code class="key">([^<]+)</code>', page)
    link = re.search(r'href="(/exports/[0-9a-f]{32})"', page)
    assert password
    assert link
    content = log_in(app, "ana").get(link[1]).data
    assert NUMBER.encode() not in content
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        with pytest.raises(RuntimeError):
            archive.read(name)
        archive.setpassword(password[1].encode())
        (line,) = rows(archive.read(name))
    assert (line["contact"], line["said"]) == (f"'{NUMBER}", PUMP)
    # It is shown once: not in the list, not in the log.
    assert password[1] not in log_in(app, "ana").get("/exports").text


def test_by_command_too_and_the_log_says_what_for(commands: Commands) -> None:
    made = make_hub(commands.folder / "home")
    arrives(made, PUMP, NUMBER)
    made.close()
    commands.run("user", "add", "ana@example.org", "--role", "case_manager")
    words = ("export", "cases", "--as", "ana@example.org", "--columns", "ref,contact")
    commands.run(*words, "cases.csv", fails=2)
    secret = commands.file("password", "uma frase longa")
    commands.run(*words, "cases.zip", "--password-file", secret, "--purpose", "Auditoria externa")
    with pyzipper.AESZipFile("cases.zip") as archive:
        archive.setpassword(b"uma frase longa")
        assert rows(archive.read("cases.csv"))[0]["contact"] == f"'{NUMBER}"
    assert Path("cases.zip").stat().st_mode & 0o077 == 0
    said = commands.run("export", "log").stdout
    assert "Auditoria externa" in said
    assert "1 cases  personal  ref,contact" in said
