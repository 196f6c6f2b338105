"""``export``: what somebody may see, as a table. No words of people, no names, no numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from feedback_hub.adapters import accounts
from feedback_hub.adapters.table_writing import write_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.exporting_measures import measures_command, site_command
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import case_list, wire
from feedback_hub.services import custom_fields

COLUMNS = (
    "ref",
    "state",
    "type",
    "codes",
    "sector",
    "sensitivity",
    "priority",
    "site",
    "language",
    "channel",
    "received_at",
    "due_at",
    "closed_at",
    "outcome",
    "referred_to",
    "tags",
)


@click.group("export")
def export() -> None:
    """Write tables for people who count."""


@export.command("cases")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as", "email", required=True, help="Account whose sight the table keeps to.")
@click.option("--site", default="", help="Only this site's.")
@click.option("--tag", default="", help="Only those with this tag.")
@click.option(
    "--field",
    "own",
    multiple=True,
    metavar="NAME:ANSWER",
    help="Only those with this answer to a question of the hub's own.",
)
@click.pass_context
@reporting
def cases(
    ctx: click.Context, file: Path, email: str, site: str, tag: str, own: tuple[str, ...]
) -> None:
    """The cases that this person's team handles, newest first, without what was said."""
    hub = ready_hub(ctx)
    actor = _actor(hub, email)
    try:
        answers = custom_fields.read_filters(hub.rules, own)
    except Invalid as error:
        raise click.BadParameter(error.problem, param_hint="--field") from error
    # What was only referred to the actor shows a part of the case: that is no row of this table.
    filters = case_list.Filters(site=site, tag=tag, own=answers, in_hand=True)
    with hub.unit_of_work() as uow:
        # Before the first line is written: a table that was begun is one that may be out.
        uow.audit(AuditAction.EXPORTED, operator(), hub.clock(), kind="cases", object_id=actor.id)
        uow.commit()
    count = 0
    names = [field.name for field in hub.rules.fields]
    with write_table(file) as table, Progress("cases written") as progress:
        table.row([*COLUMNS, *(f"field_{name}" for name in names)])
        for row in rows(hub, actor, filters):
            table.row(row)
            progress.step()
            count += 1
    click.echo(f"{count} cases in {file}")


def _actor(hub: Hub, email: str) -> Actor:
    with hub.reading() as uow:
        account_id = accounts.account_id_of(uow.session, email)
        actor = accounts.actor_by_id(uow.session, account_id) if account_id else None
    if actor is None or not actor.may(Action.READ_CASE):
        raise Failure(f"{email} is no active account that may read cases; see user list")
    return actor


def rows(hub: Hub, actor: Actor, filters: case_list.Filters) -> Iterator[list[str]]:
    """A line a case that ``actor`` handles: ``COLUMNS``, then the hub's own questions.

    Raises ``Failure``.
    """
    cursor = ""
    while True:
        try:
            with hub.reading() as uow:
                page = case_list.page(
                    uow, actor, filters, hub.clock(), cursor=cursor, limit=case_list.MOST
                )
                own = wire.own_questions(uow, hub.rules, page.cases)
                theirs = {
                    case.id: _fields(uow, hub, actor, case, own[case.id]) for case in page.cases
                }
        except Invalid as error:
            raise Failure(str(error)) from error
        for case in page.cases:
            partners = [one.organisation for one in page.referrals.get(case.id, ())]
            yield [*_cells(case, partners), ";".join(own[case.id].tags), *theirs[case.id]]
        cursor = page.older
        if not cursor:
            return


def _fields(uow: SqlUnitOfWork, hub: Hub, actor: Actor, case: Case, own: wire.Own) -> list[str]:
    """The answers to the hub's own questions; what is personal for the case team alone."""
    team = scope_of(actor, Action.READ_HISTORY).admits(uow.facts(case))
    answers = {field.name: said for field, said in own.fields}
    seen = {field.name for field, _ in custom_fields.visible(hub.rules, answers, team=team)}
    return [answers[f.name] if f.name in seen else "" for f in hub.rules.fields]


def _cells(case: Case, partners: list[str]) -> list[str]:
    def when(name: str) -> str:
        at = getattr(case, name)
        return at.isoformat() if at else ""

    return [
        case.ref,
        case.state,
        case.type,
        ";".join(case.codes),
        case.sector,
        case.sensitivity,
        case.priority,
        case.site,
        case.language,
        case.channel,
        when("received_at"),
        when("due_at"),
        when("closed_at"),
        case.outcome or "",
        ";".join(partners),
    ]


export.add_command(measures_command)
export.add_command(site_command)
