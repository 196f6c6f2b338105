"""What a person says leaves no trace where operators look: logs, errors, metrics, jobs, addresses.

Marked words, a name and a number go down every road there is; then everything that is written down
beside the sealed columns is searched for them.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError
from werkzeug.test import TestResponse

from channels.sandbox import SIGNATURE_HEADER
from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.logs import configure_logs
from feedback_hub.domain.access import Membership, Role
from feedback_hub.services.records.work import Queue
from feedback_hub.web.app import create_app
from tests.pages_world import LINE, log_in, make_hub, settle, token_in
from workers.drain import drain

WORDS = "kimbundunga"
NAME = "Zubaida Mutarara"
NUMBER = "847654321"
MARKS = (WORDS, "Zubaida", "Mutarara", NUMBER)
TEXT = f"o {WORDS} foi desviado, sou {NAME}, liguem {NUMBER}"
SEALED_OR_STAFF = {"account", "site", "organisation", "service", "channel_account"}
"""Tables in which the names are not the person's."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("hub") / "home")
    yield made
    made.close()


def test_no_log_no_error_no_job_no_figure_no_address_holds_a_person(
    hub: Hub, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs()
    logging.getLogger().setLevel(logging.DEBUG)
    app = create_app(hub)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    settle(app, hub)
    with hub.unit_of_work() as uow:
        desk = add_token(uow.session, "desk", Membership(Role.DESK), hub.clock())
        chief = add_token(uow.session, "scrape", Membership(Role.COORDINATOR), hub.clock())
        uow.commit()
    client = app.test_client()
    as_desk = {"Authorization": f"Bearer {desk}"}
    answers: list[TestResponse] = [
        comes(hub, client, TEXT),
        comes(hub, client, f"+{NUMBER}", kind="not json at all " + TEXT),
        comes(hub, client, TEXT, signature="forged"),
        client.post("/api/v1/intake", headers=as_desk, json=record()),
        client.post("/api/v1/intake", headers=as_desk, json=record(sensitivity="L3")),
        # Wrong in every field that can be: what is refused repeats nothing.
        client.post(
            "/api/v1/intake", headers=as_desk, json=record(language=TEXT, sensitivity=NAME)
        ),
        client.post("/api/v1/intake", headers=as_desk, data=TEXT, content_type="text/plain"),
        client.get("/api/v1/cases", headers=as_desk, query_string={"cursor": NUMBER}),
        client.get("/api/v1/cases/" + NUMBER, headers=as_desk),
        client.get("/" + WORDS),
    ]
    for queue in (Queue.INTAKE, Queue.TRIAGE):
        drain(hub, queue)
    ana = log_in(app, "ana")
    token = token_in(ana.get("/account").text)
    with hub.reading() as uow:
        (ref, *_) = uow.session.scalars(select(tables.case.c.ref))
    for verb in ("note", "answer", "close", "triage"):
        form = {"csrf_token": token, "text": TEXT, "reason": TEXT, "version": "0", "codes": NAME}
        answers.append(ana.post(f"/cases/{ref}/{verb}", data=form))
    answers.append(client.post("/status", data={"ref": NUMBER, "secret": NAME}))
    with monkeypatch.context() as broken:
        # The database fails with the statement and its values in hand.
        broken.setattr(type(hub), "unit_of_work", fails)
        answers.append(client.post("/api/v1/intake", headers=as_desk, json=record()))
    assert {answer.status_code for answer in answers} >= {200, 201, 400, 403, 404, 422, 500}
    said = capfd.readouterr()
    logs = said.out + said.err
    assert "webhook not understood" in logs  # what is searched is what was logged
    figures = client.get("/metrics", headers={"Authorization": f"Bearer {chief}"})
    assert figures.status_code == 200
    addresses = " ".join(answer.location or "" for answer in answers)
    errors = " ".join(answer.text for answer in answers if answer.status_code >= 500)
    refusals = " ".join(a.text for a in answers if "problem+json" in a.content_type)
    everything = (logs, figures.text, addresses, errors, refusals, open_columns(hub), disk(hub))
    for written in everything:
        for mark in MARKS:
            assert mark.lower() not in written.lower()


def comes(
    hub: Hub, client: FlaskClient, said: str, *, kind: str = "", signature: str = ""
) -> TestResponse:
    """A message over the practice line; ``kind`` is a body nobody can read."""
    message = {"id": uuid.uuid4().hex, "from": f"+258{NUMBER}", "text": said}
    body = (kind or json.dumps(message)).encode()
    channel = hub.channels.accounts[LINE]
    signed = signature or channel.sign(body)  # type: ignore[attr-defined]  # the sandbox channel has it
    return client.post(f"/channels/{LINE}/inbound", data=body, headers={SIGNATURE_HEADER: signed})


def record(**more: object) -> dict[str, object]:
    """One record of a desk."""
    return {
        "submission_id": str(uuid.uuid4()),
        "text": TEXT,
        "contact": {"phone": f"+258{NUMBER}", "name": NAME, "when": f"quando o {WORDS} sai"},
        # What people put in where a place, an organisation and a tag are asked for.
        "place": f"atras da casa de {NAME}, {NUMBER}",
        "accused": {"organisation": f"os de {NAME}", "class": "leader"},
        "tags": [WORDS],
        **more,
    }


def fails(_hub: Hub) -> None:
    raise ProgrammingError(f"INSERT '{TEXT}'", {"text": TEXT}, Exception(TEXT))


def open_columns(hub: Hub) -> str:
    """Every text column that is not sealed: job arguments, audit log, alerts, faults."""
    held: list[str] = []
    with hub.reading() as uow:
        for table in tables.metadata.sorted_tables:
            if table.name not in SEALED_OR_STAFF:
                held.extend(str(tuple(row)) for row in uow.session.execute(select(table)))
    return " ".join(held)


def disk(hub: Hub) -> str:
    """Every file of the hub's home as bytes: the database with its journal, heads, ledgers."""
    files = (path for path in Path(hub.config.hub.home).rglob("*") if path.is_file())
    return " ".join(path.read_bytes().decode("latin-1") for path in files)
