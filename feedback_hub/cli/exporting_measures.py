"""``export measures`` and ``export site``: the hub's own figures, tagged for exchange (HXL)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click

from feedback_hub.adapters import accounts
from feedback_hub.adapters.table_writing import write_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.access import Action, Actor, ActorKind, Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.place import Site
from feedback_hub.reads import measure_rows, measures
from feedback_hub.reads.measure_rows import Figure, Frame
from feedback_hub.reads.measures import Asked, Json

_FILE = click.argument("file", type=OutFile())
_DAY = click.DateTime(["%Y-%m-%d"])
_FROM = click.option("--from", "first", type=_DAY, help="First day.  [default: 30 days in all]")
_TO = click.option("--to", "last", type=_DAY, help="Last day, part of it.  [default: today]")
_AS = click.option(
    "--as", "email", default="", help="Account whose sight it keeps to.  [default: the whole hub]"
)
# Whoever runs the hub's command line; the figures hold no person and hide what is small.
_OPERATOR = Actor("operator", ActorKind.ACCOUNT, (Membership(Role.COORDINATOR),))


@click.command("measures")
@_FILE
@_FROM
@_TO
@click.option("--site", default="", help="Only this site's.")
@_AS
@click.pass_context
@reporting
def measures_command(
    ctx: click.Context,
    file: Path,
    first: datetime | None,
    last: datetime | None,
    site: str,
    email: str,
) -> None:
    """The figures of /api/v1/measures as CSV or XLSX, one a row, under HXL tags."""
    hub = ready_hub(ctx)
    asked = _asked(hub, first, last, site)
    with hub.reading() as uow:
        if site:
            _known({one.code: one for one in uow.sites()}, site)
        measured = _measured(hub, uow, email, asked)
        frame = measure_rows.frame(uow, _day(measured, "from"), _day(measured, "to"))
    _audit(hub, "measures", site)
    count = _write(file, frame, measured)
    click.echo(f"{count} figures in {file}")


@click.command("site")
@_FILE
@click.option("--site", "code", required=True, help="The site's code.")
@_FROM
@_TO
@_AS
@click.pass_context
@reporting
def site_command(
    ctx: click.Context,
    file: Path,
    code: str,
    first: datetime | None,
    last: datetime | None,
    email: str,
) -> None:
    """One site: population, services and figures as CSV or XLSX, under HXL tags."""
    hub = ready_hub(ctx)
    asked = _asked(hub, first, last, code)
    with hub.reading() as uow:
        site = _known({one.code: one for one in uow.sites()}, code)
        measured = _measured(hub, uow, email, asked)
        frame = measure_rows.frame(uow, _day(measured, "from"), _day(measured, "to"))
        until = date.fromisoformat(_day(measured, "to"))
        services = measure_rows.services_at(uow, code)
    figures = measure_rows.snapshot(measured, site, services, until)
    _audit(hub, "site", code)
    count = _write(file, frame, measured, figures)
    click.echo(f"{count} figures in {file}")


def _asked(hub: Hub, first: datetime | None, last: datetime | None, site: str) -> Asked:
    try:
        return measures.asked(
            first.date() if first else None,
            last.date() if last else None,
            site,
            hub.clock(),
            hub.config.hub.timezone,
        )
    except Invalid as error:
        raise Failure(f"--{error}") from error


def _known(sites: dict[str, Site], code: str) -> Site:
    site = sites.get(code)
    if site is None:
        raise Failure(f"no site has the code {code!a}; import sites first")
    return site


def _measured(hub: Hub, uow: SqlUnitOfWork, email: str, asked: Asked) -> Json:
    actor: Actor | None = _OPERATOR
    if email:
        account_id = accounts.account_id_of(uow.session, email)
        actor = accounts.actor_by_id(uow.session, account_id) if account_id else None
    if actor is None or not actor.may(Action.READ_MEASURES):
        raise Failure(f"{email} is no active account that may read measures; see user list")
    threshold = hub.config.loopback.small_number_threshold
    return measures.measure(uow, hub.rules, actor, asked, hub.clock(), threshold)


def _audit(hub: Hub, kind: str, site: str) -> None:
    with hub.unit_of_work() as uow:
        uow.audit(AuditAction.EXPORTED, operator(), hub.clock(), kind=kind, object_id=site)
        uow.commit()


def _day(measured: Json, name: str) -> str:
    return str(measured[name])


def _write(
    file: Path, frame: Frame, measured: Json, figures: Iterable[Figure] | None = None
) -> int:
    count = 0
    with write_table(file) as table:
        table.row(list(measure_rows.COLUMNS))
        table.row(list(measure_rows.COLUMNS.values()))
        for figure in measure_rows.figures(measured) if figures is None else figures:
            table.row(frame.cells(figure))
            count += 1
    return count
