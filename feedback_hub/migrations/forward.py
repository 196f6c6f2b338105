"""Alembic at work; loaded only when there is something to migrate."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from feedback_hub.migrations import HERE, NewerDatabase


def upgrade(engine: Engine) -> None:
    """Run every migration the database has not had. Raises ``NewerDatabase``."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two processes starting at once: the second waits and finds it done.
            connection.execute(text("SELECT pg_advisory_xact_lock(1458)"))
        upgrade_within(connection, "head")


def upgrade_within(connection: Connection, revision: str) -> None:
    """Run those up to ``revision`` in the caller's transaction. Raises ``NewerDatabase``."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if any(one not in known for one in (current, revision) if one not in {None, "head"}):
        raise NewerDatabase(
            "the database was made by a newer version; install that version or restore a backup"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
