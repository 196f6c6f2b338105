"""``audit``: is the log of who did what still as it was written?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from feedback_hub.adapters import audit_log
from feedback_hub.adapters.audit_head import read_heads
from feedback_hub.cli.context import reporting
from feedback_hub.cli.ready import ready_hub


@click.group("audit")
def audit() -> None:
    """The log of who read, changed, exported or erased what."""


@audit.command("verify")
@click.option(
    "--head",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy of the log's head kept elsewhere, or the syslog it went to.",
)
@click.pass_context
@reporting
def verify(ctx: click.Context, head: Path | None) -> None:
    """Check every line. Exit 1 names the first that was changed, removed or moved."""
    hub = ready_hub(ctx)
    kept = hub.audit_heads.kept()
    if head is not None:
        kept += read_heads(head.read_text("utf-8", "replace"))
    with hub.reading(streaming=True) as uow:
        found = audit_log.verify(uow.session, kept)
    if found.bad is not None:
        line, why = found.bad.sequence, found.bad.why
        click.echo(f"feedback-hub: audit line {line} {why}; {found.lines} before it hold", err=True)
        sys.exit(1)
    outside = f"; {len(kept)} heads kept outside agree" if kept else "; no head is kept outside"
    click.echo(f"{found.lines} lines hold{outside}")
    click.echo(f"head: {found.head.sequence} {found.head.hash}")
