"""``keys``: a new key for what wraps all others."""

from __future__ import annotations

import click

from feedback_hub.adapters import rotation
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.services.ports import VaultTampered


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
