"""Backups: everything the hub keeps in one encrypted file, taken while it runs.

A ZIP of tables (``table_archive``), files and a manifest, encrypted in the age format
(age-encryption.org) to a public key: the standard ``age`` tool opens it too. Keys are not in it,
only the fingerprint of the one that its texts need.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sqlalchemy import Connection, Engine, insert, select

from feedback_hub.adapters import erasing, table_archive
from feedback_hub.adapters.tables import data_key, erasure

FORMAT = 1
FOLDERS = ("packs", "files", "frame")
"""What is kept in the home folder beside the database."""
_MANIFEST = "manifest.json"


class BackupRefused(Exception):
    """The backup cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup. ``keyring`` is the fingerprint of the key that its texts need."""

    format: int
    version: str
    revision: str
    made_at: str
    keyring: str
    wrapped_by: list[str]
    tables: dict[str, int]
    files: int
    apart: str = ""
    """Where the data keys were written to a file of their own: what both files are known by."""


def make_key() -> str:
    """A new age identity: it opens backups, and its public part closes them."""
    from pyrage import x25519

    return str(x25519.Identity.generate())


def write(
    engine: Engine,
    home: Path,
    target: Path,
    *,
    recipient: str,
    keyring: str,
    revision: str,
    now: datetime,
    step: Callable[[], object] = lambda: None,
    keys_target: Path | None = None,
) -> Manifest:
    """Write a backup of one moment to ``target``; ``recipient`` is an age key or identity.

    With ``keys_target`` the data keys are in that file alone, so that it can be kept for a shorter
    time: what was erased since is gone with it. Raises ``BackupRefused``, ``OSError``. What is half
    written is never called ``target``.
    """
    to = _recipient(recipient)
    with (
        tempfile.TemporaryFile(dir=target.parent) as plain,
        tempfile.TemporaryFile(dir=target.parent) as keys_plain,
    ):
        keys = keys_plain if keys_target else None
        manifest = _pack(engine, home, plain, keyring, revision, now, step, keys)
        if keys_target:
            _close(keys_plain, keys_target, to)
        _close(plain, target, to)
    return manifest


def write_keys(
    engine: Engine,
    target: Path,
    *,
    recipient: str,
    keyring: str,
    revision: str,
    now: datetime,
) -> Manifest:
    """Write the data keys of this moment, and nothing else, to ``target``.

    An older backup restored with them lacks the keys of all that was erased since. Raises as
    ``write``.
    """
    to, name = _recipient(recipient), data_key.name
    with tempfile.TemporaryFile(dir=target.parent) as plain:
        with _packed(plain) as archive, engine.connect() as connection:
            with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as file:
                count = -1
                for line in table_archive.lines_of(connection, name):
                    file.write(line.encode() + b"\n")
                    count += 1
            wrapped_by = sorted(connection.scalars(select(data_key.c.wrapped_by).distinct()))
            made = version("feedback-hub"), revision, now.isoformat(), keyring
            manifest = Manifest(FORMAT, *made, wrapped_by, {name: count}, 0)
            archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
        _close(plain, target, to)
    return manifest


def _close(plain: BinaryIO, target: Path, to: object) -> None:
    import pyrage

    plain.seek(0)
    fresh = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as sealed:
            pyrage.encrypt_io(plain, sealed, [to])
            sealed.flush()
            os.fsync(sealed.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def opened(source: Path, key: str) -> Iterator[zipfile.ZipFile]:
    """The archive in a backup. Raises ``BackupRefused`` for another key or a damaged file."""
    import pyrage

    try:
        identity = pyrage.x25519.Identity.from_str(key.strip())
    except pyrage.IdentityError as error:
        raise BackupRefused(
            "the backup key is none: it begins with AGE-SECRET-KEY-1 and is kept in a file that"
            " --key names"
        ) from error
    closed = BackupRefused(
        f"{source} does not open: it is damaged, or was made for another backup key"
    )
    with tempfile.TemporaryFile(dir=source.parent) as plain:
        try:
            with source.open("rb") as sealed:
                pyrage.decrypt_io(sealed, plain, [identity])
            plain.seek(0)
            archive = zipfile.ZipFile(plain)
        except (pyrage.DecryptError, zipfile.BadZipFile, OSError) as error:
            raise closed from error
        with archive:
            yield archive


def manifest_of(archive: zipfile.ZipFile) -> Manifest:
    """What the backup says of itself. Raises ``BackupRefused`` for a newer form."""
    found = json.loads(archive.read(_MANIFEST))
    if found["format"] > FORMAT:
        raise BackupRefused(
            f"the backup was made by a newer version ({found['version']}); install that one first"
        )
    return Manifest(**found)


def load(
    connection: Connection,
    archive: zipfile.ZipFile,
    manifest: Manifest,
    step: Callable[[], object] = lambda: None,
    keys_archive: zipfile.ZipFile | None = None,
) -> None:
    """Fill empty tables, in the caller's transaction. Raises ``BackupRefused``."""
    for name, expected in manifest.tables.items():
        apart = keys_archive if name == data_key.name else None
        with (apart or archive).open(f"tables/{name}.jsonl") as raw:
            lines = io.TextIOWrapper(raw, "utf-8", newline="\n")
            count = table_archive.load(connection, name, _counted(lines, step))
        if count != expected and apart is None:
            raise BackupRefused(f"the backup is damaged: {name} has {count} rows, not {expected}")


