"""``form``: the shipped form for KoboToolbox and ODK, from the coding frame."""

from __future__ import annotations

from pathlib import Path

import click

from feedback_hub.adapters import xlsform
from feedback_hub.bootstrap import utc_now
from feedback_hub.bootstrap.settled import own_fields
from feedback_hub.cli.context import Failure, OutFile, config_of, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.custom_field import ShownIn
from feedback_hub.frame import load_frame


@click.command("form")
@click.argument("file", type=OutFile())
@click.option("--sites", "with_sites", is_flag=True, help="Offer this hub's sites as a list.")
@click.pass_context
@reporting
def form(ctx: click.Context, file: Path, with_sites: bool) -> None:
    """Write the form (XLSForm) that KoboToolbox and ODK take, in Portuguese and English."""
    if file.suffix.lower() != ".xlsx":
        raise Failure(f"{file}: the form is a workbook; give it a name that ends in .xlsx")
    config = config_of(ctx)
    frame = load_frame(config.hub.home)
    sites = _sites(ctx) if with_sites else []
    fields = [field for field in own_fields(config) if ShownIn.FORM in field.shown_in]
    made = xlsform.build(frame, sites, fields)
    xlsform.write(made, file, utc_now())
    offered = f", {len(sites)} sites" if with_sites else ""
    click.echo(f"form with {len(frame)} codes{offered} in {file}")


def _sites(ctx: click.Context) -> list[tuple[str, str]]:
    hub = ready_hub(ctx)
    with hub.reading() as uow:
        sites = [(site.code, site.name) for site in uow.sites()]
    # In a list of choices a name is one word.
    taken = sorted(
        (pair for pair in sites if not any(map(str.isspace, pair[0]))), key=lambda s: s[1]
    )
    if not taken:
        raise Failure("there are no sites yet; import them first: feedback-hub import sites FILE")
    return taken
