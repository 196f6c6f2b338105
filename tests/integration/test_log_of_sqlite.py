"""SQLite's own log stays small although somebody always reads, and what was erased leaves it."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import Connection, text

from feedback_hub.adapters.engine import make_engine, shorten_log, sqlite_url


def write(connection: Connection, times: int) -> None:
    for _ in range(times):
        with connection.begin():
            connection.execute(text("INSERT INTO kept VALUES (randomblob(100000))"))


def test_it_is_emptied_once_its_readers_came_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite3"
    log = Path(f"{path}-wal")
    engine = make_engine(sqlite_url(path))
    looking = engine.execution_options(readonly=True)
    with engine.connect() as writer:
        with writer.begin():
            writer.execute(text("CREATE TABLE kept (words BLOB)"))
        readers = []
        for _ in range(3):
            # There is no moment in which nobody reads.
            readers.append(looking.connect())
            readers[-1].execute(text("SELECT count(*) FROM kept"))
            if len(readers) > 1:
                readers.pop(0).close()
            write(writer, 60)
        assert log.stat().st_size > 12_000_000
        assert not shorten_log(engine, larger_than=20_000_000)
        # A long export: nobody waits for it, neither this nor whoever writes.
        assert not shorten_log(engine, larger_than=1_000_000)
        write(writer, 1)
        # A page: it is over in a moment.
        threading.Timer(0.1, readers[-1].close).start()
        assert shorten_log(engine, larger_than=1_000_000)
        assert log.stat().st_size == 0
        write(writer, 1)
        assert writer.scalar(text("SELECT count(*) FROM kept")) == 182
    engine.dispose()
