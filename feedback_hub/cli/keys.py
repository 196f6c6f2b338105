"""``keys``: a new key for what wraps all others."""

from __future__ import annotations

from pathlib import Path

import click

from feedback_hub.adapters import rotation, sealing
from feedback_hub.adapters.handlers_pair import PUBLIC_FILE, HandlersPair, make_pair
from feedback_hub.adapters.secrets_files import write_key
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import VaultSealed, VaultTampered


@click.group("keys")
def keys() -> None:
    """The keys that keep text, names and numbers unreadable."""


@keys.command("rotate")
@click.pass_context
@reporting
def rotate(ctx: click.Context) -> None:
    """Make a new key and wrap every data key with it, while the hub works.

    Stopped half way, it goes on when run again. The old key is kept for an hour; the next run of
    this command or `keys retire` removes it.
    """
    hub = ready_hub(ctx)
    keyring = hub.keyring
    with hub.reading() as uow:
        unfinished = rotation.left(uow.session, keyring) if keyring.wrapping.current() else 0
    if unfinished:
        click.echo(f"Going on with an unfinished rotation: {unfinished} left.", err=True)
    else:
        made = keyring.wrapping.make()
        click.echo(
            f"Made the key {made} in {hub.config.secrets_directory}/wrapping_keys. Back it up, and "
            "copy the folder to every machine of this hub.",
            err=True,
        )
    done = _rewrap(hub)
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.KEYS_ROTATED,
            operator(),
            hub.clock(),
            kind="key",
            object_id=keyring.current(),
        )
        uow.commit()
    click.echo(f"{done} data keys are wrapped by {keyring.current()} now")
    _retire(hub)


@keys.command("retire")
@click.pass_context
@reporting
def retire(ctx: click.Context) -> None:
    """Remove old keys that wrap nothing any more, an hour after the last rotation."""
    if not _retire(ready_hub(ctx)):
        click.echo("no old key can be removed now")


@keys.command("handlers")
@click.argument("file", type=OutFile())
@click.pass_context
@reporting
def handlers(ctx: click.Context, file: Path) -> None:
    """Make the pair of keys that closes highly sensitive cases; the private half goes to FILE.

    From then on only a process that holds FILE opens them: `feedback-hub web --role handlers`. With
    a FILE that is there already, one that was stopped half way goes on. A pair of before is
    replaced where its private half is configured (`[security] handlers_key_file`).
    """
    hub = ready_hub(ctx)
    before = hub.keyring
    hub.keyring = before.with_handlers(_pair(hub, file))
    done = 0
    with Progress("cases closed to the handlers") as progress:
        after = ""
        while True:
            with hub.reading() as uow:
                found = sealing.open_ones(uow.session, hub.keyring, after)
            if not found:
                break
            for case_id in found:
                with hub.unit_of_work() as uow:
                    sealing.settle(uow.session, hub.keyring, case_id, Sensitivity.L3)
                    uow.commit()
                done += 1
                progress.step()
            after = found[-1]
    with hub.reading() as uow:
        others = sealing.closed_otherwise(uow.session, hub.keyring)
    for key_id in others:
        with hub.unit_of_work() as uow:
            try:
                sealing.close_anew(uow.session, hub.keyring, before, key_id)
            except VaultSealed as error:
                raise Failure(
                    f"{len(others)} data keys are closed to a pair of before; name its private "
                    "half with [security] handlers_key_file and run this again"
                ) from error
            uow.commit()
    closed_by = hub.keyring.handlers.closes_with()
    with hub.unit_of_work() as uow:
        noted = {"kind": "key", "object_id": closed_by}
        uow.audit(AuditAction.KEYS_ROTATED, operator(), hub.clock(), reason="handlers", **noted)
        uow.commit()
    click.echo(
        f"{done} cases are closed to the handlers' key {closed_by} now. Move {file} to the machine "
        "of `feedback-hub web --role handlers`, name it there with [security] handlers_key_file, "
        f"keep a copy in a safe, and copy {hub.config.secrets_directory}/{PUBLIC_FILE} to every "
        "other machine of this hub."
    )


def _pair(hub: Hub, file: Path) -> HandlersPair:
    """The pair whose private half is in ``file``, made now if there is none; in force at once."""
    if file.exists():
        private = file.read_text("ascii").strip()
    else:
        private, _ = make_pair()
        write_key(file, private)
    try:
        pair = HandlersPair(private=private)
    except ValueError as error:
        raise Failure(f"{file} {error}; nothing was changed") from error
    public = hub.config.secrets_directory / PUBLIC_FILE
    fresh = public.with_name(f".{PUBLIC_FILE}.new")
    fresh.unlink(missing_ok=True)
    write_key(fresh, pair.public_half())
    fresh.replace(public)
    return pair


def _rewrap(hub: Hub) -> int:
    done = 0
    with Progress("data keys wrapped anew") as progress:
        # Again until none is left: others make data keys meanwhile.
        while True:
            after: str | None = ""
            while after is not None:
                with hub.unit_of_work() as uow:
                    try:
                        found = rotation.rewrap_some(uow.session, hub.keyring, after)
                    except VaultTampered as error:
                        raise Failure(
                            "a data key is wrapped by a key that is not on this machine; copy "
                            "wrapping_keys from the machine where keys were rotated before"
                        ) from error
                    uow.commit()
                done += len(found)
                for _ in found:
                    progress.step()
                after = found[-1] if found else None
            with hub.reading() as uow:
                if not rotation.left(uow.session, hub.keyring):
                    return done


def _retire(hub: Hub) -> int:
    with hub.reading() as uow:
        used = rotation.used(uow.session)
    gone = [one for one in hub.keyring.wrapping.old(hub.clock()) if one not in used]
    for fingerprint in gone:
        hub.keyring.wrapping.remove(fingerprint)
        with hub.unit_of_work() as uow:
            uow.audit(
                AuditAction.KEY_RETIRED,
                operator(),
                hub.clock(),
                kind="key",
                object_id=fingerprint,
            )
            uow.commit()
        click.echo(f"removed the old key {fingerprint}")
    return len(gone)
