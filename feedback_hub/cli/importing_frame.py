"""``import frame``: a hub's own codes beside those that ship, and other words for these."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import click

from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.adapters.table_files import Damaged, Row
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import reporting
from feedback_hub.cli.ready import ready_hub, somebody_works
from feedback_hub.cli.taking import Tally, opened, refuse_unknown
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.coding import COLUMNS, Code, CodingFrame
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.frame import keep_frame, load_frame

_NEEDED = tuple(name for name in COLUMNS if name != "sector")


@click.command("frame")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ignore-unknown", is_flag=True, help="Leave columns nobody knows.")
@click.pass_context
@reporting
def frame(ctx: click.Context, file: Path, ignore_unknown: bool) -> None:
    """Codes: type, code, sector, sensitivity, priority, label_en, label_pt, description."""
    with opened(file) as table:
        refuse_unknown(file, table.columns, COLUMNS, _NEEDED, ignore_unknown)
        hub = ready_hub(ctx)
        changed, tally = _take(hub.rules.frame, table, file)
    if changed.version != hub.rules.frame.version:
        _keep(hub, changed)
    click.echo(tally.line(tuple(Taken)))
    click.echo(f"coding frame\t{len(changed)} codes\t{changed.version}")
    sys.exit(0 if tally.usable else 1)


def _take(
    frame: CodingFrame, rows: Iterable[Row | Damaged], file: Path
) -> tuple[CodingFrame, Tally]:
    """The frame with the rows in it. A code that is not among them stays: cases carry it."""
    tally, shipped = Tally(), load_frame()
    seen: set[str] = set()
    with closing(RejectedFile(file)) as rejected:
        for row in rows:
            if isinstance(row, Damaged):
                rejected.add(row.number, row.line, "", row.reason)
                continue
            try:
                code = _read(row, shipped, seen)
            except Invalid as error:
                rejected.add(row.number, row.line, error.field, error.problem)
                continue
            if code.code not in frame:
                tally.taken[Taken.ADDED] += 1
            else:
                tally.taken[Taken.KNOWN if frame[code.code] == code else Taken.CHANGED] += 1
            frame = frame.with_codes([code])
    tally.rejected = rejected.count
    if rejected.count:
        click.echo(f"What was rejected and why: {rejected.path}", err=True)
    return frame, tally


def _read(row: Row, shipped: CodingFrame, seen: set[str]) -> Code:
    code = Code.from_row(row.cells)
    if code.code in seen:
        raise Invalid("code", "stands in the file twice")
    high = code.code in shipped and shipped[code.code].sensitivity is Sensitivity.L3
    if high and code.sensitivity is not Sensitivity.L3:
        # Cases of it would come out of their handlers' hands (DOMAIN.md, Sensitivity).
        raise Invalid("sensitivity", "must stay L3: whoever told of this relies on it")
    seen.add(code.code)
    return code


def _keep(hub: Hub, frame: CodingFrame) -> None:
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.FRAME_CHANGED,
            operator(),
            hub.clock(),
            kind="frame",
            object_id=frame.version,
        )
        keep_frame(hub.config.hub.home, frame)
        uow.commit()
    if somebody_works(hub):
        click.echo("Start the running hub again: until then it keeps the frame it has.", err=True)
