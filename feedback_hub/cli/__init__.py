"""The command line. Each command's module is loaded when it is called: ``--help`` stays quick."""

from __future__ import annotations

import gc
from importlib import import_module
from pathlib import Path

import click

from feedback_hub.cli.logs import configure_logs

COMMANDS = {
    "run": "running:run",
    "demo": "demo:demo",
    "web": "running:web",
    "worker": "running:worker",
    "scheduler": "running:scheduler",
    "migrate": "running:migrate_command",
    "check": "checking:check",
    "channels": "channels:channels",
    "receive-mail": "receiving:receive_mail",
    "user": "people:user",
    "token": "people:token",
    "packs": "packs:packs",
    "import": "importing:import_group",
    "export": "exporting:export",
    "exchange": "exchanging:exchange",
    "form": "forming:form",
    "backup": "keeping:backup",
    "restore": "keeping:restore",
    "keys": "keys:keys",
    "retention": "retaining:retention",
    "person": "retaining:person",
    "audit": "auditing:audit",
    "sbom": "supplying:sbom",
    "classifier": "classifying:classifier",
}
"""Command → module and object in ``feedback_hub.cli``."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the manual."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load the module that holds the command."""
        place = COMMANDS.get(name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        # Loading makes a great many objects and no garbage: looking for some takes a tenth of it.
        gc.disable()
        try:
            found: click.Command = getattr(import_module(f"feedback_hub.cli.{module}"), attribute)
        finally:
            gc.enable()
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file; else $FEEDBACK_HUB_CONFIG, else ./config.toml, else defaults.",
)
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(package_name="feedback-hub")
def main(config: Path | None, debug: bool) -> None:  # noqa: ARG001  read by ``context``
    """feedback_hub: a feedback and complaints mechanism for people in displacement."""
    configure_logs()
