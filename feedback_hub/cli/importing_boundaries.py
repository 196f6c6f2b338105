"""``import boundaries``: outlines with P-codes, for maps without a tile server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from feedback_hub.adapters.boundaries import BoundaryFile, take_boundary
from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.table_files import Unreadable
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.taking import Taking


@click.command("boundaries")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scheme", default="", help="Whose P-codes.  [default: the file's own 'scheme']")
@click.option("--pcode", default="pcode", show_default=True, help="Property with the P-code.")
@click.option("--name", default="name", show_default=True, help="Property with the name.")
@click.pass_context
@reporting
def boundaries(ctx: click.Context, file: Path, scheme: str, pcode: str, name: str) -> None:
    """Outlines from a GeoJSON file, one P-code each."""
    try:
        source = BoundaryFile(file, pcode, name)
    except Unreadable as error:
        raise Failure(f"{file} {error}") from error
    scheme = scheme or source.scheme
    if not scheme or len(scheme) > 40:
        raise Failure(f"{file} names no P-code scheme: two circulate; give --scheme")
    hub = ready_hub(ctx)
    taking = Taking(hub, source.outline, lambda uow, read: take_boundary(uow.session, scheme, read))
    tally = taking.run(source.table(), file)
    click.echo(tally.line(tuple(Taken)))
    sys.exit(0 if tally.usable else 1)
