"""Connections: SQLite that keeps what it acknowledged, or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Table,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from feedback_hub.adapters import liveness
from feedback_hub.adapters.turns import Turn

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert

BUSY_SECONDS = 30
SILENT_SECONDS = 20
"""A PostgreSQL server that the network swallowed is given up after so long: without this a worker
or a request would wait for a quarter of an hour, as TCP does."""

_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
"""What SQLite says of a turn that did not come, a full disk, and one that is not there."""

_READ_ONLY_TRANSACTION = "25006"
"""PostgreSQL's SQLSTATE."""

LOG_BYTES = 16_000_000
"""Four times what SQLite itself lets its log grow to while nobody reads."""
_LOG_MILLISECONDS = 200
"""For which readers of a log of that size are waited for: a page is over by then."""

AT_ONCE = 4
"""Groups of arrivals that one process commits at the same time on PostgreSQL."""

_ASKED_AFTER: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": SILENT_SECONDS // 2,
    "keepalives_interval": SILENT_SECONDS // 4,
    "keepalives_count": 2,
    "tcp_user_timeout": 1000 * SILENT_SECONDS,
}
"""libpq's names; ``tcp_user_timeout`` in milliseconds."""


def make_engine(url: str) -> Engine:
    """An engine for ``url``; made after the fork, never before it.

    Every transaction on SQLite takes the write lock at its start unless it says ``readonly``: a
    transaction that reads first and writes later could not wait for its turn and would fail. All
    that write take turns (``Writer``), as does who makes ``arrivals`` durable (``turn_to_write``).
    """
    if not url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            hide_parameters=True,
            # The URL's own words win over these.
            connect_args=_ASKED_AFTER | dict(make_url(url).query),
        )
        event.listen(engine, "connect", _trust_indexes)
        liveness.watch(engine)
        return engine
    file = make_url(url).database
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "factory": partial(Writer, file)},
        # The one that was used last again: each keeps pages of its own in memory.
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


class Writer(sqlite3.Connection):
    """A connection to a file that one at a time writes to, each in its turn.

    SQLite's own waiting is asking again, at longer and longer intervals: some wait very long. There
    are two turns. Whoever changes anything holds the first for its whole transaction, so that
    nothing it has read is changed meanwhile. The second is SQLite's lock. Arrivals, which change
    nothing that is there, take that one alone: they wait for no more than what others write.
    """

    def __init__(self, file: str | None, *given: Any, **more: Any) -> None:
        """``given`` and ``more`` as for the class above."""
        super().__init__(*given, **more)
        self._change = Turn(Path(f"{file}-change")) if file else None
        self._write = Turn(Path(f"{file}-write")) if file else None
        self._is_late = False
        self._later: list[tuple[str, Sequence[Any]]] = []

    def begin(self, *, late: bool) -> None:
        """Begin to change something; ``late``: SQLite's lock waits until something is written.

        Raises ``sqlite3.OperationalError`` after ``BUSY_SECONDS``, as SQLite does.
        """
        _take(self._change)
        self._is_late = late
        if late:
            self.execute("BEGIN")
        else:
            self._lock()

    def before(self, statement: str, *, many: bool = False) -> None:
        """Take SQLite's lock before the first statement of a late one that has to write now."""
        if not self._is_late or (many and _can_wait(statement)):
            return
        if self._later or not statement.startswith("SELECT"):
            self._write_now()

    def put_off(self, statement: str, rows: Sequence[Any]) -> bool:
        """Whether these rows are kept here until they have to be written: others write meanwhile.

        What a late transaction puts in, row by row, it makes ready without the lock, and puts in
        all at once at its end, or before it asks for anything.
        """
        waits = self._is_late and _can_wait(statement)
        if waits:
            self._later.append((statement, rows))
        return waits

    def _write_now(self) -> None:
        self._is_late = False
        # What was read is as it was: nobody but arrivals wrote meanwhile. Without an end to the
        # reading SQLite would refuse all the same.
        super().rollback()
        self._lock()
        waiting, self._later = self._later, []
        for statement, rows in waiting:
            self.executemany(statement, rows)

    def _lock(self) -> None:
        _take(self._write)
        self.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """As the class above; then it is somebody else's turn."""
        try:
            if self._later:
                self._write_now()
            super().commit()
        finally:
            self._leave()

    def rollback(self) -> None:
        """As the class above; then it is somebody else's turn."""
        try:
            super().rollback()
        finally:
            self._leave()

    def close(self) -> None:
        """As the class above; then it is somebody else's turn."""
        try:
            super().close()
        finally:
            self._leave()

    def _leave(self) -> None:
        self._is_late = False
        self._later.clear()
        for turn in (self._write, self._change):
            if turn is not None:
                turn.leave()


