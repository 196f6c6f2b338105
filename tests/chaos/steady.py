"""``make long-run``: mixed load for half an hour, in which nothing of the hub may grow.

``python -m tests.chaos.steady [--minutes N] [--rate MESSAGES_A_SECOND]`` looks every half minute at
memory, handles, connections, the queue's keys and the database's log, and compares the last third
of the run with the second: the first is warming up.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import Field, astuple, dataclass, fields
from pathlib import Path

import httpx

from bench.frame import tree_of
from bench.hubs import memory_of
from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from tests.integration.system import NUMBER, System
from tests.providers.twilio import TwilioServer
from workers.queues import connect

MAY_GROW = {"memory_mb": 0.10, "handles": 0.10, "connections": 0.10, "keys": 0.25, "wal_mb": 0.50}
"""Shares by which the last third may exceed the second; and a little more of small numbers."""
_SLACK = {"memory_mb": 10.0, "handles": 10.0, "connections": 3.0, "keys": 10.0, "wal_mb": 8.0}


@dataclass(frozen=True)
class Look:
    """One look at the whole tree."""

    memory_mb: float
    handles: float
    connections: float
    keys: float
    wal_mb: float


def look(system: System, pid: int) -> Look:
    """How it is now."""
    pids = tree_of(pid)
    handles = connections = 0
    for one in pids:
        with suppress(OSError):
            opened = [str(entry.readlink()) for entry in Path(f"/proc/{one}/fd").iterdir()]
            handles += len(opened)
            connections += sum("socket:" in name for name in opened)
    wal = system.home / "hub.sqlite3-wal"
    return Look(
        memory_of(pids),
        handles,
        connections,
        float(connect(EmbeddedValkey(system.home).url).dbsize()),
        wal.stat().st_size / 1e6 if wal.exists() else 0.0,
    )


def main() -> int:
    """Returns 1 where something grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.steady")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=5.0)
    told = parser.parse_args()
    looks: list[Look] = []
    stopped = threading.Event()
    with tempfile.TemporaryDirectory(prefix="fh-steady-") as folder:
        twilio = TwilioServer().start()
        system = System(Path(folder) / "home", twilio)
        try:
            process = system.start_all()
            load = threading.Thread(target=_load, args=(system, told.rate, stopped), daemon=True)
            load.start()
            until = time.monotonic() + 60 * told.minutes
            while time.monotonic() < until:
                time.sleep(min(30.0, 6 * told.minutes))
                looks.append(look(system, process.pid))
                said = (f"{field.name} {value:.0f}" for field, value in _named(looks[-1]))
                sys.stdout.write("  ".join(said) + "\n")
                sys.stdout.flush()
            stopped.set()
            load.join(30)
        finally:
            system.stop()
            twilio.stop()
    return _judge(looks)


def _load(system: System, rate: float, stopped: threading.Event) -> None:
    """Messages, and people who look at lists."""
    number = 0
    while not stopped.wait(1 / rate):
        number += 1
        with suppress(httpx.HTTPError, AssertionError):
            message = system.twilio.receive("A bomba de agua avariou", f"+25884{number:07}", NUMBER)
            system.deliver(message)
            if number % 5 == 0:
                system.get("case_manager", "/cases", limit="50")


def _named(one: Look) -> list[tuple[Field[float], float]]:
    return list(zip(fields(one), astuple(one), strict=True))


def _judge(looks: list[Look]) -> int:
    third = len(looks) // 3
    grown = 0
    for name, share in MAY_GROW.items():
        before = statistics.median(getattr(one, name) for one in looks[third : 2 * third])
        after = statistics.median(getattr(one, name) for one in looks[2 * third :])
        holds = after <= before * (1 + share) + _SLACK[name]
        grown += not holds
        word = "holds " if holds else "GROWS "
        sys.stdout.write(f"{word} {name}: {before:.1f} in the second third, {after:.1f} after\n")
    return int(bool(grown))


if __name__ == "__main__":
    sys.exit(main())
