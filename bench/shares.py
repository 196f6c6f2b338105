"""What one message takes of each part, and what its case takes up: what ``docs/scale.md`` needs.

Each part works alone here, so that its processor time is its own: the web takes deliveries while
no worker runs, then workers work them off while no web runs. ``python -m bench.shares CONFIG`` is
such a worker.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import cast

import structlog
from sqlalchemy import Engine, create_engine, text

from bench.arriving import CLIENTS, arrive, work_off
from bench.fill import register
from bench.filled import filled
from bench.frame import Bench, free_port, tree_of
from bench.hubs import SECRET, RunningHub, built, cpu_of
from bench.load import drive
from feedback_hub.bootstrap import build, database_url, settings_of
from feedback_hub.config import load_config
from tests.pages_world import log_in

_PART = "shares"


def shares(bench: Bench) -> None:
    """Processor of web, worker and database a message and a page; commits, log and bytes."""
    count = bench.sizes["drained"]
    bench.say(f"shares, postgres: {count:,} messages, each delivered twice, then worked off")
    provider = free_port()
    running = RunningHub(
        bench.home("shares"),
        bench.database("postgres", "bench_shares"),
        f"http://127.0.0.1:{provider}",
        full=False,
    )
    with closing(running.hub) as hub:
        register(hub)
        engine = create_engine(database_url(hub.config))
        empty, backed_up = _size(engine), _backup(running)
        began = _written(engine)
        _deliveries(bench, running, count)
        kept = _written(engine)
        with subprocess.Popen([sys.executable, "-m", "bench.provider", str(provider)]) as taking:
            try:
                _worker(bench, running, count)
            finally:
                taking.kill()
        _logged(bench, _written(engine) - began, kept - began, count)
        full = _backup(running)
        for name in ("processor", "bytes"):
            spent = (full[name] - backed_up[name]) / count
            what = {"processor": "ms", "bytes": "bytes"}[name]
            bench.found(_PART, f"postgres: backup, {name} a case", spent, what)
        bench.found(_PART, "postgres: a case on disk", (_size(engine) - empty) / count, "bytes")
        engine.dispose()
    _sqlite(bench, count)
    _pages(bench)


def _deliveries(bench: Bench, running: RunningHub, count: int) -> None:
    with running.running("web") as process:
        for name in ("first", "again"):
            web, server = cpu_of(tree_of(process.pid)), cpu_of(bench.database_processes())
            found = drive(running.port, clients=CLIENTS, seconds=1800, first=1, messages=count)
            if found["answered"] != count:
                raise RuntimeError(f"{found['answered']} of {count} deliveries answered")
            web = 1000 * (cpu_of(tree_of(process.pid)) - web) / count
            server = 1000 * (cpu_of(bench.database_processes()) - server) / count
            bench.found(_PART, f"web, a delivery, {name}", web, "ms")
            bench.found(_PART, f"database, a delivery, {name}", server, "ms")


def _worker(bench: Bench, running: RunningHub, count: int) -> None:
    server = cpu_of(bench.database_processes())
    words = [sys.executable, "-m", "bench.shares", str(running.config)]
    said = subprocess.run(
        words, env=running.environ, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    found: Mapping[str, float] = json.loads(said.splitlines()[-1])
    server = 1000 * (cpu_of(bench.database_processes()) - server) / count
    bench.found(_PART, "worker, a message", 1000 * found["processor"] / count, "ms")
    bench.found(_PART, "database, working a message off", server, "ms")


def _logged(bench: Bench, whole: _Written, kept: _Written, count: int) -> None:
    """What must reach a disk, and a replica, in order: no machine makes that less."""
    bench.found(_PART, "database, commits a message delivered twice", kept.commits / count, "")
    bench.found(_PART, "database, commits a message, all told", whole.commits / count, "")
    bench.found(_PART, "database, log a message, all told", whole.log / count, "bytes")


def _sqlite(bench: Bench, count: int) -> None:
    hub = built(bench.home("shares-sqlite"), bench.database("sqlite", ""))
    with closing(hub):
        register(hub)
        empty = _size(hub.engine)
        arrive(hub, count, 0)
        work_off(hub)
        bench.found(_PART, "sqlite: a case on disk", (_size(hub.engine) - empty) / count, "bytes")


def _pages(bench: Bench) -> None:
    """What whoever works at the queue takes: its first page, with few cases."""
    held = filled(bench, "postgres", bench.sizes["few"])
    client = log_in(held.app, "ana")
    looks = bench.sizes["looks"]
    for name, path in (("queue page", "/cases"), ("list over the API", "/api/v1/cases?limit=50")):
        client.get(path)
        web, server = time.process_time(), cpu_of(bench.database_processes())
        for _ in range(looks):
            client.get(path)
        web = 1000 * (time.process_time() - web) / looks
        server = 1000 * (cpu_of(bench.database_processes()) - server) / looks
        bench.found(_PART, f"web, {name}", web, "ms")
        bench.found(_PART, f"database, {name}", server, "ms")


class _Written:
    """What a database has committed so far."""

    def __init__(self, commits: float, log: float) -> None:
        self.commits = commits
        self.log = log

    def __sub__(self, other: _Written) -> _Written:
        return _Written(self.commits - other.commits, self.log - other.log)


def _written(engine: Engine) -> _Written:
    with engine.connect() as connection:
        # Its counters are told by each connection when it has been idle for a moment, or ends.
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        commits = connection.scalar(
            text("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        )
        log = connection.scalar(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
    return _Written(float(commits or 0), float(log or 0))


def _size(engine: Engine) -> int:
    """Bytes on the disk, without what is left over from changes."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
            return int(pages - free) * int(
                connection.exec_driver_sql("PRAGMA page_size").scalar() or 0
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def _backup(running: RunningHub) -> Mapping[str, float]:
    """Processor (ms) and bytes of a backup of all there is."""
    file = running.home / "backup.bin"
    file.unlink(missing_ok=True)
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "feedback_hub", "backup", str(file)],
        env=running.environ | {"FEEDBACK_HUB_BACKUP_PASSPHRASE": SECRET},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return {"processor": 1000 * spent, "bytes": float(file.stat().st_size)}


def _one_worker(config: str) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    hub = build(load_config(Path(config), cast("Mapping[str, str]", os.environ), settings_of))
    with closing(hub):
        hub.classifier.prepare()
        began = time.process_time()
        work_off(hub)
        sys.stdout.write(json.dumps({"processor": time.process_time() - began}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(_one_worker(*sys.argv[1:]))
