"""``channels``: the configured accounts, whether they work, and where their providers call."""

from __future__ import annotations

import sys

import click

from feedback_hub.bootstrap import Hub
from feedback_hub.bootstrap.channel_accounts import calls_us, is_pulled
from feedback_hub.cli.checking import channel_finding
from feedback_hub.cli.context import Failure, hub_of, reporting
from feedback_hub.domain.message import DeliveryError


@click.group("channels")
def channels() -> None:
    """The channel accounts: list them, check them, register their webhooks."""


@channels.command("list")
@click.pass_context
@reporting
def list_channels(ctx: click.Context) -> None:
    """Every account: name, kind, how messages get here."""
    hub = hub_of(ctx)
    for name, account in hub.channels.accounts.items():
        if is_pulled(account):
            how = "pulled"
        else:
            how = "webhook" if calls_us(account) else "webhook, set by hand"
        click.echo(f"{name}\t{hub.config.channels[name].kind}\t{how}")


@channels.command("check")
@click.argument("names", nargs=-1)
@click.pass_context
@reporting
def check(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Ask the providers of NAMES, or of all accounts. A line each; exit 1 on a fault."""
    hub = hub_of(ctx)
    faults = False
    for name in names or tuple(hub.channels.accounts):
        _known(hub, name)
        finding = channel_finding(name, hub.channels.examine(name))
        faults |= finding.is_fault
        click.echo(f"{finding.word:5} {finding.what}: {finding.said}")
    sys.exit(1 if faults else 0)


@channels.command("register")
@click.argument("name")
@click.pass_context
@reporting
def register(ctx: click.Context, name: str) -> None:
    """Have the provider of account NAME call this hub at base_url."""
    hub = hub_of(ctx)
    _known(hub, name)
    try:
        told = hub.channels.register(name)
    except DeliveryError as error:
        raise Failure(f"channel {name}: nothing was changed: {error}") from error
    if not told:
        raise Failure(
            f"channel {name}: its provider does not call this hub, or cannot be told; "
            f"see docs/channels/{hub.config.channels[name].kind}.md"
        )
    click.echo(f"channel {name}: the provider calls {hub.config.hub.base_url}/channels/{name}/")


def _known(hub: Hub, name: str) -> None:
    if name not in hub.channels.accounts:
        raise Failure(f"no channel {name!r} is configured; see feedback-hub channels list")
