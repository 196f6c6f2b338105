"""``make long-run``: mixed load for half an hour, in which nothing of the hub may grow.

``python -m tests.chaos.steady [--minutes N] [--rate TEXTS_A_SECOND] [--database sqlite|postgres]``
looks every ten seconds at memory, handles, connections, the queue's keys and the database's log,
and compares the last third of the run with the second: the first is warming up. On SQLite it is
``feedback-hub run``; on PostgreSQL each role is a process of its own, beside a Valkey by URL.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, suppress
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bench.frame import tree_of
from feedback_hub.adapters import tables
from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.services.records.work import Queue
from tests.chaos.day import Day, make_day
from tests.chaos.faults import Cluster
from tests.chaos.postgres import Postgres
from tests.integration.system import System
from workers.queues import connect

EVERY = 10.0
"""Seconds between two looks."""
SAID_EVERY = 6
"""Looks for a line."""
MAY_GROW = {
    "memory_mb": (0.05, 5.0),
    "own_mb": (0.05, 5.0),
    "handles": (0.05, 8.0),
    "connections": (0.05, 3.0),
    "threads": (0.05, 3.0),
    "keys": (0.25, 10.0),
    "queue_mb": (0.10, 1.0),
    "wal_mb": (0.50, 8.0),
}
"""The share by which the last third may exceed the second, and so much more of small numbers."""
_KINDS = ("level", "event", "channel", "fault", "code", "endpoint", "where")
"""What of a line of the hub's log tells its kind."""
_FAILED = 0.01
"""Share of all that was asked which may not be answered as it should be."""


@dataclass(frozen=True)
class Look:
    """One look at everything that belongs to the hub."""

    memory_mb: float
    """PSS, files that are mapped included."""
    own_mb: float
    """Of it, what is no file's."""
    handles: float
    connections: float
    """Sockets of its processes; on PostgreSQL what the server counts besides."""
    threads: float
    keys: float
    queue_mb: float
    wal_mb: float
    waiting: float
    """Work that is due, but for second readings, which have time."""


@dataclass
class Watch:
    """Looks at one hub; by role, it keeps who holds how much memory."""

    system: System
    pids: dict[str, int]
    postgres: bool

    def __post_init__(self) -> None:
        self.by_role: dict[str, list[float]] = defaultdict(list)
        self._queue = connect(EmbeddedValkey(self.system.home).url)

    def look(self) -> Look:
        """How it is now."""
        total: dict[str, float] = defaultdict(float)
        for name, pid in self.pids.items():
            pids = tree_of(pid)
            whole = 0.0
            for one in pids:
                with suppress(OSError):
                    whole += self._add(one, total)
            self.by_role[name].append(whole)
        queue = self._queue.info("memory")["used_memory"] / 1e6
        counted, wal, waiting = self._database()
        return Look(
            total["Pss"] / 1024,
            total["Pss_Anon"] / 1024,
            total["handles"],
            total["sockets"] + counted,
            total["threads"],
            float(self._queue.dbsize()),
            queue,
            wal,
            waiting,
        )

    def _add(self, pid: int, total: dict[str, float]) -> float:
        opened = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kept = {line.split(":")[0]: float(line.split()[1]) for line in rollup[1:]}
        total["handles"] += len(opened)
        total["sockets"] += sum("socket:" in name for name in opened)
        total["threads"] += len(list(Path(f"/proc/{pid}/task").iterdir()))
        total["Pss"] += kept["Pss"]
        total["Pss_Anon"] += kept["Pss_Anon"]
        return kept["Pss"] / 1024

    def _database(self) -> tuple[float, float, float]:
        counted = wal = waiting = 0.0
        with suppress(SQLAlchemyError), self.system.hub.reading() as uow:
            for table in (tables.inbox, tables.outbox):
                due = [
                    table.c.handled_at.is_(None),
                    table.c.available_at <= self.system.hub.clock(),
                ]
                if table is tables.outbox:
                    due.append(table.c.queue != Queue.REREAD)
                waiting += uow.session.scalar(select(func.count()).where(*due)) or 0
            if self.postgres:
                backends = "SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL"
                counted = float(uow.session.scalar(text(backends)) or 0)
                files = text("SELECT sum(size) FROM pg_ls_waldir()")
                wal = float(uow.session.scalar(files) or 0) / 1e6
        if not self.postgres:
            log = self.system.home / "hub.sqlite3-wal"
            wal = log.stat().st_size / 1e6 if log.exists() else 0.0
        return counted, wal, waiting