def load_files(archive: zipfile.ZipFile, home: Path) -> int:
    """Put the files back; how many."""
    count = 0
    for name in archive.namelist():
        path = PurePosixPath(name)
        if path.parts[0] != "home" or ".." in path.parts or path.parts[1] not in FOLDERS:
            continue
        target = home.joinpath(*path.parts[1:])
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(archive.read(name))
        count += 1
    return count


def replay(connection: Connection, ledgers: list[Path], now: datetime) -> int:
    """Destroy again what was destroyed since the backup was made; how many keys that was."""
    gone = set(connection.scalars(select(erasure.c.key_id)))
    for ledger in ledgers:
        if ledger.exists():
            gone.update(ledger.read_text("ascii").split())
    # What has no key here was erased before the data keys were backed up.
    back = gone & set(connection.scalars(select(data_key.c.id))) | erasing.without_key(connection)
    erasing.destroy(connection, back)
    erasing.forget_found_by(connection, back)
    known = set(connection.scalars(select(erasure.c.key_id)))
    if new := gone - known:
        connection.execute(insert(erasure), [{"key_id": one, "at": now} for one in sorted(new)])
    return len(back)


def _pack(
    engine: Engine,
    home: Path,
    plain: BinaryIO,
    keyring: str,
    revision: str,
    now: datetime,
    step: Callable[[], object],
    keys_plain: BinaryIO | None,
) -> Manifest:
    apart = uuid.uuid4().hex if keys_plain else ""
    tables: dict[str, int] = {}
    # One moment of the whole database, while others go on writing.
    postgresql = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ"} if postgresql else {"readonly": True}
    with ExitStack() as stack:
        archive = stack.enter_context(_packed(plain))
        keys_archive = stack.enter_context(_packed(keys_plain)) if keys_plain else archive
        with engine.execution_options(**options).begin() as connection:
            for name in table_archive.table_names():
                count = -1
                into = keys_archive if name == data_key.name else archive
                with into.open(f"tables/{name}.jsonl", "w", force_zip64=True) as file:
                    for line in table_archive.lines_of(connection, name):
                        file.write(line.encode() + b"\n")
                        count += 1
                        step()
                tables[name] = count
            wrapped_by = sorted(connection.scalars(select(data_key.c.wrapped_by).distinct()))
        # After the database: a file that a row names is there by then, and never changes.
        files = _files(home)
        for path in files:
            archive.write(path, f"home/{path.relative_to(home).as_posix()}")
        manifest = Manifest(
            FORMAT,
            version("feedback-hub"),
            revision,
            now.isoformat(),
            keyring,
            wrapped_by,
            tables,
            len(files),
            apart,
        )
        for one in {archive, keys_archive}:
            one.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def _packed(plain: BinaryIO) -> zipfile.ZipFile:
    return zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED, compresslevel=3)


def _files(home: Path) -> list[Path]:
    found = (path for folder in FOLDERS for path in (home / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _recipient(key: str) -> object:
    from pyrage import IdentityError, RecipientError, x25519

    try:
        if key.strip().startswith("AGE-SECRET-KEY-"):
            return x25519.Identity.from_str(key.strip()).to_public()
        return x25519.Recipient.from_str(key.strip())
    except (IdentityError, RecipientError) as error:
        raise BackupRefused("the key to close the backup with is no age key (age1…)") from error


def _counted(lines: io.TextIOWrapper, step: Callable[[], object]) -> Iterator[str]:
    for line in lines:
        yield line
        step()
