"""``import ivr``: the call log of a switchboard, an IVR or a hotline's operators."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from feedback_hub.adapters.call_logs import LogFormat, Source, columns_of, detect, read_log
from feedback_hub.adapters.call_logs.operator import left_out
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.adapters.table_files import Unreadable
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.mapping import pairs_in, zone_named
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.working_off import work_off
from feedback_hub.domain.errors import Invalid
from workers.call_import import CallImport

_FORMATS = [one.value for one in LogFormat]


@click.command("ivr")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "log_format", type=click.Choice(_FORMATS), help="What wrote it.")
@click.option("--detect", "look", is_flag=True, help="Find the format out from the first lines.")
@click.option("--channel", help="Channel of these calls.  [default: hotline]")
@click.option("--timezone", help="Where times without offset were written.  [default: the hub's]")
@click.option("--date-format", help="Like %d/%m/%Y %H:%M; ISO 8601 is always read.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OURS=THEIRS,…",
    help='What a table calls our columns: date=DATA,description="O QUE DISSE".',
)
@click.option("--live", is_flag=True, help="These are new: acknowledge, alert and start clocks.")
@click.pass_context
@reporting
def ivr(
    ctx: click.Context,
    file: Path,
    log_format: str | None,
    look: bool,
    channel: str | None,
    timezone: str | None,
    date_format: str | None,
    pairs: tuple[str, ...],
    live: bool,
) -> None:
    """Calls of a hotline. One case each that needs one; as history unless --live.

    Which calls need one stands in [hotline] of the configuration; docs/channels/hotline_logs.md
    tells how to get each log.
    """
    if bool(log_format) == look:
        raise click.UsageError("give --format or --detect")
    zone = zone_named(timezone) if timezone else None
    try:
        found = LogFormat(log_format) if log_format else detect(file)
        columns = _mapped(found, pairs)
        hub = ready_hub(ctx)
        if look:
            click.echo(f"This is {found.value}.", err=True)
        source = Source(
            path=file,
            zone=zone or hub.config.hub.timezone,
            now=hub.clock(),
            columns=columns,
            formats=(date_format,) if date_format else (),
        )
        if found is LogFormat.OPERATOR and (left := left_out(source)):
            names = ", ".join(ascii(name)[1:-1] for name in left)
            click.echo(f"Columns left out: {names}; --map description=… takes one in", err=True)
        with closing(RejectedFile(file)) as rejected, Progress("lines read") as progress:
            run = CallImport(hub, channel or "hotline", live=live, step=progress.step)
            tally = run.run(read_log(found, source), rejected)
    except Unreadable as error:
        raise Failure(f"{file} {error}") from error
    except Invalid as error:
        raise Failure(str(error)) from error
    except OperationalError as error:
        raise Failure(
            "the database went away; run this again, calls taken before are recognised"
        ) from error
    if rejected.count:
        click.echo(f"What was rejected and why: {rejected.path}", err=True)
    work_off(hub, live=live)
    click.echo(tally.line())
    sys.exit(0 if tally.usable else 1)


def _mapped(log_format: LogFormat, pairs: tuple[str, ...]) -> Mapping[str, str]:
    """Our columns → the file's. Raises ``BadParameter`` for one this format does not have."""
    known = columns_of(log_format)
    columns = pairs_in(pairs, known)
    if columns and not known:
        raise click.BadParameter(f"{log_format} has no columns to map", param_hint="--map")
    return columns
