"""Hubs with many cases: filled once a run, or once for many runs in the folder of ``--keep``."""

from __future__ import annotations

import gc
import hashlib
import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import event

from bench import fill as filling
from bench.frame import Bench
from bench.hubs import built
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.web.app import create_app
from tests.pages_world import PASSWORD
from workers.tally import fold

PEOPLE = {"ana": Role.CASE_MANAGER, "graca": Role.COORDINATOR}


@dataclass
class Filled:
    """A hub with so many cases, its application, and the database's URL.

    ``packing``: seconds that packing its measures took; None where they came packed.
    """

    hub: Hub
    url: str
    app: Flask
    rows: int
    statements: list[str]
    packing: float | None

    def timed(self, client: FlaskClient, path: str, looks: int) -> tuple[list[float], int, str]:
        """Seconds of each answer, the queries of one, and the last answer's body."""
        took, queries, body = [], 0, ""
        # As in the server's processes, which collect nothing of what they were started with.
        gc.collect()
        gc.freeze()
        for look in range(looks + 3):
            self.statements.clear()
            began = time.perf_counter()
            answer = client.get(path)
            seconds = time.perf_counter() - began
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            if look >= 3:  # the first ones load and compile
                took.append(seconds)
            queries = len(self.statements)
            body = answer.text
        return took, queries, body


_FILLED: dict[tuple[str, int], Filled] = {}


def filled(bench: Bench, kind: str, rows: int) -> Filled:
    """A hub with so many cases, its measures packed; what is written to it is written to a copy."""
    if (kind, rows) in _FILLED:
        return _FILLED[kind, rows]
    url, home, packing = _database(bench, kind, rows)
    hub = built(home, url)
    bench.stack.callback(hub.close)
    app = _with_people(hub)
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(hub.engine, "before_cursor_execute", note)
    _FILLED[kind, rows] = Filled(hub, url, app, rows, statements, packing)
    return _FILLED[kind, rows]


def home_of(bench: Bench, rows: int) -> Path:
    """The home of a hub on SQLite with so many cases and its people, which nobody has open."""
    _, home, _ = _database(bench, "sqlite", rows)
    with closing(built(home, "")) as hub:
        _with_people(hub)
    return home


def _with_people(hub: Hub) -> Flask:
    app = create_app(hub)
    with app.app_context():
        hashed = hash_password(PASSWORD)
    with hub.unit_of_work() as uow:
        for name, role in PEOPLE.items():
            held = (Membership(role, "hub"),)
            add_account(uow.session, f"{name}@example.org", hashed, held, hub.clock(), name=name)
        uow.commit()
    return app


def _database(bench: Bench, kind: str, rows: int) -> tuple[str, Path, float | None]:
    """The URL and the home of a filled hub, and the seconds of packing, if it was done now."""
    name, home = f"bench_pages_{rows}", bench.home(f"pages-{kind}-{rows}")
    made_by = hashlib.sha256(Path(filling.__file__).read_bytes()).hexdigest()[:12]
    # An older shape is no other key: the hub migrates it, as it does everybody's.
    model = f"kept_{rows}_{made_by}"
    kept = bench.kept and bench.kept / f"{kind}-{rows}-{made_by}"
    if kept and kept.exists():
        # The home goes along: the keys that the words are sealed with are there.
        shutil.copytree(kept, home, dirs_exist_ok=True)
        return bench.database(kind, name, model), home, None
    url = bench.database(kind, name)
    packing = _fill(bench, kind, rows, home, url)
    if kept:
        if kind != "sqlite":
            bench.database(kind, model, name)
        # All of it or none: a run may be broken off while it copies.
        half = kept.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(home, half)
        half.rename(kept)
    return url, home, packing


def _fill(bench: Bench, kind: str, rows: int, home: Path, url: str) -> float:
    hub = built(home, url)
    filling.register(hub)
    began = time.monotonic()
    filling.fill(hub, rows)
    bench.say(f"  filled {kind} with {rows:,} cases in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    while fold(hub):
        pass
    packing = time.monotonic() - began
    filling.settle(hub.engine)
    # Nobody may be connected to what is copied, and SQLite's file is whole only then.
    hub.close()
    return packing
