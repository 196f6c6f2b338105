"""``export``: what somebody may see, as a table; words, names and numbers behind a password."""

from __future__ import annotations

import io
import secrets
from pathlib import Path

import click
from sqlalchemy import select

from feedback_hub.adapters import accounts, exports, table_zip
from feedback_hub.adapters.table_writing import TableWriter, write_rows, write_table
from feedback_hub.adapters.tables import account
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.exporting_measures import measures_command, site_command
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.access import Action, Actor, ActorKind, Membership, Role
from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import case_export, case_list
from feedback_hub.services import custom_fields


@click.group("export")
def export() -> None:
    """Write tables for people who count."""


@export.command("cases")
@click.argument("file", type=OutFile())
@click.option(
    "--as",
    "email",
    default="",
    help="Account whose sight the table keeps to.  [default: the hub's case team, so no L3]",
)
@click.option("--site", default="", help="Only this site's.")
@click.option("--tag", default="", help="Only those with this tag.")
@click.option(
    "--field",
    "own",
    multiple=True,
    metavar="NAME:ANSWER",
    help="Only those with this answer to a question of the hub's own.",
)
@click.option(
    "--columns",
    default="",
    help="Which, with commas between. name, contact and said are personal: only into a .zip.",
)
@click.option("--purpose", default="", help="What it is for; kept with who made it.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What closes a personal one (AES); else one is made and shown once.",
)
@click.pass_context
@reporting
def cases(
    ctx: click.Context,
    file: Path,
    email: str,
    site: str,
    tag: str,
    own: tuple[str, ...],
    columns: str,
    purpose: str,
    password_file: Path | None,
) -> None:
    """The cases that this person's team handles, newest first.

    Without names, numbers and words, unless --columns asks for them.
    """
    hub = ready_hub(ctx)
    actor = _actor(hub, email)
    try:
        answers = custom_fields.read_filters(hub.rules, own)
        picked = case_export.chosen(columns)
    except Invalid as error:
        where = "--columns" if error.field == "columns" else "--field"
        raise click.BadParameter(error.problem, param_hint=where) from error
    personal = case_export.is_personal(picked)
    if personal != (file.suffix.lower() == ".zip"):
        raise click.BadParameter(
            "a table with names, numbers or words is written as a .zip with a password, and no "
            "other is",
            param_hint="FILE",
        )
    password = _password(password_file) if personal else ""
    # What was only referred to the actor shows a part of the case: that is no row of this table.
    filters = case_list.Filters(site=site, tag=tag, own=answers, in_hand=True)
    export_id = exports.new_id()
    with hub.unit_of_work() as uow:
        exports.begin(
            uow,
            export_id,
            operator(),
            actor.id,
            "cases",
            picked,
            purpose,
            hub.clock(),
            personal=personal,
        )
        uow.commit()
    try:
        if personal:
            # In memory: what is written to a disk in clear can be read from it for long.
            plain = io.BytesIO()
            with write_rows(plain, xlsx=False) as table:
                count = _write(hub, actor, filters, picked, export_id, table)
            table_zip.write(file, f"{file.stem}.csv", plain.getvalue(), password)
        else:
            with write_table(file) as table:
                count = _write(hub, actor, filters, picked, export_id, table)
    except Invalid as error:
        raise Failure(str(error)) from error
    with hub.unit_of_work() as uow:
        exports.end(uow, export_id, count)
        uow.commit()
    click.echo(f"{count} cases in {file}")
    if not purpose:
        click.echo("no --purpose was given: the log says who and when, not what for", err=True)


@export.command("log")
@click.pass_context
@reporting
def log(ctx: click.Context) -> None:
    """What was exported: when, by whom, how many lines, which columns and for what."""
    hub = ready_hub(ctx)
    with hub.reading() as uow:
        people = uow.session.execute(select(account.c.id, account.c.email))
        emails = {row.id: row.email for row in people}
        for one in exports.made(uow, most=1000):
            who = emails.get(one.account_id, one.account_id)
            kind = "personal" if one.personal else "pseudonymous"
            click.echo(
                f"{one.made_at:%Y-%m-%d %H:%M}  {one.id}  {who}  {one.count} {one.kind}  {kind}  "
                f"{','.join(one.columns)}  {one.purpose or '(no purpose given)'}"
            )


def _write(
    hub: Hub,
    actor: Actor,
    filters: case_list.Filters,
    columns: tuple[str, ...],
    export_id: str,
    table: TableWriter,
) -> int:
    count = 0
    with Progress("cases written") as progress:
        table.row(case_export.header(hub.rules, columns))
        now = hub.clock()
        for row in case_export.rows(
            hub.reading, hub.rules, actor, now, filters, columns, export_id
        ):
            table.row(row)
            progress.step()
            count += 1
    return count


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text("utf-8").strip()
    made = secrets.token_urlsafe(12)
    click.echo(f"Password, shown this once; tell it by another way than the file: {made}", err=True)
    return made


def _actor(hub: Hub, email: str) -> Actor:
    if not email:
        # Whoever runs the hub's command line could make a token of this sight. L3 is for handlers.
        team = Membership(Role.CASE_MANAGER, hub.config.hub.organisation)
        return Actor("operator", ActorKind.ACCOUNT, (team,))
    with hub.reading() as uow:
        account_id = accounts.account_id_of(uow.session, email)
        actor = accounts.actor_by_id(uow.session, account_id) if account_id else None
    if actor is None or not actor.may(Action.READ_CASE):
        raise Failure(f"{email} is no active account that may read cases; see user list")
    return actor


export.add_command(measures_command)
export.add_command(site_command)
