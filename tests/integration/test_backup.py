"""A backup is one moment of a running hub, closed; restored it is the same hub again."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, inspect, select

from feedback_hub.adapters import audit_log, backups, erasing, handlers, retention, tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.adapters.retention import Stage
from feedback_hub.bootstrap import Hub, build
from feedback_hub.cli import main
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.migrations import is_current, migrate_within
from feedback_hub.services import typed
from feedback_hub.services.seals import text_bound_to
from feedback_hub.services.typed import Typed
from tests.integration.databases import NOW, Database, HubOn, SqliteFiles, opened
from tests.pages_world import CHIEF, PUMP, arrives, make_hub


class Machine:
    """A home of its own, on a database of either kind."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url

    def run(self, *words: str, fails: int = 0) -> Result:
        env = {
            "FEEDBACK_HUB_HOME": str(self.home),
            "FEEDBACK_HUB_CONFIG": "",
            "FEEDBACK_HUB_DATABASE_URL": self.url,
        }
        result = CliRunner().invoke(main, words, env=env)
        assert result.exit_code == fails, result.output
        assert "Traceback" not in result.output
        return result

    def hub(self) -> Hub:
        document = {"hub": {"home": str(self.home)}, "database": {"url": self.url}}
        return build(parse_config(document, {}), clock=lambda: NOW)

    def take_keys_of(self, other: Machine) -> None:
        secrets = self.home / "secrets"
        secrets.mkdir(parents=True, exist_ok=True)
        for path in (other.home / "secrets").iterdir():
            (secrets / path.name).write_bytes(path.read_bytes())


@pytest.fixture
def lived(tmp_path: Path, database: Database, hub_on: HubOn) -> Machine:
    """A hub with cases, remarks and a recording."""
    machine = Machine(tmp_path / "home", database.fresh())
    hub = hub_on(machine.url, machine.home)
    for number, said in enumerate((PUMP, CHIEF)):
        arrives(hub, said, f"+25884000041{number}")
    with hub.unit_of_work() as uow:
        uow.audit(AuditAction.EXPORTED, "ana", NOW)
        uow.commit()
    recording = machine.home / "packs" / "por" / "welcome.mp3"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"ID3 words")
    return machine


@pytest.fixture
def elsewhere(tmp_path: Path, database: Database) -> Machine:
    return Machine(tmp_path / "elsewhere", database.bare())


def said(hub: Hub) -> set[str]:
    with hub.reading() as uow:
        return {
            uow.vault.open(row.key_id, row.text_sealed, text_bound_to(row.id))
            for row in uow.session.execute(select(tables.message))
        }


def counts(hub: Hub) -> dict[str, int]:
    with hub.reading() as uow:
        return {
            name: uow.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.metadata.tables.items()
            # Acts here and there differ, and restored cases are to be counted anew.
            if name not in {"audit", "measure_due"}
        }


