"""``import``: tables of partners, sites, services and messages."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, TypedDict, TypeVar, Unpack

import click
from sqlalchemy.orm import Session

from channels.base import phone_address
from feedback_hub.adapters.gazetteer import codes_by_name
from feedback_hub.adapters.register_import import (
    ORGANISATION_COLUMNS,
    SERVICE_COLUMNS,
    SITE_COLUMNS,
    Taken,
    take_organisation,
    take_service,
    take_site,
)
from feedback_hub.adapters.search_index import fold
from feedback_hub.adapters.table_files import Row
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.importing_boundaries import boundaries
from feedback_hub.cli.importing_calls import ivr
from feedback_hub.cli.importing_frame import frame
from feedback_hub.cli.mapping import check_ours, pairs_in, zone_named
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.taking import Taking, opened, refuse_unknown
from feedback_hub.cli.working_off import work_off
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services import case_history, history, inbox, intake
from feedback_hub.services.case_history import CaseReader, PastCase
from feedback_hub.services.history import HistoryReader
from feedback_hub.services.records.work import InboxKind

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_IGNORE = click.option("--ignore-unknown", is_flag=True, help="Leave columns nobody knows.")

P = ParamSpec("P")
R = TypeVar("R")

TakeRow = Callable[[Session, Mapping[str, str]], Taken]


@click.group("import")
def import_group() -> None:
    """Take in tables (CSV or XLSX). Safe to run again: rows that are known are recognised."""


@import_group.command("organisations")
@_FILE
@_IGNORE
@click.pass_context
@reporting
def organisations(ctx: click.Context, file: Path, ignore_unknown: bool) -> None:
    """Partners: code, name, kind, email, language."""
    _register(ctx, file, ORGANISATION_COLUMNS, ("code", "name"), ignore_unknown, take_organisation)


@import_group.command("sites")
@_FILE
@_IGNORE
@click.pass_context
@reporting
def sites(ctx: click.Context, file: Path, ignore_unknown: bool) -> None:
    """Sites: code, name, aliases, province, district, pcode, pcode_scheme, and so on."""
    _register(ctx, file, SITE_COLUMNS, ("code", "name"), ignore_unknown, take_site)


@import_group.command("services")
@_FILE
@_IGNORE
@click.pass_context
@reporting
def services(ctx: click.Context, file: Path, ignore_unknown: bool) -> None:
    """Services: site (* is everywhere), sector, organisation, focal_point, backup, hours."""
    needed = ("site", "sector", "organisation")
    _register(ctx, file, SERVICE_COLUMNS, needed, ignore_unknown, take_service)


def _mapped(command: Callable[P, R]) -> Callable[P, R]:
    """The options that say how to read a file with another's headers."""
    options = (
        click.option(
            "--map",
            "pairs",
            multiple=True,
            metavar="OURS=THEIRS,…",
            help="What the file calls our columns: "
            'id=Serial,text=DESCRIPTION,received_at="INCIDENT DATE".',
        ),
        click.option(
            "--mapping",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="The same in a TOML file: [columns], and channel, timezone, date_format above it.",
        ),
        click.option("--channel", help="Channel of rows that name none.  [default: import]"),
        click.option(
            "--timezone", help="Where times without offset were written.  [default: the hub's]"
        ),
        click.option("--date-format", help="Like %d/%m/%Y %H:%M; ISO 8601 is always read."),
        click.option("--live", is_flag=True, help="These are new: answer, alert and start clocks."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@import_group.command("messages")
@_FILE
@_IGNORE
@_mapped
@click.pass_context
@reporting
def messages(
    ctx: click.Context, file: Path, ignore_unknown: bool, live: bool, **how: Unpack[_How]
) -> None:
    """Messages people sent. As history (nothing is sent, no clock runs) unless --live."""
    told = _Told.of(how, history.COLUMNS)
    with opened(file) as table:
        columns = _columns(
            file, table.columns, told.columns, history.COLUMNS, "text", ignore=ignore_unknown
        )
    hub = ready_hub(ctx)
    reader = _reader(hub, file, told, columns)
    taking = Taking(hub, _reading(reader), _accepting(reader.now, live=live), columns)
    _run(taking, file, live=live)


@import_group.command("cases")
@_FILE
@_IGNORE
@_mapped
@click.pass_context
@reporting
def cases(
    ctx: click.Context, file: Path, ignore_unknown: bool, live: bool, **how: Unpack[_How]
) -> None:
    """Cases another register kept, closed ones too. As history unless --live."""
    known = (*case_history.COLUMNS, *case_history.EXPORTED)
    told = _Told.of(how, known)
    with opened(file) as table:
        columns = _columns(
            file, table.columns, told.columns, known, "received_at", ignore=ignore_unknown
        )
    if "ref" in columns:
        # As ``export cases`` writes it: the number the case had there.
        columns.setdefault("id", columns["ref"])
    hub = ready_hub(ctx)
    reader = _reader(hub, file, told, columns)
    reader.text_needed = False
    now, rules = reader.now, hub.rules

    def take(uow: SqlUnitOfWork, past: PastCase) -> Taken:
        new = case_history.take(uow, rules, hub.classifier, past, now, live=live)
        return Taken.ADDED if new else Taken.KNOWN

    _run(Taking(hub, CaseReader(reader, rules).read, take, columns), file, live=live)


class _How(TypedDict):
    """What ``_mapped`` asks for."""

    pairs: tuple[str, ...]
    mapping: Path | None
    channel: str | None
    timezone: str | None
    date_format: str | None


@dataclass(frozen=True)
class _Told:
    """What was said of a file: our column → theirs, and how to read it."""

    columns: Mapping[str, str]
    channel: str = ""
    timezone: str = ""
    date_format: str = ""

    @classmethod
    def of(cls, how: _How, known: Sequence[str]) -> _Told:
        """What the options say, before what their file says.

        Raises ``Failure``, and ``click.BadParameter`` for a time zone that is none.
        """
        told = cls.from_file(how["mapping"], known) if how["mapping"] else cls({})
        if zone := how["timezone"] or told.timezone:
            zone_named(zone)  # before the file is opened: a mistake in the call comes first
        return cls(
            {**told.columns, **pairs_in(how["pairs"], known)},
            how["channel"] or told.channel or "import",
            how["timezone"] or told.timezone,
            how["date_format"] or told.date_format,
        )

    @classmethod
    def from_file(cls, path: Path, known: Sequence[str]) -> _Told:
        """Read a mapping file. Raises ``Failure``."""
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Failure(f"{path} is not TOML; see docs/imports.md for an example") from error
        columns = document.pop("columns", {})
        if not isinstance(columns, dict) or not all(
            isinstance(value, str) for value in (*columns.values(), *document.values())
        ):
            raise Failure(f"{path}: every value must be text in quotes, columns a table")
        if unknown := set(document) - {"channel", "timezone", "date_format"}:
            raise Failure(f"{path}: unknown key {', '.join(sorted(unknown))}")
        check_ours(columns, known)
        return cls(columns, **document)


def _register(
    ctx: click.Context,
    file: Path,
    known: Sequence[str],
    needed: Sequence[str],
    ignore_unknown: bool,
    take_row: TakeRow,
) -> None:
    def take(uow: SqlUnitOfWork, cells: Mapping[str, str]) -> Taken:
        taken = take_row(uow.session, cells)
        # The next row may name the same code.
        uow.session.flush()
        return taken

    with opened(file) as table:
        refuse_unknown(file, table.columns, known, needed, ignore_unknown)
        hub = ready_hub(ctx)
        tally = Taking(hub, lambda cells: cells, take).run(table, file)
    click.echo(tally.line(tuple(Taken)))
    sys.exit(0 if tally.usable else 1)


def _columns(
    path: Path,
    found: Sequence[str],
    told: Mapping[str, str],
    ours: Sequence[str],
    needed: str,
    *,
    ignore: bool,
) -> dict[str, str]:
    """Our column → the file's. Who maps has chosen: other columns of the file are left then."""
    absent = [theirs for theirs in told.values() if theirs not in found]
    if absent:
        there = ", ".join(ascii(name)[1:-1] for name in found if name)
        raise Failure(f"{path}, first row: no column {absent[0]!r}; it has: {there}")
    columns = {name: name for name in ours if name in found} | dict(told)
    unknown = [name for name in found if name not in columns.values()]
    if told and unknown:
        click.echo(f"Columns left out: {', '.join(ascii(n)[1:-1] for n in unknown if n)}", err=True)
    known = tuple(dict.fromkeys((*ours, *columns.values())))
    refuse_unknown(path, found, known, (columns.get(needed, needed),), ignore or bool(told))
    return columns


def _reader(hub: Hub, file: Path, told: _Told, columns: Mapping[str, str]) -> HistoryReader:
    zone = zone_named(told.timezone) if told.timezone else None
    return HistoryReader(
        columns=columns,
        channel=told.channel,
        zone=zone or hub.config.hub.timezone,
        formats=(told.date_format,) if told.date_format else _formats(file, columns),
        now=hub.clock(),
        canonical=phone_address,
        fold=fold,
        sites=_site_names(hub),
    )


def _run(taking: Taking[Any], file: Path, *, live: bool) -> None:
    """Take every row, make cases of what waits, say the counts and end."""
    with opened(file) as table:
        tally = taking.run(table, file)
    work_off(taking.hub, live=live)
    click.echo(tally.line((Taken.ADDED, Taken.KNOWN)))
    sys.exit(0 if tally.usable else 1)


def _formats(path: Path, columns: Mapping[str, str]) -> tuple[str, ...]:
    """How the file writes dates, from a first reading of that column."""
    theirs = columns.get("received_at")
    if theirs is None:
        return ()
    with opened(path) as table:
        return history.date_formats(row.cells[theirs] for row in table if isinstance(row, Row))


def _site_names(hub: Hub) -> dict[str, str]:
    with hub.reading() as uow:
        return codes_by_name(uow.sites())


_Read = tuple[str, InboundMessage, bytes]


def _reading(reader: HistoryReader) -> Callable[[Mapping[str, str]], _Read]:
    def read(cells: Mapping[str, str]) -> _Read:
        channel, message = reader.read(cells)
        return channel, message, json.dumps(cells, ensure_ascii=False).encode()

    return read


def _accepting(now: datetime, *, live: bool) -> Callable[[SqlUnitOfWork, _Read], Taken]:
    def take(uow: SqlUnitOfWork, read: _Read) -> Taken:
        channel, message, raw = read
        known = uow.accepted(channel, InboxKind.MESSAGE, inbox.fitting(message.external_id))
        if known is None:
            added = intake.accept(uow, channel, [message], raw, now, from_history=not live)
            return Taken.ADDED if added else Taken.KNOWN
        if not history.is_same(uow, known, message):
            raise Invalid(
                "id", "is known here with another text; if this is another source, give --channel"
            )
        return Taken.KNOWN

    return take


import_group.add_command(ivr)
import_group.add_command(boundaries)
import_group.add_command(frame)
