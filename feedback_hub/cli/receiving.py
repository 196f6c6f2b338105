"""``receive-mail``: a mail server's pipe into an e-mail channel."""

from __future__ import annotations

import sys
from typing import BinaryIO, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from channels.email import Adapter
from feedback_hub.bootstrap import build
from feedback_hub.cli.context import config_of
from feedback_hub.config import ConfigError
from feedback_hub.services import intake

TRY_LATER = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and comes back."""


@click.command("receive-mail")
@click.option("--channel", required=True, help="The section [channels.NAME] of kind email.")
@click.argument("mail", type=click.File("rb"), default="-")
@click.pass_context
def receive_mail(ctx: click.Context, channel: str, mail: BinaryIO) -> None:
    """Take in one MAIL (standard input): exit 0 once it is durable, 75 to be tried again."""
    try:
        _take_in(ctx, channel, mail)
    except ConfigError:
        _later("the configuration has a fault; see feedback-hub check")
    except (OSError, SQLAlchemyError) as error:
        _later(f"not stored: {type(error).__name__}")


def _take_in(ctx: click.Context, channel: str, mail: BinaryIO) -> None:
    hub = build(config_of(ctx))
    ctx.call_on_close(hub.close)
    account = hub.channels.accounts.get(channel)
    if not isinstance(account, Adapter):
        _later("no channel of kind email has this name")
    raw = mail.read(account.settings.largest_mail)
    # The pipe must be read to its end, or the mail server takes it for broken.
    while mail.read(1 << 20):
        pass
    now = hub.clock()
    items = account.receive(raw, now)
    with hub.unit_of_work() as uow:
        if items is None:
            intake.reject(uow, channel, raw, "no mail that a person wrote", now)
        else:
            intake.accept(uow, channel, items, raw, now)
        uow.commit()


def _later(why: str) -> NoReturn:
    click.echo(f"receive-mail: {why}", err=True)
    sys.exit(TRY_LATER)
