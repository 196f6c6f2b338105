"""What every command shares: the configuration, the hub, and how faults are said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from sqlalchemy import make_url

from feedback_hub.adapters.engine import is_away, refused_to_write
from feedback_hub.bootstrap import Hub, build, database_url, settings_of
from feedback_hub.config import Config, ConfigError, load_config
from feedback_hub.domain.errors import Invalid

P = ParamSpec("P")
R = TypeVar("R")


class Failure(Exception):
    """A command could not do its work: one line that says what, where and what to do. Exit 1."""


class OutFile(click.Path):
    """A file that a command writes. A folder that is not there is said before any work is done."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(  # noqa: D102  click's
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        file = super().convert(value, param, ctx)
        folder = Path(os.fsdecode(file)).absolute().parent
        if not folder.is_dir():
            self.fail(f"there is no folder {folder}; make it first", param, ctx)
        return file


def config_of(ctx: click.Context) -> Config:
    """The checked configuration. Raises ``ConfigError`` with every fault."""
    path: Path | None = ctx.find_root().params.get("config")
    if path is not None:
        # For what this process forks or starts: it reads the same file.
        os.environ["FEEDBACK_HUB_CONFIG"] = str(path.absolute())
    return load_config(path, os.environ, settings_of)


def hub_of(ctx: click.Context) -> Hub:
    """The hub; its home is made if need be. Raises ``ConfigError``."""
    return build(config_of(ctx))


def reporting(command: Callable[P, R]) -> Callable[P, R]:
    """Say a fault in lines on stderr and exit 1; a traceback only with ``--debug``."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            for fault in error.faults:
                click.echo(f"feedback-hub: {fault}", err=True)
        except BrokenPipeError:
            # Whoever read our output has enough; what is still buffered goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"feedback-hub: {where}{error.strerror or error}", err=True)
        except (Failure, Invalid) as error:
            click.echo(f"feedback-hub: {error}", err=True)
        except click.ClickException:
            raise
        except Exception as error:
            if click.get_current_context().find_root().params.get("debug"):
                raise
            click.echo(f"feedback-hub: {_said_of(error)}", err=True)
        sys.exit(1)

    return guarded


def _said_of(error: Exception) -> str:
    """One line. The message of a stranger's error may hold content; its kind does not."""
    if refused_to_write(error):
        return read_only(config_of(click.get_current_context()))
    if is_away(error):
        return (
            "the database gave no turn, no room or no answer for what this command writes; see "
            "feedback-hub check, then run it again"
        )
    return f"{type(error).__name__}; run again with --debug to see where"


def read_only(config: Config) -> str:
    """What is said where the database takes no writes: which it is, and what to look for."""
    url = make_url(database_url(config))
    host = f" on {url.host}" if url.host else ""
    return (
        f"{url.database}{host}: the database takes no writes, and what this command does is noted "
        "in it. If it is a standby, name the primary with [database] url; if not, see whether its "
        "disk is mounted read-only or its file is another user's"
    )
