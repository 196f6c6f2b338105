"""What a command accepted is worked off by a running hub, or here where none runs."""

from __future__ import annotations

import click

from feedback_hub.adapters import outbox
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.logs import warnings_only
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import somebody_works
from feedback_hub.services.records.work import Queue
from workers.drain import drain


def work_off(hub: Hub, *, live: bool) -> None:
    """Register and read what was accepted, here, unless a running hub does so anyway."""
    if somebody_works(hub):
        click.echo("The running hub makes cases of them now.", err=True)
        return
    queues = [Queue.INTAKE, Queue.TRIAGE, *([Queue.DELIVERY] if live else [])]
    with hub.reading() as uow:
        waiting = outbox.unfinished(uow.session)
    # A row is made a case, then read; if it is new, most are acknowledged.
    with warnings_only(), Progress("rows made cases and read", (2 + live) * waiting) as progress:

        def step() -> bool:
            progress.step()
            return False

        while sum(drain(hub, queue, step) for queue in queues):
            pass
    with hub.reading() as uow:
        left = outbox.unfinished(uow.session)
    if left:
        click.echo(f"{left} wait for another try; feedback-hub run takes them up.", err=True)
