"""The running tree: ``memory`` it takes and how long it takes to ``start``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.frame import Bench, free_port, tree_of
from bench.hubs import RunningHub, memory_of, wait_ready
from bench.load import drive

FULL_CLASSIFIER = 450
LIGHT_CLASSIFIER = 300


def memory(bench: Bench) -> None:
    """PSS of the whole embedded tree: just started, at its most while it works, idle again."""
    for name, full, most in (("light", False, LIGHT_CLASSIFIER), ("full", True, FULL_CLASSIFIER)):
        bench.say(f"memory: feedback-hub run on embedded parts, the {name} classifier")
        running = RunningHub(bench.home(f"memory-{name}"), "", full=full)
        with closing(running.hub), running.running() as process:
            time.sleep(3)
            pids = tree_of(process.pid)
            bench.found("memory", f"{name}: processes", len(pids), "")
            bench.found("memory", f"{name}: just started", memory_of(pids), "MB", most=most)
            with _watched(process.pid) as peak:
                drive(running.port, clients=4, seconds=15, first=1, messages=300)
                time.sleep(10)
            bench.found(
                "memory", f"{name}: most, working off 300 messages", peak[0], "MB", most=most
            )
            after = memory_of(tree_of(process.pid))
            bench.found("memory", f"{name}: after it", after, "MB", most=most)


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