def test_a_restored_hub_is_the_hub_that_was(
    lived: Machine, elsewhere: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "hub.backup"
    lived.run("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    raw = file.read_bytes()
    assert raw.startswith(b"age-encryption.org/v1")
    elsewhere.take_keys_of(lived)
    assert "2 cases" in elsewhere.run("restore", str(file)).stdout
    before, after = lived.hub(), elsewhere.hub()
    try:
        assert said(after) == said(before) == {PUMP, CHIEF}
        assert counts(after) == counts(before)
        with after.reading(streaming=True) as uow:
            found = audit_log.verify(uow.session, after.audit_heads.kept())
        assert (found.lines, found.bad) == (2, None)
        recording = elsewhere.home / "packs" / "por" / "welcome.mp3"
        assert recording.read_bytes() == b"ID3 words"
        # It goes on living: the next message finds its place.
        arrives(after, "agua", "+258840000777")
        assert counts(after)["case"] == 3
    finally:
        before.close()
        after.close()


def test_data_keys_apart_are_needed_and_can_be_thrown_away_sooner(
    lived: Machine, elsewhere: Machine, tmp_path: Path
) -> None:
    file, keys, others = (str(tmp_path / name) for name in ("hub", "keys", "other"))
    lived.run("backup", others, "--only-data-keys")
    lived.run("backup", file, "--data-keys", keys)
    elsewhere.take_keys_of(lived)
    assert "--data-keys" in elsewhere.run("restore", file, fails=1).stderr
    wrong = elsewhere.run("restore", file, "--data-keys", others, fails=1).stderr
    assert "older than the backup" in wrong
    # Nobody who holds only the long-lived file has any of the keys.
    opening = (lived.home / "secrets" / "backup_key").read_text()
    with backups.opened(Path(file), opening) as archive:
        assert "tables/data_key.jsonl" not in archive.namelist()
    elsewhere.run("restore", file, "--data-keys", keys)
    after = elsewhere.hub()
    assert said(after) == {PUMP, CHIEF}
    after.close()


def test_what_is_refused_changes_nothing(
    lived: Machine, elsewhere: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "hub.backup"
    lived.run("backup", str(file))
    keys = lived.home / "secrets" / "backup_key"
    refused = elsewhere.run("restore", str(file), "--key", str(keys), fails=1)
    assert "another encryption key" in refused.stderr
    other = tmp_path / "other_key"
    other.write_text(backups.make_key())
    assert (
        "another backup key"
        in elsewhere.run("restore", str(file), "--key", str(other), fails=1).stderr
    )
    assert "--force" in lived.run("restore", str(file), fails=1).stderr
    nowhere = lived.run("backup", str(tmp_path / "no" / "hub.backup"), fails=2)
    assert f"there is no folder {tmp_path / 'no'}; make it first" in nowhere.stderr
    hub = lived.hub()
    assert counts(hub)["case"] == 2
    hub.close()
    cut = tmp_path / "cut.backup"
    cut.write_bytes(file.read_bytes()[:-100])
    assert "damaged" in lived.run("restore", str(cut), "--force", fails=1).stderr


def test_what_was_erased_since_stays_erased(
    lived: Machine, elsewhere: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "hub.backup"
    lived.run("backup", str(file))
    hub = lived.hub()
    with hub.reading() as uow:
        key_id = uow.session.scalar(select(tables.message.c.key_id))
    hub.close()
    ledger = tmp_path / "erasure.ledger"
    ledger.write_text(f"{key_id}\n")
    elsewhere.take_keys_of(lived)
    restored = elsewhere.run("restore", str(file), "--ledger", str(ledger))
    assert "1 erased since stay erased" in restored.stdout
    hub = elsewhere.hub()
    assert len(said(hub) - {""}) == 1
    hub.close()


@pytest.mark.parametrize("beside", ["today's keys", "the ledger"])
def test_last_months_backup_brings_back_no_word_that_was_erased(
    lived: Machine, elsewhere: Machine, tmp_path: Path, beside: str
) -> None:
    hub = lived.hub()
    with hub.unit_of_work() as uow:
        gone, stays = uow.session.scalars(select(tables.case).order_by(tables.case.c.id)).all()
        uow.index_text(gone, "kimbundunga")
        uow.index_text(stays, "bomba")
        typed.keep(uow, gone, Typed("behind Ana's house"))
        uow.commit()
    file, keys = str(tmp_path / "hub"), str(tmp_path / "keys")
    lived.run("backup", file)
    with hub.unit_of_work() as uow:
        erased = set[str]()
        for stage in (Stage.IDENTITY, Stage.TEXT):
            erased |= retention.erase(uow.session, gone, stage, NOW).keys
        uow.commit()
    assert len(erased) == 3
    elsewhere.take_keys_of(lived)
    if beside == "the ledger":
        # It lies beside the keys that a restored hub needs anyway.
        erasing.write_ledger([elsewhere.home / "secrets" / erasing.LEDGER], erased)
        restored = elsewhere.run("restore", file)
    else:
        lived.run("backup", keys, "--only-data-keys")
        restored = elsewhere.run("restore", file, "--data-keys", keys)
    assert "3 erased since stay erased" in restored.stdout
    after = elsewhere.hub()
    assert len(said(after) - {""}) == 1
    with after.reading() as uow:
        assert uow.session.scalars(select(tables.search_text.c.body)).all() == ["bomba"]
        found = set(uow.session.scalars(select(tables.contact.c.address_index)))
        assert sum(one.startswith("erased:") for one in found) == 1
        assert typed.of(uow, [gone, stays]).get(gone, Typed()) == Typed()
        assert not erased & set(uow.session.scalars(select(tables.data_key.c.id)))
    # It goes on erasing, and takes in what comes.
    arrives(after, "agua", "+258840000777")
    hub.close()
    after.close()


def test_a_backup_of_an_older_version_grows_into_this_one(
    lived: Machine, elsewhere: Machine, tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    """With a question to the handlers, whose table was another one then."""
    hub = lived.hub()
    with hub.unit_of_work() as uow:
        account_id = add_account(uow.session, "a@b.org", None, (), NOW)
        handlers.propose(uow.session, Membership(Role.PROTECTION), NOW, account_id=account_id)
        uow.commit()
    hub.close()
    file, old = tmp_path / "hub.backup", tmp_path / "old.backup"
    lived.run("backup", str(file))
    key = (lived.home / "secrets" / "backup_key").read_text().strip()
    with opened(sqlite_files.bare()) as engine:
        with engine.begin() as connection:
            migrate_within(connection, "0002")
        shape = {name: columns_of(engine, name) for name in inspect(engine).get_table_names()}
    as_of_then(file, old, key, shape)
    elsewhere.take_keys_of(lived)
    assert "2 cases" in elsewhere.run("restore", str(old)).stdout
    hub = elsewhere.hub()
    try:
        assert is_current(hub.engine)
        assert said(hub) == {PUMP, CHIEF}
        with hub.reading() as uow:
            (asked,) = handlers.proposed(uow.session)
        assert asked.account_id == account_id
        arrives(hub, "agua", "+258840000777")
    finally:
        hub.close()


def columns_of(engine: Engine, table: str) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns(table)}


def as_of_then(file: Path, old: Path, key: str, shape: dict[str, set[str]]) -> None:
    """The same backup as version 0002 would have written it: fewer tables, fewer columns."""
    plain = io.BytesIO()
    with backups.opened(file, key) as archive, zipfile.ZipFile(plain, "w") as written:
        manifest = json.loads(archive.read("manifest.json"))
        manifest["revision"] = "0002"
        manifest["tables"] = {n: c for n, c in manifest["tables"].items() if n in shape}
        written.writestr("manifest.json", json.dumps(manifest))
        for name in manifest["tables"]:
            columns, *rows = map(json.loads, archive.read(f"tables/{name}.jsonl").splitlines())
            kept = [n for n, (column, _) in enumerate(columns) if column in shape[name]]
            lines = [json.dumps([row[n] for n in kept]) for row in (columns, *rows)]
            written.writestr(f"tables/{name}.jsonl", "\n".join(lines) + "\n")
    to = pyrage.x25519.Identity.from_str(key).to_public()
    old.write_bytes(pyrage.encrypt(plain.getvalue(), [to]))


def test_a_backup_of_a_newer_version_is_refused(lived: Machine, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    hub = lived.hub()
    key = backups.make_key()
    backups.write(
        hub.engine,
        lived.home,
        file,
        recipient=key,
        keyring=hub.keyring.fingerprint,
        revision="9999",
        now=NOW,
    )
    hub.close()
    (tmp_path / "key").write_text(key)
    words = ("restore", str(file), "--key", str(tmp_path / "key"), "--force")
    assert "newer version" in lived.run(*words, fails=1).stderr


def test_force_replaces_and_the_log_says_so(lived: Machine, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    lived.run("backup", str(file))
    hub = lived.hub()
    arrives(hub, "mais uma", "+258840000999")
    hub.close()
    lived.run("restore", str(file), "--force")
    hub = lived.hub()
    assert counts(hub)["case"] == 2
    hub.close()
    assert "2 lines hold" in lived.run("audit", "verify").stdout


def test_a_backup_moves_from_sqlite_to_postgresql(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgres_server")
    here = Machine(tmp_path / "home", "")
    hub = make_hub(here.home)
    arrives(hub, PUMP)
    hub.close()
    file = tmp_path / "hub.backup"
    here.run("backup", str(file))
    there = Machine(tmp_path / "there", server.bare())
    there.take_keys_of(here)
    there.run("restore", str(file))
    hub = there.hub()
    assert said(hub) == {PUMP}
    hub.close()
