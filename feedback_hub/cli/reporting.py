"""``reports``: written to files, or mailed to whom ``[monitoring] report_to`` names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import DomainError
from feedback_hub.domain.reporting import ReportKind, last_over

if TYPE_CHECKING:
    from flask import Flask

AGAIN = timedelta(hours=1)
"""Between two looks at what is due; a mail server that is away is not asked more often."""


def reports_duty() -> Callable[[Hub, datetime], int]:
    """What the scheduler does with reports. Their words are loaded only where some are sent."""
    app: list[Flask] = []
    looked: list[datetime] = []

    def duty(hub: Hub, now: datetime) -> int:
        if hub.post is None or not hub.config.monitoring.report_to:
            return 0
        if looked and now - looked[-1] < AGAIN:
            return 0
        looked[:] = [now]
        # Of the layer above the scheduler, and half a second to load.
        from feedback_hub.web.app import create_app
        from feedback_hub.web.reporting.sending import send_due

        if not app:
            app.append(create_app(hub))
        return send_due(hub, app[0], now)

    return duty


@click.group("reports")
def reports() -> None:
    """Weekly partner list, monthly site snapshot, quarterly analysis."""


@reports.command("send")
@click.pass_context
@reporting
def send(ctx: click.Context) -> None:
    """Mail now what is due; what was mailed before is not mailed again."""
    hub = ready_hub(ctx)
    if hub.post is None or not hub.config.monitoring.report_to:
        raise Failure("set [mail] smtp_url and [monitoring] report_to first")
    click.echo(f"{reports_duty()(hub, hub.clock())} mails sent")


@reports.command("make")
@click.argument("kind", type=click.Choice([kind.value for kind in ReportKind]))
@click.argument("file", type=OutFile())
@click.option("--site", default="", help="The site of a monthly snapshot.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="A day in it.  [default: the last one over]"
)
@click.option("--language", type=click.Choice(["por", "eng"]), default="por", show_default=True)
@click.pass_context
@reporting
def make(
    ctx: click.Context, kind: str, file: Path, site: str, day: datetime | None, language: str
) -> None:
    """Write a report as PDF, XLSX or CSV (HXL), as the file's name ends."""
    from flask import g

    from feedback_hub.web.app import create_app
    from feedback_hub.web.reporting import document, files
    from feedback_hub.web.reporting.sending import READER

    hub = ready_hub(ctx)
    ending = file.suffix.lower().lstrip(".")
    if ending not in files.WRITERS:
        raise Failure(f"{file} must end with .pdf, .xlsx or .csv")
    asked = ReportKind(kind)
    _, last = last_over(asked, local_day(hub.clock(), hub.rules.calendar))
    app = create_app(hub)
    with app.test_request_context(base_url=hub.config.hub.base_url):
        g.language = language
        try:
            with hub.reading() as uow:
                report = document.make(
                    uow,
                    hub,
                    app.extensions["feedback_hub_words"],
                    READER,
                    asked,
                    day.date() if day else last,
                    site,
                )
        except DomainError as error:
            raise Failure(str(error) or "no site has this code; import sites first") from error
        content = files.WRITERS[ending][0](report)
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.EXPORTED, operator(), hub.clock(), kind=f"report {kind}", object_id=site
        )
        uow.commit()
    file.write_bytes(content)
    file.chmod(0o600)
    click.echo(f"{report.title}, {report.subtitle}: {file}")