def main() -> int:
    """Returns 1 where something grew, or where the load was not answered."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.steady")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=3.0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    told = parser.parse_args()
    # Asked to end, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    looks: list[Look] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fh-steady-")))
        home = folder / "home"
        home.mkdir()
        postgres = Postgres(stack) if told.database == "postgres" else None
        queue = EmbeddedValkey(home).url if postgres else ""
        day = make_day(stack, home, postgres.url if postgres else "", queue, told.rate)
        if postgres:
            cluster = Cluster(day.system, day.gateway, schedulers=1, postgres=postgres)
            stack.callback(cluster.stop)
            cluster.start()
            pids = {name: process.pid for name, process in cluster.roles.items()}
        else:
            pids = {"run": day.system.start_all().pid}
        watch = Watch(day.system, pids, postgres is not None)
        day.start()
        stack.callback(day.stop)
        began = time.monotonic()
        while (now := time.monotonic() - began) < 60 * told.minutes:
            time.sleep(min(EVERY, 2 * told.minutes))
            looks.append(watch.look())
            while day.happened:
                _say(f"  {day.happened.popleft()}")
            if len(looks) % SAID_EVERY == 1:
                _say(f"{now:6.0f} s  {_said(looks[-1])}")
        day.stop()
        while day.happened:
            _say(f"  {day.happened.popleft()}")
        return _judge(day, watch, looks)


def _said(one: Look) -> str:
    values = zip(fields(one), astuple(one), strict=True)
    return "  ".join(f"{field.name} {value:.0f}" for field, value in values)


def _judge(day: Day, watch: Watch, looks: list[Look]) -> int:
    _say("done: " + ", ".join(f"{count} {name}" for name, count in day.done.most_common()))
    failed, done = day.failed.total(), day.done.total()
    _say(f"not answered as it should be: {failed} of {failed + done}")
    for what, count in day.faults.most_common():
        _say(f"  {count} × {what}")
    for what, count in _logged(day.system.home).most_common():
        _say(f"       the hub's log: {count} × {what}")
    third = len(looks) // 3
    broken = failed > _FAILED * done
    for name, values in watch.by_role.items():
        began = statistics.median(values[:third])
        before, after = _medians(values, third)
        _say(f"       memory of {name}, by thirds: {began:.1f}, {before:.1f}, {after:.1f} MB")
    for name, (share, slack) in MAY_GROW.items():
        before, after = _medians([getattr(one, name) for one in looks], third)
        holds = after <= before * (1 + share) + slack
        broken |= not holds
        word = "holds " if holds else "GROWS "
        _say(f"{word} {name}: {before:.1f} in the second third, {after:.1f} after")
    return int(broken)


def _logged(home: Path) -> Counter[str]:
    """What the hub's processes warned of, by its kind; a line that is no log's by its beginning."""
    found: Counter[str] = Counter()
    for file in home.glob("*.out"):
        for line in file.read_text(errors="replace").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                said = line
            if not isinstance(said, dict):
                found[f"{file.stem}: {line[:80]}"] += 1
            elif said.get("level") in {"warning", "error", "critical"}:
                words = [str(said[key]) for key in _KINDS if said.get(key)]
                found[f"{file.stem}: {', '.join(words)}"] += 1
    return found


def _medians(values: list[float], third: int) -> tuple[float, float]:
    return statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
