"""The database's shape through time: Alembic, configured in code."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

HERE = Path(__file__).parent


class NewerDatabase(Exception):
    """The database was made by a newer version of the program; going back is refused."""


def migrate(engine: Engine) -> bool:
    """Bring the database to this version; True if anything was done. Raises ``NewerDatabase``.

    One transaction: a migration that fails leaves the database as it was.
    """
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return False
        if current is not None and current not in {r.revision for r in scripts.walk_revisions()}:
            raise NewerDatabase(
                "the database was made by a newer version; install that version or restore a backup"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def is_current(engine: Engine) -> bool:
    """Whether the database has this version's shape."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
