"""``import boundaries``: names of districts by P-code, and their outlines for maps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from feedback_hub.adapters.boundaries import (
    COLUMNS,
    Boundary,
    BoundaryFile,
    read_listed,
    take_boundary,
)
from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.table_files import TableFile, Unreadable
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.taking import Taking, opened

_LISTS = {".csv", ".tsv", ".txt", ".xlsx"}
_Read = Callable[[Mapping[str, str]], Boundary]


@click.command("boundaries")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scheme", default="", help="Whose P-codes.  [default: the file's own 'scheme']")
@click.option("--pcode", default="pcode", show_default=True, help="Column or property with it.")
@click.option("--name", default="name", show_default=True, help="The same for the name.")
@click.option("--aliases", default="aliases", show_default=True, help="Other names, by ;")
@click.option("--parent", default="adm1", show_default=True, help="The province's name.")
@click.option("--parent-pcode", default="adm1_pcode", show_default=True, help="Its P-code.")
@click.pass_context
@reporting
def boundaries(
    ctx: click.Context,
    file: Path,
    scheme: str,
    pcode: str,
    name: str,
    aliases: str,
    parent: str,
    parent_pcode: str,
) -> None:
    """Districts by P-code: outlines from GeoJSON, or names alone from a table (CSV, XLSX)."""
    named = dict(zip(COLUMNS, (pcode, name, aliases, parent, parent_pcode), strict=True))
    with _read_from(file, named) as (table, own_scheme, read):
        scheme = scheme or own_scheme
        if not scheme or len(scheme) > 40:
            raise Failure(f"{file} names no P-code scheme: two circulate; give --scheme")
        hub = ready_hub(ctx)
        now = hub.clock()
        taking = Taking(hub, read, lambda uow, one: take_boundary(uow.session, scheme, one, now))
        tally = taking.run(table, file)
    click.echo(tally.line(tuple(Taken)))
    sys.exit(0 if tally.usable else 1)


@contextmanager
def _read_from(file: Path, named: Mapping[str, str]) -> Iterator[tuple[TableFile, str, _Read]]:
    """Its rows, what it calls its P-codes, and what makes a place of a row. Raises ``Failure``."""
    if file.suffix.lower() in _LISTS:
        with opened(file) as table:
            for column in ("pcode", "name"):
                if named[column] not in table.columns:
                    there = ", ".join(ascii(one)[1:-1] for one in table.columns if one)
                    raise Failure(
                        f"{file}, first row: no column {named[column]}; say with --{column}"
                        f" which of these it is: {there}"
                    )
            yield table, "", lambda cells: read_listed(cells, named)
        return
    try:
        source = BoundaryFile(file, named)
    except Unreadable as error:
        raise Failure(f"{file} {error}") from error
    yield source.table(), source.scheme, source.read
