"""``backup`` and ``restore``."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import func, inspect, select

from feedback_hub.adapters import backups, case_words, erasing
from feedback_hub.adapters.tables import account, case, metadata
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import DEVICE, operator
from feedback_hub.cli.context import Failure, OutFile, hub_of, reporting
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import has_database, ready_hub, somebody_works
from feedback_hub.domain.audit import AuditAction
from feedback_hub.migrations import HEAD, migrate_within

KEY_VARIABLE = "FEEDBACK_HUB_BACKUP_KEY"
_KEY = "backup_key"
_FUNCTIONS = ("audit_only_grows", "measure_case", "measure_of_case")
"""What triggers call on PostgreSQL: they outlive the tables."""


@click.command("backup")
@click.argument("file", type=OutFile())
@click.option("--to", "recipient", default="", help="Public age key (age1…) that closes it.")
@click.option(
    "--data-keys",
    "keys_file",
    type=OutFile(),
    help="Write the data keys to this file instead, to be kept for a shorter time: deleting it "
    "makes unreadable what FILE holds of people.",
)
@click.option(
    "--only-data-keys",
    is_flag=True,
    help="Write the data keys of now to FILE and nothing else: given to restore --data-keys beside "
    "an older backup, what was erased since cannot be read.",
)
@click.pass_context
@reporting
def backup(
    ctx: click.Context,
    file: Path,
    recipient: str,
    keys_file: Path | None,
    only_data_keys: bool,
) -> None:
    """Write all that this hub keeps to FILE, encrypted, while it runs. Keys are not in it.

    Without --to it is closed for the key in $FEEDBACK_HUB_BACKUP_KEY or in secrets/backup_key of
    the home folder, which is made the first time.
    """
    hub = ready_hub(ctx)
    file = file.absolute()
    if only_data_keys:
        _backup_keys(hub, file, recipient)
        return
    try:
        with Progress("rows written") as progress:
            manifest = backups.write(
                hub.engine,
                hub.config.hub.home,
                file,
                recipient=recipient or _closing_key(hub),
                keyring=hub.keyring.fingerprint,
                revision=HEAD,
                now=hub.clock(),
                step=progress.step,
                keys_target=keys_file.absolute() if keys_file else None,
            )
    except backups.BackupRefused as error:
        raise Failure(str(error)) from error
    _note_backup(hub, file)
    rows = sum(manifest.tables.values())
    click.echo(
        f"{manifest.tables['case']} cases, {rows} rows, {manifest.files} files in {file}; "
        f"its texts need the encryption key {manifest.keyring}"
    )


def _backup_keys(hub: Hub, file: Path, recipient: str) -> None:
    try:
        manifest = backups.write_keys(
            hub.engine,
            file,
            recipient=recipient or _closing_key(hub),
            keyring=hub.keyring.fingerprint,
            revision=HEAD,
            now=hub.clock(),
        )
    except backups.BackupRefused as error:
        raise Failure(str(error)) from error
    _note_backup(hub, file)
    click.echo(f"{manifest.tables['data_key']} data keys in {file}; keep it for days, not years")


def _note_backup(hub: Hub, file: Path) -> None:
    noted = {"kind": "backup", "object_id": _digest(file)[:32]}
    with hub.unit_of_work() as uow:
        uow.audit(AuditAction.BACKED_UP, operator(), hub.clock(), **noted)
        uow.commit()


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the backup key; else $FEEDBACK_HUB_BACKUP_KEY, else secrets/backup_key.",
)
@click.option(
    "--ledger",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="erasure.ledger of the hub that was lost: what was erased since stays erased.",
)
@click.option(
    "--data-keys",
    "keys_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The data keys, where backup wrote them to a file of their own, or those of a later day: "
    "then what was erased in between cannot be read.",
)
@click.option("--force", is_flag=True, help="Replace what is in the database now.")
@click.pass_context
@reporting
def restore(
    ctx: click.Context,
    file: Path,
    key_file: Path | None,
    ledger: Path | None,
    keys_file: Path | None,
    force: bool,
) -> None:
    """Bring back what FILE holds, into an empty hub that has the same encryption key.

    A backup of an older version is brought to this one's shape.
    """
    hub = hub_of(ctx)
    ctx.call_on_close(hub.close)
    hub.device = lambda: DEVICE
    try:
        with ExitStack() as stack:
            opening = _opening_key(hub, key_file)
            archive = stack.enter_context(backups.opened(file, opening))
            manifest = backups.manifest_of(archive)
            keys = stack.enter_context(backups.opened(keys_file, opening)) if keys_file else None
            apart = backups.manifest_of(keys) if keys else None
            _check(hub, manifest, apart)
            _check_keys(manifest, apart)
            _make_room(hub, force=force)
            ledgers = erasing.ledgers(hub.config.hub.home, hub.config.secrets_directory)
            ledgers += [ledger] if ledger else []
            with Progress("rows restored") as progress, hub.engine.begin() as connection:
                # An older backup is filled into the shape it had, which then grows into today's.
                migrate_within(connection, manifest.revision)
                backups.load(connection, archive, manifest, progress.step, keys)
                migrate_within(connection)
                erased = backups.replay(connection, ledgers, hub.clock())
            case_words.seal_open_ones(hub.engine, hub.keyring, history=True)
            backups.load_files(archive, hub.config.hub.home)
    except backups.BackupRefused as error:
        raise Failure(str(error)) from error
    hub.audit_heads.start_anew()
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.RESTORED,
            operator(),
            hub.clock(),
            kind="backup",
            object_id=_digest(file)[:32],
        )
        uow.commit()
    click.echo(
        f"{manifest.tables['case']} cases, {sum(manifest.tables.values())} rows, "
        f"{manifest.files} files from {manifest.made_at}; {erased} erased since stay erased"
    )


def _check(hub: Hub, manifest: backups.Manifest, keys: backups.Manifest | None) -> None:
    if manifest.revision > HEAD:
        raise Failure(
            f"the backup was made by a newer version ({manifest.version}); install that one first"
        )
    if manifest.keyring != hub.keyring.fingerprint:
        raise Failure(
            f"this hub has another encryption key ({hub.keyring.fingerprint}) than the backup "
            f"needs ({manifest.keyring}): put that one into {hub.config.secrets_directory}"
            "/encryption_key and restore again; nothing was changed"
        )
    if absent := [one for one in (keys or manifest).wrapped_by if not hub.keyring.knows(one)]:
        raise Failure(
            f"the backup needs the keys {', '.join(absent)} too: copy wrapping_keys and, for what "
            "begins with h:, handlers_public of the hub that was backed up into "
            f"{hub.config.secrets_directory}; nothing was changed"
        )


def _check_keys(manifest: backups.Manifest, keys: backups.Manifest | None) -> None:
    if manifest.apart and keys is None:
        raise Failure(
            "the data keys of this backup were written to a file of their own: give it with "
            "--data-keys; nothing was changed"
        )
    if keys is None or (manifest.apart and keys.apart == manifest.apart):
        return
    if keys.keyring != manifest.keyring:
        raise Failure("the file of --data-keys belongs to another hub; nothing was changed")
    if datetime.fromisoformat(keys.made_at) < datetime.fromisoformat(manifest.made_at):
        raise Failure(
            "the file of --data-keys is older than the backup: what came in between could not be "
            "read; nothing was changed"
        )


def _make_room(hub: Hub, *, force: bool) -> None:
    if not has_database(hub):
        return
    if somebody_works(hub):
        raise Failure("a hub works on this database; stop it first")
    there = set(inspect(hub.engine).get_table_names())
    with hub.engine.connect() as connection:
        used = any(
            connection.scalar(select(func.count()).select_from(table))
            for table in (case, account)
            if table.name in there
        )
    if used and not force:
        raise Failure("this hub has cases or accounts; --force replaces them all")
    with hub.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TABLE IF EXISTS search_fts")
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        if connection.dialect.name == "postgresql":
            for name in _FUNCTIONS:
                connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}()")


def _closing_key(hub: Hub) -> str:
    given = os.environ.get(KEY_VARIABLE, "")
    if given:
        return given
    path = hub.config.secrets_directory / _KEY
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(backups.make_key() + "\n")
        click.echo(
            f"Made {path}. Keep a copy of it and of encryption_key away from this machine: "
            "without both no backup can be read.",
            err=True,
        )
    return path.read_text("ascii").strip()


def _opening_key(hub: Hub, key_file: Path | None) -> str:
    if key_file is not None:
        return key_file.read_text("ascii").strip()
    path = hub.config.secrets_directory / _KEY
    given = os.environ.get(KEY_VARIABLE, "")
    if not given and not path.exists():
        raise Failure(f"no key to open the backup with: give --key FILE or set ${KEY_VARIABLE}")
    return given or path.read_text("ascii").strip()


def _digest(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()
