"""A hub that finds its keys gone, or its database not to be written or not migrated yet."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from feedback_hub.adapters.engine import make_engine
from feedback_hub.migrations import HEAD
from tests.integration.commands import Commands, commands
from tests.integration.databases import PostgresServer
from tests.integration.system import System, wait_for
from tests.integration.test_ready import small_disk
from tests.providers.twilio import TwilioServer, twilio_server

__all__ = ["commands", "twilio_server"]

ROWS = ["id,text", "1,Não há água no bloco 4"]


# The keys are gone


@pytest.mark.parametrize("command", [("run", "--port", "0"), ("migrate",), ("export", "log")])
def test_no_new_keys_are_made_over_what_the_lost_ones_sealed(
    commands: Commands, command: tuple[str, ...]
) -> None:
    commands.run("import", "messages", commands.file("m.csv", ROWS))
    keys = commands.folder / "home" / "secrets"
    shutil.rmtree(keys)
    said = commands.run(*command, fails=1).stderr
    assert str(keys / "encryption_key") in said
    assert "Put the keys back" in said
    assert not (keys / "encryption_key").exists()


def test_a_hub_does_not_start_with_another_s_key(commands: Commands) -> None:
    commands.run("import", "messages", commands.file("m.csv", ROWS))
    key = commands.folder / "home" / "secrets" / "encryption_key"
    kept = key.read_text()
    key.write_text("somebody else's, or one of before\n")
    assert "Put the keys back" in commands.run("migrate", fails=1).stderr
    key.write_text(kept)
    commands.run("migrate")


def test_a_rotation_is_no_loss_but_a_lost_folder_of_its_keys_is(commands: Commands) -> None:
    commands.run("import", "messages", commands.file("m.csv", ROWS))
    commands.run("keys", "rotate")
    commands.run("migrate")
    shutil.rmtree(commands.folder / "home" / "secrets" / "wrapping_keys")
    assert "Put the keys back" in commands.run("migrate", fails=1).stderr


def test_the_first_start_makes_its_keys(commands: Commands) -> None:
    commands.run("migrate")
    keys = commands.folder / "home" / "secrets"
    # Nothing is sealed yet: nothing is lost with them.
    shutil.rmtree(keys)
    commands.run("migrate")
    assert (keys / "encryption_key").exists()


# The database takes no writes


@pytest.mark.postgres
@pytest.mark.parametrize("command", [("export", "cases", "c.csv"), ("backup", "b.age")])
def test_a_standby_is_told_from_a_fault(
    commands: Commands,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    url = postgres_server.fresh()
    name = make_url(url).database
    monkeypatch.setenv("FEEDBACK_HUB_DATABASE_URL", url)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    engine.dispose()
    said = commands.run(*command, fails=1).stderr
    assert f"feedback-hub: {name}" in said
    assert ": the database takes no writes" in said
    assert "--debug" not in said


def test_a_disk_that_is_mounted_read_only_is_said(commands: Commands) -> None:
    home = commands.folder / "home"
    with small_disk(home, megabytes=40):
        commands.run("import", "messages", commands.file("m.csv", ROWS))
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        said = commands.run("export", "cases", "c.csv", fails=1).stderr
    assert f"feedback-hub: {home / 'hub.sqlite3'}: the database takes no writes" in said


# The database is not migrated yet


@pytest.fixture
def system(tmp_path: Path, twilio_server: TwilioServer) -> Iterator[System]:
    made = System(tmp_path / "system", twilio_server)
    yield made
    made.stop()


def test_worker_and_scheduler_wait_for_the_migration(system: System) -> None:
    stamp("0001", system)
    roles = ("worker", "scheduler")
    for role in roles:
        system.start(role)
    wait_for(lambda: all("older" in said_by(system, role) for role in roles), "they say they wait")
    assert all(process.poll() is None for process in system.processes)
    stamp(HEAD, system)
    wait_for(lambda: all("this version" in said_by(system, role) for role in roles), "they go on")


def stamp(revision: str, system: System) -> None:
    with system.hub.engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))  # noqa: S608  ours


def said_by(system: System, role: str) -> str:
    lines = (system.home / f"{role}.out").read_text().splitlines()
    return " ".join(json.loads(line)["event"] for line in lines if line.startswith("{"))
