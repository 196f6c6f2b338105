"""A small hub for the pages: two sites, two partners, people of each role, one practice line."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from feedback_hub.adapters.accounts import add_account
from feedback_hub.adapters.engine import make_engine, sqlite_url
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.migrations import migrate
from feedback_hub.services import intake, triage
from feedback_hub.services.records.work import InboxKind
from feedback_hub.web.app import create_app

LINE = "practice"
DATABASE = "hub.sqlite3"
PASSWORD = "correct horse battery"
PUMP = "a bomba de agua de Ntokota nao funciona ha 3 dias, liguem 841234567"
CHIEF = "o chefe disse que se eu for dormir com ele o meu nome fica na lista"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

PEOPLE = {
    "ana": (Membership(Role.CASE_MANAGER),),
    "jorge": (Membership(Role.FOCAL_POINT, "avsi"),),
    "celia": (Membership(Role.FOCAL_POINT, "wfp"),),
    "rosa": (Membership(Role.PROTECTION),),
    "filipe": (Membership(Role.DESK, "", "NTO"),),
    "graca": (Membership(Role.COORDINATOR),),
    "ines": (Membership(Role.ADMIN),),
    "abel": (Membership(Role.AUDITOR),),
}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def make_hub(
    home: Path,
    base_url: str = "http://localhost",
    clock: Callable[[], datetime] | None = None,
    second_factor: str = "offered",
    exchange: Mapping[str, object] | None = None,
    *,
    development: bool = False,
) -> Hub:
    """A migrated hub on SQLite with everybody in it."""
    document = {
        "hub": {
            "name": "Linha Comunitária",
            "home": str(home),
            "base_url": base_url,
            "development": development,
        },
        "channels": {LINE: {"kind": "sandbox"}},
        # Openly: who tests the second factor asks for "required".
        "security": {"second_factor": second_factor},
        "exchange": exchange or {},
    }
    config = parse_config(document, {})
    hub = build(config, clock=clock) if clock else build(config)
    home.mkdir(exist_ok=True)
    shutil.copyfile(_migrated(), home / DATABASE)
    with hub.unit_of_work() as uow:
        uow.session.add_all(
            [
                Site("NTO", "Ntokota", district="Metuge"),
                Site("COR", "Corrane", district="Meconta"),
                Organisation("avsi", "AVSI"),
                Organisation("wfp", "WFP"),
            ]
        )
        uow.session.flush()
        uow.session.add(
            Service(uuid.uuid4().hex, "NTO", "wash", "avsi", focal_point="jorge@example.org")
        )
        uow.commit()
    return hub


@cache
def _migrated() -> Path:
    """A database with tables and draft wordings, made once: migrating takes longer than a test."""
    folder = tempfile.TemporaryDirectory(prefix="fh-pages-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / DATABASE
    engine = make_engine(sqlite_url(path))
    migrate(engine)
    seed_wordings(engine)
    engine.dispose()
    return path


def settle(app: Flask, hub: Hub) -> None:
    """Give everybody an account."""
    with app.app_context():
        hashed = hash_password(PASSWORD)
    with hub.unit_of_work() as uow:
        for name, held in PEOPLE.items():
            email = f"{name}@example.org"
            add_account(
                uow.session, email, hashed, held, hub.clock(), name=name.title(), locale="en"
            )
        uow.commit()


def make_app(hub: Hub) -> Flask:
    """The application with its people."""
    app = create_app(hub)
    settle(app, hub)
    return app


def arrives(hub: Hub, text: str, number: str = "") -> str:
    """A text reaches the hub, is registered and read by the machine; the case's reference."""
    now = hub.clock()
    # Somebody else each time, unless it is said: the same person would go on with their case.
    number = number or f"+25884{uuid.uuid4().int % 10_000:04}417"
    item = InboundMessage(uuid.uuid4().hex, now, text, sender=number, address=number)
    with hub.unit_of_work() as uow:
        intake.accept(uow, LINE, [item], json.dumps(text).encode(), now)
        row = uow.accepted(LINE, InboxKind.MESSAGE, item.external_id)
        assert row is not None
        assert row.kind is InboxKind.MESSAGE
        intake.register(uow, hub.rules, hub.classifier, row.id, now)
        row.handled_at = now
        case_id = row.case_id
        assert case_id
        uow.session.flush()
        (message,) = uow.messages_of(case_id)
        triage.classify(uow, hub.rules, hub.classifier, hub.gazetteer, message.id, now)
        case = uow.case(case_id)
        assert case is not None
        uow.commit()
        return case.ref


def visitor(app: Flask) -> FlaskClient:
    """A browser that asks for English, in which nobody is logged in."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def log_in(app: Flask, name: str) -> FlaskClient:
    """A browser in which ``name`` is logged in."""
    client = app.test_client()
    token = token_in(client.get("/login").text)
    form = {"email": f"{name}@example.org", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/login", data=form)
    assert answer.status_code == 302, answer.text
    return client


def token_in(page: str) -> str:
    """The forgery token of a page's first form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def version_in(page: str, verb: str) -> str:
    """The version hidden in the form for ``verb``."""
    found = re.search(rf'action="[^"]*/{verb}".*?name="version" value="(\d+)"', page, re.DOTALL)
    assert found, f"no form for {verb}"
    return found.group(1)
