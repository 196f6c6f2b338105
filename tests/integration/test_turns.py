"""Who writes to SQLite takes turns: nothing is lost, and what arrives waits for no thoughts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from feedback_hub.adapters.engine import make_engine, sqlite_url, turn_to_write, writes_late
from feedback_hub.adapters.turns import Turn

TIMES, PEOPLE = 25, 4


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(sqlite_url(tmp_path / "hub.sqlite3"))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE told (people INTEGER)"))
        connection.execute(text("CREATE TABLE arrived (number INTEGER)"))
        connection.execute(text("INSERT INTO told VALUES (0)"))
    yield made
    made.dispose()


def told(engine: Engine) -> int:
    with engine.execution_options(readonly=True).connect() as connection:
        return int(connection.scalar(text("SELECT people FROM told")) or 0)


def arrive(engine: Engine, number: int) -> None:
    """As what a webhook brings is kept: in its turn, and without looking at what is there."""
    with turn_to_write(engine), closing(engine.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("INSERT INTO arrived VALUES (?)", (number,))
        cursor.execute("COMMIT")


def test_what_is_read_first_and_written_later_is_never_lost_to_another(engine: Engine) -> None:
    late = writes_late(engine)

    def tell(number: int) -> None:
        # By turns as one that thinks first and as one that does not.
        for one in range(TIMES):
            with (late if (one + number) % 2 else engine).begin() as connection:
                before = connection.scalar(text("SELECT people FROM told")) or 0
                connection.execute(text("UPDATE told SET people = :after"), {"after": before + 1})
            arrive(engine, one)

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(tell, range(PEOPLE)))
    assert told(engine) == TIMES * PEOPLE


def test_what_arrives_does_not_wait_for_whoever_thinks_and_changers_do(engine: Engine) -> None:
    late = writes_late(engine)

    def tell() -> None:
        with engine.begin() as connection:
            connection.execute(text("UPDATE told SET people = 2 WHERE people = 1"))

    with ThreadPoolExecutor(1) as pool:
        with late.begin() as thinking:
            assert thinking.scalar(text("SELECT people FROM told")) == 0
            waiting = pool.submit(tell)
            # With the lock of SQLite this would wait for what is in this thread's own hands.
            arrive(engine, 1)
            assert not waiting.done()
            thinking.execute(text("UPDATE told SET people = 1"))
        waiting.result(timeout=20)
    assert told(engine) == 2


def test_rows_that_are_made_ready_wait_for_the_end_and_arrivals_do_not(engine: Engine) -> None:
    late = writes_late(engine)
    put_in = text("INSERT INTO told VALUES (:people)")
    with late.begin() as connection:
        assert connection.scalar(text("SELECT people FROM told")) == 0
        connection.execute(put_in, [{"people": 10}, {"people": 20}])
        connection.execute(put_in, [{"people": 30}, {"people": 40}])
        arrive(engine, 1)
        assert told(engine) == 0
    with engine.execution_options(readonly=True).connect() as connection:
        rows = connection.execute(text("SELECT people FROM told")).scalars().all()
    assert sorted(rows) == [0, 10, 20, 30, 40]


def test_whoever_put_rows_in_sees_them_in_what_it_asks_next(engine: Engine) -> None:
    with writes_late(engine).begin() as connection:
        rows = [{"people": 10}, {"people": 20}]
        connection.execute(text("INSERT INTO told VALUES (:people)"), rows)
        assert connection.scalar(text("SELECT sum(people) FROM told")) == 30
        connection.execute(text("UPDATE told SET people = people + 1 WHERE people > 0"))
    with engine.execution_options(readonly=True).connect() as connection:
        assert connection.scalar(text("SELECT sum(people) FROM told")) == 32


def test_rows_that_were_put_off_are_gone_with_what_is_taken_back(engine: Engine) -> None:
    late = writes_late(engine)
    rows = [{"people": 10}, {"people": 20}]
    with late.connect() as connection:
        connection.execute(text("INSERT INTO told VALUES (:people)"), rows)
    with late.begin() as connection:
        connection.execute(text("UPDATE told SET people = 5"))
    with engine.execution_options(readonly=True).connect() as connection:
        assert connection.execute(text("SELECT people FROM told")).scalars().all() == [5]


def test_rows_that_may_not_be_put_in_are_refused_at_the_end_and_none_is_kept(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE once (number INTEGER UNIQUE)"))
    twice = [{"number": 1}, {"number": 1}]
    with pytest.raises(IntegrityError), writes_late(engine).begin() as connection:
        connection.execute(text("INSERT INTO once VALUES (:number)"), twice)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM once")) == 0


def test_what_was_thought_of_and_not_written_gives_the_turn_back(engine: Engine) -> None:
    late = writes_late(engine)
    with late.connect() as connection:
        assert connection.scalar(text("SELECT people FROM told")) == 0
    with late.connect() as connection:
        connection.execute(text("UPDATE told SET people = 7"))
    assert told(engine) == 0
    with engine.begin() as connection:
        connection.execute(text("UPDATE told SET people = 3"))
    assert told(engine) == 3


def test_a_turn_ends_with_its_holder_and_waiting_for_it_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    holding = (
        "import sys, time; from pathlib import Path; from feedback_hub.adapters.turns import Turn\n"
        f"Turn(Path({str(path)!r})).take(20); print('mine', flush=True); time.sleep(600)"
    )
    words = [sys.executable, "-c", holding]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        mine = Turn(path)
        with pytest.raises(TimeoutError):
            mine.take(0.01)
        os.kill(holder.pid, signal.SIGKILL)
    mine.take(20)
    mine.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_is_open_to_whose_folder_it_is(tmp_path: Path) -> None:
    somebody = 12345
    os.chown(tmp_path, somebody, somebody)
    turn = Turn(tmp_path / "turn")
    turn.take(20)
    turn.leave()
    assert {one.stat().st_uid for one in tmp_path.iterdir()} == {somebody}
