"""An upgrade under way: the program of an earlier release serves while the new one migrates.

The earlier release is this repository's own history; without it (an archive, a shallow clone)
there is nothing to run and the tests say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, Table, func, select, update

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import build, settings_of
from feedback_hub.config import load_config
from feedback_hub.services.records.work import InboxKind, Queue
from tests.integration.databases import Database
from tests.integration.system import NUMBER, free_port, wait_for
from tests.integration.test_upgrade import fill, old_tables
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer
from workers.drain import drain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
RELEASES = {
    "0001": "ec1196f2d0d8e53a5c9accff171b43cb5cddf6cb",
    "0003": "2e1f7a0051cd8eaf8c7d7372f49d1e66bb8ac7a0",
    "0005": "90d59b4847a505778cbbd8b0c6845e550afbafbf",
}
"""Revision → the last commit whose newest revision it was."""


def earlier(revision: str, folder: Path) -> Path:
    """The program of then, unpacked into ``folder``; skips where there is no history."""
    said = subprocess.run(
        ["git", "archive", RELEASES[revision], "feedback_hub", "channels", "workers", "templates"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if said.returncode:
        pytest.skip("no history of this repository here, so no earlier release to run")
    with tarfile.open(fileobj=BytesIO(said.stdout)) as archive:
        archive.extractall(folder, filter="data")
    versions = sorted(one.name for one in (folder / "feedback_hub/migrations/versions").glob("v0*"))
    assert versions[-1].startswith(f"v{revision}")
    return folder


@dataclass
class Upgrading:
    """One database and home, and the two programs that use it."""

    old: Path
    home: Path
    database_url: str
    twilio: TwilioServer
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.home.mkdir()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = self.home / "config.toml"
        self.config.write_text(
            f'[hub]\nhome = "{self.home}"\nbase_url = "{self.url}"\n'
            f'[database]\nurl = "{self.database_url}"\n'
            f'[channels.sms]\nkind = "twilio_sms"\naccount_sid = "{ACCOUNT_SID}"\n'
            f'from_number = "{NUMBER}"\napi_base = "{self.twilio.url}"\n'
        )
        self.environ = os.environ | {
            "FEEDBACK_HUB_CONFIG": str(self.config),
            "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": AUTH_TOKEN,
        }

    def words(self, program: Path, *command: str) -> dict[str, Any]:
        return {
            "args": [sys.executable, "-m", "feedback_hub", *command],
            "cwd": program,
            "env": self.environ | {"PYTHONPATH": str(program)},
        }

    def run(self, program: Path, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            **self.words(program, *command), capture_output=True, text=True, check=False
        )

    def is_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            ready = httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False)
            return ready.status_code == httpx.codes.OK
        return False


def fill_what_is_old(engine: Engine) -> dict[Table, int]:
    """A row in every table of then, none of them work that waits; how many each has."""
    there = old_tables(engine)
    fill(engine, there)
    counts = {}
    with engine.begin() as connection:
        for name in ("inbox", "outbox"):
            table = next(one for one in there if one.name == name)
            connection.execute(update(table).values(handled_at=table.c.available_at))
        for table in there:
            counts[table] = connection.scalar(select(func.count()).select_from(table)) or 0
    assert all(counts.values())
    return counts


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    server = TwilioServer().start()
    yield server
    server.stop()


@pytest.mark.parametrize("revision", RELEASES)
def test_an_old_web_keeps_every_message_while_the_new_program_migrates(
    revision: str, database: Database, tmp_path: Path, twilio: TwilioServer
) -> None:
    old = earlier(revision, tmp_path / "old")
    upgrading = Upgrading(old, tmp_path / "home", database.bare(), twilio)
    assert upgrading.run(old, "migrate").returncode == 0
    hub = build(load_config(upgrading.config, upgrading.environ, settings_of))
    before = fill_what_is_old(hub.engine)
    web = subprocess.Popen(
        **upgrading.words(old, "web", "--port", str(upgrading.port)), stderr=subprocess.DEVNULL
    )
    stopped = threading.Event()
    answers: list[int] = []

    def write() -> None:
        while not stopped.wait(0.05):
            number = f"+25884{len(answers):07}"
            message = twilio.receive("A bomba avariou", number, NUMBER)
            answer = twilio.webhook(f"{upgrading.url}/channels/sms/inbound", message)
            answers.append(answer.status_code)

    writing = threading.Thread(target=write)
    try:
        wait_for(upgrading.is_ready, "the old web is ready")
        writing.start()
        wait_for(lambda: len(answers) > 5, "messages come")
        migrated = upgrading.run(ROOT, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        so_far = len(answers)
        wait_for(lambda: len(answers) > so_far + 10, "messages come after the migration")
        health = httpx.get(f"{upgrading.url}/healthz", timeout=5, trust_env=False)
        assert health.status_code == httpx.codes.OK
    finally:
        stopped.set()
        if writing.is_alive():
            writing.join()
        web.terminate()
        web.wait(30)
    assert set(answers) == {httpx.codes.OK}

    # What the old program kept, the new one makes cases of; what was there, is there.
    assert drain(hub, Queue.INTAKE) == len(answers)
    with hub.reading() as uow:
        kept = select(func.count()).where(
            tables.inbox.c.kind == InboxKind.MESSAGE,
            tables.inbox.c.channel == "sms",
            tables.inbox.c.case_id.is_not(None),
        )
        assert uow.session.scalar(kept) == len(answers)
    with hub.engine.connect() as connection:
        for table, count in before.items():
            assert (connection.scalar(select(func.count()).select_from(table)) or 0) >= count
    hub.close()

    # And back: the program of then says clearly that it is too old, and changes nothing.
    refused = upgrading.run(old, "migrate")
    assert refused.returncode == 1
    assert "newer version" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