def _can_wait(statement: str) -> bool:
    """Whether nothing comes back of ``statement``: nobody asks how many rows were put in."""
    return statement.startswith("INSERT") and "RETURNING" not in statement


def _take(turn: Turn | None) -> None:
    if turn is None:
        return
    try:
        turn.take(BUSY_SECONDS)
    except TimeoutError as fault:
        raise _refused("SQLITE_BUSY", "database is locked") from fault
    except OSError as fault:
        # A disk that is full or can be read only: what is written next would say so.
        raise _refused("SQLITE_CANTOPEN", "unable to open database file") from fault


def _refused(name: str, words: str) -> sqlite3.OperationalError:
    """As SQLite says it."""
    made = sqlite3.OperationalError(words)
    made.sqlite_errorname = name
    return made


@contextmanager
def _as_ours() -> Iterator[None]:
    """The driver's faults as SQLAlchemy says them, where it is not asked itself."""
    try:
        yield
    except sqlite3.Error as fault:
        raise OperationalError("BEGIN", None, fault) from fault


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """Be the one who may hold SQLite's lock. Raises ``SQLAlchemyError`` after ``BUSY_SECONDS``."""
    if engine.dialect.name != "sqlite":
        yield
        return
    turn = Turn(Path(f"{engine.url.database}-write"))
    with _as_ours():
        _take(turn)
    try:
        yield
    finally:
        turn.leave()


def writes_late(engine: Engine) -> Engine:
    """The same engine for who thinks long before writing: arrivals do not wait for thoughts.

    What such a transaction reads is what stood at its beginning, until it writes.
    """
    late = engine.execution_options(late=True)
    if engine.dialect.name == "sqlite":
        event.listen(late, "before_cursor_execute", _before)
        event.listen(late, "do_executemany", _put_off)
    return late


def for_reading(engine: Engine, *, streaming: bool = False) -> Engine:
    """The same connections, for transactions that only read.

    On SQLite they never wait for a writer. On PostgreSQL each statement is one by itself: it sees
    what is committed when it begins, as it would in a transaction there, without the two round
    trips that begin and end one. ``streaming``: rows come piece by piece, which takes one; all that
    is asked in it is then as it was at one moment, as on SQLite.
    """
    if engine.dialect.name == "postgresql":
        level = "REPEATABLE READ" if streaming else "AUTOCOMMIT"
        return engine.execution_options(readonly=True, isolation_level=level)
    return engine.execution_options(readonly=True)


