"""``packs``: the wordings this hub may send. Only what a person approved is sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from sqlalchemy import select

from feedback_hub.adapters.po_files import COLUMNS, open_po, write_po
from feedback_hub.adapters.recordings import digest_of, find_recording
from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.rendering import JinjaRenderer
from feedback_hub.adapters.table_files import open_table
from feedback_hub.adapters.table_writing import write_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.taking import Taking, opened, refuse_unknown
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import Invalid
from feedback_hub.services import wordings
from feedback_hub.services.records.telling import Wording, WordingState

_SHORT = {"pt": "por", "en": "eng"}


@click.group("packs")
def packs() -> None:
    """What is sent to people, in each language: a draft until somebody approves it."""


@packs.command("list")
@click.pass_context
@reporting
def list_packs(ctx: click.Context) -> None:
    """Every wording: language, purpose, state, length on the air, and by whom approved."""
    hub = ready_hub(ctx)
    for wording in _wordings(hub):
        if wording.purpose.is_spoken:
            click.echo(f"{_line(wording)}\t{_voice(hub, wording)}{_by(wording)}")
            continue
        if wording.purpose.is_read_out:
            click.echo(f"{_line(wording)}\tread out by one of us{_by(wording)}")
            continue
        length = wordings.measure(JinjaRenderer(), wording.text).length
        alphabet = "GSM-7" if length.is_gsm7 else "UCS-2"
        parts = f"{length.units} {alphabet}, {length.segments} SMS"
        click.echo(f"{_line(wording)}\t{parts}{_by(wording)}")


@packs.command("approve")
@click.argument("languages", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every language; the same as naming none.")
@click.option("--by", default="", help="Who approves.  [default: the user of this machine]")
@click.pass_context
@reporting
def approve(ctx: click.Context, languages: tuple[str, ...], every: bool, by: str) -> None:
    """Approve the drafts of LANGUAGES (por, eng, …), or of all when none is named."""
    if languages and every:
        raise click.UsageError("name languages or give --all, not both")
    wanted = {_SHORT.get(language.lower(), language.lower()) for language in languages}
    approver = by or os.environ.get("USER") or "command line"
    hub = ready_hub(ctx)
    there = {wording.language for wording in _wordings(hub)}
    if absent := wanted - there:
        raise Failure(
            f"no wording in {', '.join(sorted(absent))}; there are {', '.join(sorted(there))}"
        )
    if not wanted:
        click.echo(f"All languages: {', '.join(sorted(there))}.", err=True)
    approved = 0
    with hub.unit_of_work() as uow:
        for wording in uow.session.scalars(select(Wording)):
            recorded = find_recording(hub.config.hub.home, wording.language, wording.purpose)
            recording = digest_of(recorded)
            known = wording.state is WordingState.APPROVED and wording.recording == recording
            if known or (wanted and wording.language not in wanted):
                continue
            wording.recording = recording
            wording.state = WordingState.APPROVED
            wording.approved_by, wording.approved_at = approver[:64], hub.clock()
            named = f"{wording.language}.{wording.purpose.value}"[:64]
            uow.audit(
                AuditAction.WORDING_APPROVED,
                operator(),
                hub.clock(),
                kind="wording",
                object_id=named,
            )
            approved += 1
        uow.commit()
    click.echo(f"{approved} wordings approved by {approver}; this hub sends them from now on")


@packs.command("export")
@click.argument("file", type=OutFile())
@click.option("--language", default="", help="For a .po file: the language to translate into.")
@click.pass_context
@reporting
def export(ctx: click.Context, file: Path, language: str) -> None:
    """Write every wording to FILE, to be translated or checked: .csv, .xlsx or .po."""
    hub = ready_hub(ctx)
    kept = _wordings(hub)
    if file.suffix.lower() == ".po":
        if not language:
            raise click.UsageError("a .po file is for one language: give --language")
        count = write_po(file, kept, hub.rules.default_language, _SHORT.get(language, language))
    else:
        with write_table(file) as table:
            table.row(COLUMNS)
            for one in kept:
                table.row((one.language, one.purpose.value, one.text))
        count = len(kept)
    click.echo(f"{count} wordings in {file}")


@packs.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ignore-unknown", is_flag=True, help="Leave columns nobody knows.")
@click.pass_context
@reporting
def import_packs(ctx: click.Context, file: Path, ignore_unknown: bool) -> None:
    """Take wordings from FILE (CSV, XLSX or PO). What changed is a draft until it is approved."""
    with opened(file, open_po if file.suffix.lower() == ".po" else open_table) as table:
        refuse_unknown(file, table.columns, COLUMNS, COLUMNS, ignore_unknown)
        tally = Taking(ready_hub(ctx), _read, _take).run(table, file)
    click.echo(tally.line(tuple(Taken)))
    if tally.taken[Taken.ADDED] or tally.taken[Taken.CHANGED]:
        click.echo("What is new or changed is not sent before feedback-hub packs approve", err=True)
    sys.exit(0 if tally.usable else 1)


def _line(wording: Wording) -> str:
    return f"{wording.language}\t{wording.purpose}\t{wording.state}"


def _by(wording: Wording) -> str:
    return f"\tby {wording.approved_by}" if wording.approved_by else ""


def _voice(hub: Hub, wording: Wording) -> str:
    """How a prompt is heard."""
    path = find_recording(hub.config.hub.home, wording.language, wording.purpose)
    if path is None:
        return "said by a voice"
    return "recorded" if digest_of(path) == wording.recording else "recorded, not approved"


def _wordings(hub: Hub) -> list[Wording]:
    with hub.reading() as uow:
        return sorted(uow.session.scalars(select(Wording)), key=lambda w: (w.language, w.purpose))


def _read(cells: Mapping[str, str]) -> Wording:
    written = cells["language"].strip().lower()
    language = _SHORT.get(written, written)
    if not (len(language) == 3 and language.isascii() and language.isalpha()):
        raise Invalid("language", "is no ISO 639-3 code like por")
    try:
        purpose = Purpose(cells["purpose"].strip().lower())
    except ValueError:
        raise Invalid("purpose", f"must be one of {', '.join(Purpose)}") from None
    text = cells["text"].strip()
    wordings.check(JinjaRenderer(), purpose, text)
    return Wording(language, purpose, text)


def _take(uow: SqlUnitOfWork, read: Wording) -> Taken:
    known = uow.wording(read.language, read.purpose) is not None
    if not wordings.write(uow, JinjaRenderer(), "", read.language, read.purpose, read.text):
        return Taken.KNOWN
    uow.session.flush()
    return Taken.CHANGED if known else Taken.ADDED
