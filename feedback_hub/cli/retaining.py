"""``retention`` and ``person``: what is erased in time, and at a person's request."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from feedback_hub.adapters import accounts, erasing, person_copy, person_requests
from feedback_hub.adapters import retention as keeping
from feedback_hub.adapters.person_requests import RequestEnd, Wish
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.reference import parse_reference
from workers import retention as duty

_AS = click.option("--as", "email", required=True, help="Account that works on the case.")
_REF = click.option("--ref", required=True, help="The case's number.")


@click.group("retention")
def retention() -> None:
    """What is kept how long."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@click.pass_context
@reporting
def run(ctx: click.Context, dry_run: bool) -> None:
    """Erase what is past its time ([retention]). The scheduler does this once a day by itself."""
    hub = ready_hub(ctx)
    now = hub.clock()
    done = duty.counts(hub, now) if dry_run else duty.run(hub, now, operator())
    said = ", ".join(f"{stage.value} of {count} cases" for stage, count in done.items())
    click.echo(f"{'would erase' if dry_run else 'erased'}: {said}")


@retention.command("hold")
@_REF
@_AS
@click.option("--release", is_flag=True, help="End the hold.")
@click.pass_context
@reporting
def hold(ctx: click.Context, ref: str, email: str, release: bool) -> None:
    """Keep a case from being erased, for a court or an investigation."""
    hub = ready_hub(ctx)
    now = hub.clock()
    with hub.unit_of_work() as uow:
        actor, case = _reach(uow, email, ref)
        keeping.hold(uow.session, case.id, held=not release)
        uow.audit(
            AuditAction.LEGAL_HOLD,
            actor.id,
            now,
            kind="case",
            object_id=case.id,
            reason="released" if release else "held",
        )
        uow.commit()
    click.echo("released" if release else "held: nothing of this case is erased until --release")


@click.group("person")
def person() -> None:
    """A person's request to see, or to have erased, what is kept of them."""


@person.command("request")
@_REF
@_AS
@click.option(
    "--wish",
    type=click.Choice([wish.value for wish in Wish]),
    required=True,
    help="What the person asks for.",
)
@click.option("--asked", type=click.DateTime(["%Y-%m-%d"]), help="Day.  [default: today]")
@click.pass_context
@reporting
def request(ctx: click.Context, ref: str, email: str, wish: str, asked: datetime | None) -> None:
    """Write down that a person asked to see, correct or erase what is kept of them.

    `person requests` says what is due; `person export` and `person erase` end it.
    """
    hub = ready_hub(ctx)
    now = hub.clock()
    begun = asked.replace(tzinfo=UTC) if asked else now
    if begun > now:
        raise click.BadParameter("is a day to come", param_hint="--asked")
    days = hub.config.retention.request_days
    with hub.unit_of_work() as uow:
        actor, case = _reach(uow, email, ref)
        due = person_requests.note(uow, actor, case, Wish(wish), begun, days, now)
        uow.commit()
    click.echo(f"noted; to be answered until {due:%Y-%m-%d}")


@person.command("requests")
@_AS
@click.pass_context
@reporting
def requests(ctx: click.Context, email: str) -> None:
    """What people asked for and wait for, of the cases that --as works on. Exit 1: one is late."""
    hub = ready_hub(ctx)
    now = hub.clock()
    with hub.reading() as uow:
        scope = scope_of(_account(uow, email), Action.WORK_CASE)
        waiting = person_requests.open_ones(uow.session, scope)
    for one in waiting:
        late = "OVERDUE" if one.due_at < now else "due"
        click.echo(f"{late} {one.due_at:%Y-%m-%d}  {one.wish.value}  {one.ref}")
    if not waiting:
        click.echo("nobody waits")
    if any(one.due_at < now for one in waiting):
        sys.exit(1)


@person.command("answer")
@_REF
@_AS
@click.option("--wish", type=click.Choice([wish.value for wish in Wish]), required=True)
@click.option("--outcome", type=click.Choice([one.value for one in RequestEnd]), required=True)
@click.pass_context
@reporting
def answer(ctx: click.Context, ref: str, email: str, wish: str, outcome: str) -> None:
    """End a request that was answered otherwise: corrected by hand, refused, withdrawn."""
    hub = ready_hub(ctx)
    now = hub.clock()
    with hub.unit_of_work() as uow:
        actor, case = _reach(uow, email, ref)
        end = RequestEnd(outcome)
        if not person_requests.answer(uow, actor, case, Wish(wish), end, now):
            raise Failure("nothing of the kind waits at this case")
        uow.commit()
    click.echo("noted")


@person.command("export")
@click.argument("file", type=OutFile())
@_REF
@_AS
@click.pass_context
@reporting
def export(ctx: click.Context, file: Path, ref: str, email: str) -> None:
    """Write what is kept of the person of a case to FILE (JSON), as far as --as may see it."""
    hub = ready_hub(ctx)
    now = hub.clock()
    with hub.unit_of_work() as uow:
        actor, case = _reach(uow, email, ref)
        held = person_copy.copy_of(uow, actor, case, now)
        uow.commit()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(held, out, ensure_ascii=False, indent=1)
    click.echo(f"{len(held['cases'])} cases in {file}; hand it over in person, then delete it")


@person.command("erase")
@_REF
@_AS
@click.confirmation_option(prompt="This cannot be undone. Erase?")
@click.pass_context
@reporting
def erase(ctx: click.Context, ref: str, email: str) -> None:
    """Erase who the person of a case is and what was said, in every case that --as works on."""
    hub = ready_hub(ctx)
    now = hub.clock()
    with hub.unit_of_work() as uow:
        actor, case = _reach(uow, email, ref)
        gone = person_copy.erase(uow, actor, case, now)
        erasing.write_ledger(duty.ledgers_of(hub), gone.keys)
        uow.commit()
    duty.remove(hub, gone.files)
    # How many others there are is not said: one of them may be somebody else's to know of.
    click.echo(f"erased in {gone.cases} cases")


def _account(uow: SqlUnitOfWork, email: str) -> Actor:
    account_id = accounts.account_id_of(uow.session, email)
    actor = accounts.actor_by_id(uow.session, account_id) if account_id else None
    if actor is None:
        raise Failure(f"{email} is no active account; see user list")
    return actor


def _reach(uow: SqlUnitOfWork, email: str, ref: str) -> tuple[Actor, Case]:
    actor = _account(uow, email)
    found = uow.visible_case(actor, Action.WORK_CASE, parse_reference(ref) or "")
    if found is None:
        raise Failure("no such case that this account works on")
    return actor, found
