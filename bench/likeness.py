"""How long it takes to find what a case probably belongs with, among a million others.

``python -m bench.likeness [--rows N]``: two years of invented sketches in a SQLite file of its own.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session

from feedback_hub.adapters import likenesses
from feedback_hub.adapters.engine import make_engine, sqlite_url
from feedback_hub.adapters.tables import likeness, start_mappers
from feedback_hub.domain.case import Case
from feedback_hub.domain.likeness import BANDS, Sketch, sketch_of
from feedback_hub.migrations import migrate

SITES, CODES, WORDS = 150, 40, 4000
_AT_ONCE = 5000
_LOOKS = 300


def main() -> int:
    """Measure and print. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.likeness")
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="fh-bench-") as folder:
        for what, figure in measure(Path(folder), rows):
            sys.stdout.write(f"{what}: {figure}\n")
    return 0


def measure(folder: Path, rows: int = 1_000_000) -> Sequence[tuple[str, str]]:
    """(what, figure) of ``rows`` cases of two years on SQLite in ``folder``."""
    start_mappers()
    dice = random.Random(1)  # noqa: S311  invented rows
    database = folder / "likeness.sqlite3"
    engine = make_engine(sqlite_url(database))
    event.listen(engine, "connect", _without_cases)
    try:
        migrate(engine)
        _fill(engine, rows, dice)
        found, kept = _look(engine, dice)
    finally:
        engine.dispose()
    size = database.stat().st_size / 1e6
    return (
        (f"what a case probably belongs with, of {rows:,}", _spread(found)),
        ("keeping one more", _spread(kept)),
        ("the file", f"{size:.0f} MB"),
    )


def _without_cases(connection: sqlite3.Connection, _record: object) -> None:
    """Only the index is measured: the cases are not there."""
    connection.execute("PRAGMA foreign_keys=OFF")


def _fill(engine: Engine, rows: int, dice: random.Random) -> None:
    with engine.connect() as connection:
        waiting: list[dict[str, object]] = []
        for row in _rows(rows, dice):
            waiting.append(row)
            if len(waiting) == _AT_ONCE:
                connection.execute(insert(likeness), waiting)
                connection.commit()
                waiting.clear()
        if waiting:
            connection.execute(insert(likeness), waiting)
            connection.commit()
        connection.execute(text("ANALYZE"))
        connection.commit()


def _rows(count: int, dice: random.Random) -> Iterator[dict[str, object]]:
    sketches = [_sketch(dice) for _ in range(min(count, 20_000))]
    for _ in range(count):
        sketch = dice.choice(sketches)
        yield {
            "case_id": uuid.UUID(int=dice.getrandbits(128)).hex,
            "contact_id": uuid.UUID(int=dice.getrandbits(128)).hex,
            "site": f"S{dice.randrange(SITES)}",
            "code": f"complaint.c{dice.randrange(CODES)}",
            "at": _moment(dice),
            "minima": sketch.minima,
            **{f"band{n}": band for n, band in enumerate(sketch.bands or (None,) * BANDS)},
        }


def _look(engine: Engine, dice: random.Random) -> tuple[list[float], list[float]]:
    found, kept = [], []
    for _ in range(_LOOKS):
        with Session(engine) as session:
            one = Case(
                id=uuid.UUID(int=dice.getrandbits(128)).hex,
                ref="",
                channel="sms",
                received_at=_moment(dice),
                entered_at=_moment(dice),
                entered_by="bench",
                site=f"S{dice.randrange(SITES)}",
                codes=(f"complaint.c{dice.randrange(CODES)}",),
            )
            began = time.perf_counter()
            likenesses.keep(session, one, _sketch(dice))
            session.flush()
            kept.append(time.perf_counter() - began)
            began = time.perf_counter()
            if own := likenesses.kept_of(session, one.id):
                likenesses.near(session, one, own)
            likenesses.dismissed(session, one.id)
            found.append(time.perf_counter() - began)
            session.rollback()
    return found, kept


def _sketch(dice: random.Random) -> Sketch:
    """As of a text of a dozen words, common ones more often."""
    words = {int(dice.paretovariate(0.6)) % WORDS for _ in range(12)}
    return sketch_of([hash(("bench", word)) & (2**64 - 1) for word in words])


def _moment(dice: random.Random) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(730 * 1440))


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    late = ordered[int(len(ordered) * 0.95)]
    return f"median {statistics.median(ordered) * 1000:.1f} ms, 95 % {late * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
