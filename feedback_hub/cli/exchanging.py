"""``exchange``: tables and letters for mechanisms that no wire leads to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from feedback_hub.adapters import exchange_files
from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.table_files import Damaged, Row
from feedback_hub.adapters.table_writing import write_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, hub_of, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.taking import Taking, opened, refuse_unknown
from feedback_hub.cli.working_off import work_off
from feedback_hub.config.exchange import FilePeer
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.exchange import (
    SCHEMA,
    TO_ASKED,
    VERSION,
    Letter,
    LetterKind,
    Peer,
    Receipt,
    Way,
)
from feedback_hub.domain.exchange_wire import document_version, dump, load
from feedback_hub.domain.reference import parse_reference
from feedback_hub.services import exchange as service
from feedback_hub.services import exchange_in

_FILE = click.argument("file", type=OutFile())


@click.group("exchange")
def exchange() -> None:
    """Other mechanisms: what is referred to them and comes from them, as files."""


@exchange.command("list")
@click.pass_context
@reporting
def list_peers(ctx: click.Context) -> None:
    """Every mechanism: name, organisation, how letters travel."""
    for peer in hub_of(ctx).rules.peers.values():
        click.echo(f"{peer.name}\t{peer.organisation}\t{'file' if peer.by_file else 'https'}")


@exchange.command("export")
@click.argument("name")
@_FILE
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Also what was written to a file since this day: for one that was lost.",
)
@click.pass_context
@reporting
def export(ctx: click.Context, name: str, file: Path, since: datetime | None) -> None:
    """Write what waits for mechanism NAME: CSV, XLSX or JSON, by FILE's ending."""
    hub = ready_hub(ctx)
    peer = _by_file(hub, name)
    now = hub.clock()
    after = since.replace(tzinfo=hub.config.hub.timezone) if since else None
    with hub.unit_of_work() as uow:
        written: list[tuple[Letter, str]] = []
        held = 0
        for queued in uow.exchange.waiting(name, after):
            letter = service.write(uow, hub.rules, queued, peer)
            if letter is None:
                held += 1
                continue
            passage = uow.exchange.passage(queued.passage_id)
            written.append((letter, passage.reference if passage else ""))
            service.settle(uow, hub.rules, queued.id, Receipt(), now)
        if written:
            _write(hub, name, file, written)
            uow.audit(AuditAction.EXPORTED, operator(), now, kind="exchange", object_id=name)
        uow.commit()
    if held:
        click.echo(f"{held} wait until their handlers have looked at them.", err=True)
    click.echo(f"{len(written)} letters in {file}" if written else "Nothing waits.")


@exchange.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ignore-unknown", is_flag=True, help="Leave columns nobody knows.")
@click.pass_context
@reporting
def import_(ctx: click.Context, name: str, file: Path, ignore_unknown: bool) -> None:
    """Take in what mechanism NAME refers to us, and its answers. Safe to run again."""
    hub = ready_hub(ctx)
    peer = _by_file(hub, name)
    if file.suffix.lower() == ".json":
        tally = Taking(hub, _load, _taking(hub, peer)).run(_entries(file), file)
    else:
        with opened(file) as table:
            columns = exchange_files.columns_of(table.columns)
            known = [*columns.values()]
            needed = {"referral", "number", "hub_number"}
            if not needed & columns.keys():
                raise Failure(f"{file}, first row: no column for a number; see docs/exchange.md")
            refuse_unknown(file, table.columns, known, (), ignore_unknown)

            def read(cells: Mapping[str, str]) -> Letter:
                zone = hub.config.hub.timezone
                return exchange_files.letter_of(cells, columns, name, zone, hub.clock())

            tally = Taking(hub, read, _taking(hub, peer), columns).run(table, file)
    work_off(hub, live=True)
    click.echo(tally.line((Taken.ADDED, Taken.CHANGED, Taken.KNOWN)))
    sys.exit(0 if tally.usable else 1)


def _by_file(hub: Hub, name: str) -> Peer:
    peer = service.peer_named(hub.rules, name)
    if peer is None:
        raise Failure(f"no exchange {name!r} is configured; see feedback-hub exchange list")
    if not peer.by_file:
        raise Failure(f"exchange {name}: its letters travel by themselves, over https")
    return peer


def _taking(hub: Hub, peer: Peer) -> Callable[[SqlUnitOfWork, Letter], Taken]:
    now = hub.clock()

    def take(uow: SqlUnitOfWork, letter: Letter) -> Taken:
        if letter.kind is LetterKind.REFERRAL and uow.exchange.went(peer.name, letter.referral):
            # Our own list came back, and nothing was filled in here yet.
            return Taken.KNOWN
        named = _named(uow, peer, letter)
        receipt = exchange_in.receive(uow, hub.rules, hub.classifier, peer, named, now)
        # The next row may say more of the same case.
        uow.session.flush()
        if receipt.declined is not None:
            raise Invalid("state", f"is not taken in: {receipt.declined.words}")
        if receipt.repeated or not receipt.applied:
            return Taken.KNOWN
        return Taken.ADDED if letter.kind is LetterKind.REFERRAL else Taken.CHANGED

    return take


def _named(uow: SqlUnitOfWork, peer: Peer, letter: Letter) -> Letter:
    """The letter by the referral's own id, where the row names it by our case's number only."""
    way = Way.IN if letter.kind in TO_ASKED else Way.OUT
    case = uow.case_by_ref(parse_reference(letter.referral) or "")
    passages = uow.exchange.passages_of(case.id) if case else ()
    ours = [one for one in passages if (one.peer, one.way) == (peer.name, way)]
    return replace(letter, referral=ours[-1].wire_id) if ours else letter


def _write(hub: Hub, name: str, file: Path, written: Sequence[tuple[Letter, str]]) -> None:
    if file.suffix.lower() == ".json":
        document = {
            "schema": SCHEMA,
            "version": VERSION,
            "letters": [dump(letter) for letter, _ in written],
        }
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as lines:
            json.dump(document, lines, ensure_ascii=False, indent=1)
        return
    settings = hub.exchanges[name]
    language = settings.language.value if isinstance(settings, FilePeer) else "eng"
    with write_table(file) as table:
        table.row(exchange_files.header(language))
        for letter, number in written:
            table.row(exchange_files.row_of(letter, number, language))


def _entries(path: Path) -> Iterator[Row | Damaged]:
    """The letters of a JSON file, numbered from 1. Raises ``Failure`` where it is none."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Failure(f"{path} is not JSON") from error
    letters = document.get("letters") if isinstance(document, dict) else None
    if not isinstance(letters, list) or document_version(document) != VERSION:
        raise Failure(f"{path} is no list of letters, version {VERSION}; see docs/exchange.md")
    for number, letter in enumerate(letters, start=1):
        yield Row(number, number, {"letter": json.dumps(letter)})


def _load(cells: Mapping[str, str]) -> Letter:
    return load(json.loads(cells["letter"]))
