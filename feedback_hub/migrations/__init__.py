"""The database's shape through time: Alembic, configured in code."""

from __future__ import annotations

from enum import Enum, auto
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from feedback_hub.adapters.engine import for_reading

HERE = Path(__file__).parent
HEAD = "0006"
"""The newest revision; a test keeps it equal to the newest file in ``versions``."""


class NewerDatabase(Exception):
    """The database was made by a newer version of the program; going back is refused."""


def migrate(engine: Engine) -> bool:
    """Bring the database to this version; True if anything was done. Raises ``NewerDatabase``.

    Each migration is one transaction: one that fails leaves the database as it was before it.
    """
    if is_current(engine):
        return False
    # Alembic takes longer to load than all else here: only for those who need it.
    import_module("feedback_hub.migrations.forward").upgrade(engine)
    return True


def migrate_within(connection: Connection, revision: str = HEAD) -> None:
    """Bring the database to ``revision`` in the caller's transaction. Raises ``NewerDatabase``."""
    import_module("feedback_hub.migrations.forward").upgrade_within(connection, revision)


class Shape(Enum):
    """How the database's shape stands to this program's."""

    NONE = auto()
    OLDER = auto()
    CURRENT = auto()
    NEWER = auto()
    """A newer program migrated it. What this one writes still fits: columns are only added."""


def shape_of(engine: Engine) -> Shape:
    """How the database's shape stands to this program's. Waits for nobody who writes."""
    with for_reading(engine).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return Shape.NONE
        found = str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
    if found == HEAD:
        return Shape.CURRENT
    return Shape.NEWER if found > HEAD else Shape.OLDER


def is_current(engine: Engine) -> bool:
    """Whether the database has this version's shape."""
    return shape_of(engine) is Shape.CURRENT
