"""The command line. Each command's module is loaded when it is called: ``--help`` stays quick."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

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
    "dictionary": "describing:dictionary",
    "reports": "reporting:reports",
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

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """As click does, but for how a mistake is said."""
        with _mistakes_in_a_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  its own
        """As click does, but for how a mistake is said."""
        with _mistakes_in_a_line():
            return super().invoke(ctx)


class _Mistake(click.ClickException):
    """A mistake in the call, in one line (CONTRACT.md, Command line): what, and where to look."""

    exit_code = 2

    def __init__(self, error: click.UsageError) -> None:
        said = " ".join(error.format_message().split())
        path = error.ctx.command_path if error.ctx else "feedback-hub"
        super().__init__(f"{said.rstrip('.')}. See {path} --help")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it, to standard error unless ``file`` is given."""
        click.echo(f"feedback-hub: {self.message}", file=file, err=True)


@contextmanager
def _mistakes_in_a_line() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise  # no mistake: what there is, in as many lines as it takes
    except click.UsageError as error:
        raise _Mistake(error) from error


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