def make_arrivals_engine(url: str) -> Engine:
    """An engine for ``adapters.arrivals`` on PostgreSQL: each statement commits itself.

    Nothing is asked of a connection before it is used, nor after: the one statement of a webhook
    would make two more round trips. Whoever uses it finds out that one had died, and tries again.
    """
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=AT_ONCE,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args=_ASKED_AFTER | dict(make_url(url).query),
    )


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def takes_no_writes(engine: Engine) -> bool:
    """Whether the database can be read only: a standby, or a disk that failed and is mounted so.

    Raises ``SQLAlchemyError`` when it cannot be reached.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            return bool(connection.scalar(text("SHOW transaction_read_only")) == "on")
    file = Path(engine.url.database or "")
    return file.exists() and not os.access(file, os.W_OK)


def refused_to_write(error: Exception) -> bool:
    """Whether the database said that it can be read only."""
    said = error.orig if isinstance(error, DBAPIError) else None
    if getattr(said, "sqlstate", None) == _READ_ONLY_TRANSACTION:
        return True
    return _name_of(said).startswith("SQLITE_READONLY")


def is_away(error: Exception) -> bool:
    """Whether the database was out of reach, had no turn for us in time, or no room to write.

    Nothing is wrong with what was asked of it: the same may do a moment later.
    """
    if isinstance(error, NoConnection):
        return True  # every connection of this process was in use
    said = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(said, sqlite3.Error):
        return _name_of(said).startswith(_AWAY)
    return isinstance(error, OperationalError | InterfaceError)


def _name_of(said: BaseException | None) -> str:
    # What Python's module refuses by itself, on a closed connection say, has no name of SQLite's.
    return str(getattr(said, "sqlite_errorname", ""))


def take_statistics(engine: Engine) -> None:
    """Tell SQLite's planner what is there, from a sample; PostgreSQL does so by itself.

    Without, a list of a large hub may go through all of a table instead of an index. Takes a
    fraction of a second whatever is there; a process knows of it from its next connection on.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def shorten_log(engine: Engine, *, larger_than: int = LOG_BYTES) -> bool:
    """Empty SQLite's write-ahead log where it is ``larger_than`` so many bytes; whether it was.

    Writers copy it into the database as they go, but begin it anew only in a moment in which nobody
    reads. Where somebody always does it would grow for ever, and what was erased would stand in it.
    Nobody can write meanwhile: where a reader takes long it is given up, to be tried again, and
    the larger the log is the longer is waited.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file:
        return False
    log = Path(f"{file}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size <= larger_than:
        return False
    patience = min(BUSY_SECONDS * 500, _LOG_MILLISECONDS * size // LOG_BYTES)
    with closing(engine.raw_connection()) as raw:
        cursor = raw.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout={patience}")
            is_busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    return not is_busy


def change(session: Session, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE; how many rows it touched."""
    # Without the option psycopg's count of an INSERT is not kept: it would read as -1.
    options = {"preserve_rowcount": True}
    return cast("CursorResult[Any]", session.execute(statement, execution_options=options)).rowcount


def insert_into(session: Session, table: Table) -> sqlite.Insert | PostgresInsert:
    """An INSERT in the database's own dialect: both know ``ON CONFLICT``, each by its own class."""
    if session.get_bind().dialect.name == "postgresql":
        # Loaded where it is spoken: the other database's processes start sooner without it.
        from sqlalchemy.dialects.postgresql import insert as insert_there

        return insert_there(table)
    return sqlite.insert(table)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # We begin transactions ourselves (see _begin); the driver must not do it behind our back.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "temp_store=MEMORY",
        # What is deleted is overwritten: a survivor's words do not stay in free pages.
        "secure_delete=ON",
        # 1 MB of pages, half of what it would be: a busy hub has dozens of connections, and what
        # they ask for again lies in the system's memory. No page took longer for it.
        "cache_size=-1000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _trust_indexes(connection: psycopg.Connection[Any], _record: object) -> None:
    # PostgreSQL reckons with a turning disk, where a row by its index is four times as dear as the
    # next one: to count a thousand cases in one state it read through tens of thousands of others.
    # Not among what a connection starts with: a pooler in between refuses what it does not know.
    connection.execute("SET random_page_cost = 1.1")
    # A page's rows are there before helpers have started, which read more than is needed.
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writer = cast("Writer", connection.connection.driver_connection)
    with _as_ours():
        if options.get("readonly", False):
            writer.execute("BEGIN")
        else:
            writer.begin(late=options.get("late", False))


def _before(
    connection: Connection,
    _cursor: object,
    statement: str,
    _given: object,
    _context: object,
    many: bool,
) -> None:
    with _as_ours():
        cast("Writer", connection.connection.driver_connection).before(statement, many=many)


def _put_off(cursor: sqlite3.Cursor, statement: str, rows: Sequence[Any], _context: object) -> bool:
    return cast("Writer", cursor.connection).put_off(statement, rows)
