"""The database's shape: as the tables say, reached once, never taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from feedback_hub import migrations
from feedback_hub.adapters.tables import metadata
from tests.integration.databases import Database, opened


@pytest.fixture
def bare(database: Database) -> Iterator[Engine]:
    with opened(database.bare()) as engine:
        yield engine


def _ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """What the tables say; the search index is made by hand."""
    return not (name or "").startswith(("search_fts", "ix_search_text_body"))


def test_the_migrations_make_what_the_tables_say(bare: Engine) -> None:
    migrations.migrate(bare)
    with bare.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _ours}
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(bare: Engine) -> None:
    assert not migrations.is_current(bare)
    assert migrations.migrate(bare)
    assert migrations.is_current(bare)
    assert not migrations.migrate(bare)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(bare: Engine) -> None:
    migrations.migrate(bare)
    with bare.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    with pytest.raises(migrations.NewerDatabase, match="newer"):
        migrations.migrate(bare)
    with bare.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "v9999"


def test_a_migration_that_fails_leaves_nothing_behind(bare: Engine) -> None:
    with bare.begin() as connection:
        # In the way of a table that the migration makes late.
        connection.execute(text("CREATE TABLE suggestion (id INTEGER)"))
    with pytest.raises(Exception, match="suggestion"):
        migrations.migrate(bare)
    assert inspect(bare).get_table_names() == ["suggestion"]
