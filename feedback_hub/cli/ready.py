"""A hub whose database is there: made if there is none, never changed under a running system."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey, NoEmbeddedValkey
from feedback_hub.adapters.engine import for_reading, refused_to_write, takes_no_writes
from feedback_hub.adapters.seeds import seed
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import DEVICE
from feedback_hub.cli.context import Failure, hub_of, read_only
from feedback_hub.migrations import is_current, migrate


def ready_hub(ctx: click.Context) -> Hub:
    """The hub of ``ctx``, closed when the command ends. A new database is made.

    Raises ``Failure`` for one that cannot be reached or has another version's shape.
    """
    hub = hub_of(ctx)
    ctx.call_on_close(hub.close)
    hub.device = lambda: DEVICE
    if hub.keys_made:
        click.echo(f"Made new keys in {hub.config.secrets_directory}. Back them up.", err=True)
    try:
        if not has_database(hub):
            migrate(hub.engine)
            seed(hub.engine, hub.config.hub)
        elif not is_current(hub.engine):
            raise Failure("the database has another version's shape; run feedback-hub migrate")
    except SQLAlchemyError as error:
        of_file = hub.engine.dialect.name == "sqlite"
        if refused_to_write(error) or (of_file and takes_no_writes(hub.engine)):
            raise Failure(read_only(hub.config)) from error
        raise Failure(
            f"the database cannot be reached ({type(error).__name__}); see feedback-hub check"
        ) from error
    return hub


def has_database(hub: Hub) -> bool:
    """Whether the database has tables; an SQLite file that is not there is not made by asking.

    Raises ``SQLAlchemyError`` where it cannot be reached.
    """
    url = hub.engine.url
    if url.drivername.startswith("sqlite") and url.database and not Path(url.database).exists():
        return False
    return inspect(for_reading(hub.engine)).has_table("alembic_version")


def somebody_works(hub: Hub) -> bool:
    """Whether a running hub takes up what is put in its database.

    With a queue server of one's own, workers may be anywhere: they are asked for there.
    """
    if hub.config.queue.url:
        from redis.exceptions import RedisError
        from rq import Worker

        from workers.queues import connect

        try:
            return Worker.count(connection=connect(hub.config.queue.url)) > 0
        except RedisError:
            return False
    try:
        return EmbeddedValkey(hub.config.hub.home).answers()
    except NoEmbeddedValkey:
        return False
