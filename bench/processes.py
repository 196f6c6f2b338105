"""The running tree: ``memory`` it takes and how long it takes to ``start``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.frame import Bench, free_port, tree_of
from bench.hubs import RunningHub, memory_of, wait_ready
from bench.load import drive
from tests.chaos.day import make_day

LIGHT_CLASSIFIER, FULL_CLASSIFIER = 300, 450
SMALL_MACHINE = 350
"""``deploy/small.toml`` on 512 MB: the system and its cache of files need the rest."""
_LOADED_IF_THERE = ("rich", "pygments", "authlib", "joserfc")
"""What our libraries load where it is there, 5-6 MB: a user has the last two with ``[oidc]``."""
_MIXED_DAY = 60.0
_TEXTS_A_SECOND = 1.0


@dataclass(frozen=True)
class _Kind:
    """A hub to measure: ``processes`` of each kind, 0 for as many as it has by itself."""

    name: str
    most: int
    full: bool = False
    processes: int = 0

    def environ(self) -> dict[str, str]:
        """What is configured by the environment."""
        said = {"CLASSIFIER_KIND": "full" if self.full else "light"}
        if self.processes:
            said |= {f"PROCESSES_{name}": str(self.processes) for name in ("WEB", "WORKERS")}
        return {f"FEEDBACK_HUB_{key}": value for key, value in said.items()}


_KINDS = (
    _Kind("light", LIGHT_CLASSIFIER),
    _Kind("full", FULL_CLASSIFIER, full=True),
    _Kind("small.toml", SMALL_MACHINE, processes=1),
)


def memory(bench: Bench) -> None:
    """PSS of the whole embedded tree: just started, at its most while it works, idle again.

    Then the same over a day of everything at once: six people of six roles log in and open pages,
    lists and exports; texts, chats, pictures, receipts and desk reports come; cases go to partners
    and back; files are imported and exported; the full classifier reads again.
    """
    if beside := [name for name in _LOADED_IF_THERE if find_spec(name)]:
        bench.say(f"memory: with {', '.join(beside)}, which are loaded if there")
    for kind in _KINDS:
        bench.say(f"memory: feedback-hub run on embedded parts, {kind.name}")
        running = RunningHub(bench.home(f"memory-{kind.name}"), "", full=kind.full)
        running.environ |= kind.environ()
        with closing(running.hub), running.running() as process:
            time.sleep(3)
            pids = tree_of(process.pid)
            bench.found("memory", f"{kind.name}: processes", len(pids), "")
            _found(bench, kind, "just started", memory_of(pids))
            with _watched(process.pid) as peak:
                drive(running.port, clients=4, seconds=15, first=1, messages=300)
                time.sleep(10)
            _found(bench, kind, "most, working off 300 messages", peak[0])
            _found(bench, kind, "after it", memory_of(tree_of(process.pid)))
        _mixed_day(bench, kind)


def _mixed_day(bench: Bench, kind: _Kind) -> None:
    with ExitStack() as stack:
        day = make_day(stack, bench.home(f"day-{kind.name}"), "", "", _TEXTS_A_SECOND)
        day.system.environ.update(kind.environ())
        process = day.system.start_all()
        with _watched(process.pid) as peak:
            day.start()
            time.sleep(_MIXED_DAY)
            day.stop()
        _found(bench, kind, "most, over a mixed day", peak[0])
        time.sleep(10)
        _found(bench, kind, "after a mixed day", memory_of(tree_of(process.pid)))
        bench.say(f"  done: {', '.join(f'{count} {what}' for what, count in day.done.items())}")
        if day.failed.total() > 0.05 * day.done.total():
            raise RuntimeError(f"the day was not answered: {dict(day.faults)}")


def _found(bench: Bench, kind: _Kind, when: str, megabytes: float) -> None:
    bench.found("memory", f"{kind.name}: {when}", megabytes, "MB", most=kind.most)


@contextmanager
def _watched(pid: int) -> Iterator[list[float]]:
    """The most memory that the tree below ``pid`` takes meanwhile, MB, looked at each 0.2 s."""
    peak, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            peak[0] = max(peak[0], memory_of(tree_of(pid)))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        over.set()
        looking.join()


def start(bench: Bench) -> None:
    """From the command to ready: the first time, and warm."""
    bench.say("start: feedback-hub run until /readyz says so")
    running = RunningHub(bench.home("start"), "")
    running.hub.close()
    for name in ("first", "warm", "warm", "warm"):
        began = time.monotonic()
        with running.running():
            took = time.monotonic() - began
        most = 3.0 if name == "warm" else None
        bench.found("start", f"ready, {name}", took, "s", most=most)
    _demo(bench)


def _demo(bench: Bench) -> None:
    home = bench.home("demo")
    for name in ("first", "second"):
        port = free_port()
        began = time.monotonic()
        words = [sys.executable, "-m", "feedback_hub", "demo", "--port", str(port)]
        with (
            Path("/dev/null").open("wb") as nothing,
            subprocess.Popen(
                words, cwd=home, stdout=nothing, stderr=nothing, env=_at_home(home)
            ) as process,
        ):
            try:
                wait_ready(f"http://127.0.0.1:{port}/readyz", 90)
                took = time.monotonic() - began
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
        most = 10.0 if name == "second" else None
        bench.found("start", f"the demo, {name} time", took, "s", most=most)


def _at_home(home: Path) -> dict[str, str]:
    # A demonstration makes a home of its own each time, in the folder for passing things.
    return {**os.environ, "HOME": str(home), "TMPDIR": str(home)}
