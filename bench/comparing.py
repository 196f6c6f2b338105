"""The same work by others, where they are installed (``make peers``): ``peers``.

Each is filled with as many cases, warmed up, and then given the same texts by the same clients, on
the same machine and in the same run: messages to cases a second, then its pages as somebody sees
them who is logged in, over HTTP. Filled ones are kept beside the programs for the next run.

The hub's case is there when a worker has registered it and the queue shows it, which is later than
its answer; when it is read, routed and acknowledged as well is a figure of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import func, select

from bench.arriving import CLIENTS, left_of
from bench.filled import home_of
from bench.frame import Bench, free_port, share_of, tree_of
from bench.hubs import RunningHub, cpu_of, memory_of, wait_ready
from bench.load import drive, drive_with
from bench.others import ALL, HERE, PLACE, Other, asked, entered
from feedback_hub.adapters import tables
from tests.pages_world import PASSWORD, token_in

_TIMES = 10
"""How much faster than the best of them a hub is to be."""
_MOST_A_SECOND = 300
"""More than any of them does: so many messages are made ready for each second."""
_WARM = 5


def peers(bench: Bench) -> None:
    """Messages to cases a second with 8 clients, pages with many cases, and memory."""
    rates, pages = dict[bool, float](), dict[str, list[float]]()
    for other in ALL:
        version = other.version()
        if version is None:
            bench.say(f"peers: {other.name} is not in {PLACE} (make peers)")
            continue
        try:
            rate = _other(bench, other, version, pages)
            rates[other.is_as_installed] = max(rates.get(other.is_as_installed, 0.0), rate)
        except (OSError, RuntimeError, subprocess.SubprocessError) as fault:
            bench.say(f"peers: {other.name} BROKE: {fault!r}")
    rate, looks = _hub(bench)
    if best := rates.get(True):
        what = "the hub to the best of them as installed"
        bench.found("peers", what, rate / best, "x", least=_TIMES)
    if best := rates.get(False):
        bench.found("peers", "the hub to the best of them, its hashing cut", rate / best, "x")
    for page, late in looks.items():
        if others := pages.get(page):
            what = f"{page}: the hub's to the fastest of theirs"
            bench.found("peers", what, late / min(others), "x", most=1)


def _other(bench: Bench, other: Other, version: str, pages: dict[str, list[float]]) -> float:
    rows, port = bench.sizes["peer_rows"], free_port()
    bench.say(f"peers: {other.name} {version} on {other.database}")
    with ExitStack() as stack:
        home = _filled(bench, other, version, rows)
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        pids = stack.enter_context(_served(other, home, port))
        cookie = other.log_in(port)

        def posted(first: int, seconds: int) -> Mapping[str, object]:
            some = range(first, first + seconds * _MOST_A_SECOND)
            requests = (other.message(port, number) for number in some)
            return drive_with(requests, port, clients=CLIENTS, seconds=seconds, good=other.good)

        posted(1_000_000, _WARM)
        used = cpu_of(_trees(pids))
        found = posted(2_000_000, bench.sizes["peer_seconds"])
        answered = cast("int", found["answered"])
        if not answered:
            raise RuntimeError("it took no message")
        spent = cpu_of(_trees(pids)) - used
        rate = answered / cast("float", found["seconds"])
        name = f"{other.name} {version.partition('+')[0]}"
        bench.found("peers", f"{name}: message to case", rate, "/s")
        bench.found("peers", f"{name}: processor a message", 1000 * spent / answered, "ms")
        if refused := cast("int", found["refused"]):
            bench.found("peers", f"{name}: refused, and posted again", refused, "")
        looks = {page: _late(bench, port, cookie, paths) for page, paths in other.pages.items()}
        for page, late in looks.items():
            bench.found("peers", f"{name}: {page}, {rows:,} cases, 95 %", late, "ms")
            pages.setdefault(page, []).append(late)
        bench.found("peers", f"{name}: memory", memory_of(_trees(pids)), "MB")
    return rate


def _filled(bench: Bench, other: Other, version: str, rows: int) -> Path:
    """A folder of its own with so many cases, from the one that is kept; made now if none is."""
    made_by = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in other.made_by))
    program = other.name.partition(",")[0]
    key = re.sub(r"\W+", "-", f"{program}-{version}-{rows}-{made_by.hexdigest()[:8]}".lower())
    kept = other.home / key
    if not kept.exists():
        began, half = time.monotonic(), other.home / f"half-{key}"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        with (bench.folder / f"{other.name}-filled.txt").open("wb") as said:
            done = subprocess.run(other.fill(half, rows), stdout=said, stderr=said, check=False)
        if done.returncode:
            raise RuntimeError(Path(said.name).read_text(errors="replace")[-2000:])
        half.rename(kept)
        bench.say(f"  filled with {rows:,} cases in {time.monotonic() - began:.0f} s: {kept}")
    mine = other.home / f"run-{os.getpid()}"
    # With owners: each is served by a user of its own.
    subprocess.run(["cp", "-a", kept, mine], check=True)  # noqa: S607  whichever cp there is
    return mine


@contextmanager
def _served(other: Other, home: Path, port: int) -> Iterator[Sequence[int]]:
    with ExitStack() as stack:
        pids: list[int] = []
        for command in other.serve(home, port):
            said = stack.enter_context((home / f"said-{len(pids)}.txt").open("wb"))
            process = subprocess.Popen(command, stdout=said, stderr=said)
            stack.callback(_stopped, process)
            pids.append(process.pid)
        wait_ready(f"http://127.0.0.1:{port}{other.ready}")
        yield pids


def _stopped(process: subprocess.Popen[bytes]) -> None:
    for pid in reversed(tree_of(process.pid)):
        os.kill(pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        for pid in tree_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def _trees(pids: Sequence[int]) -> list[int]:
    return [one for pid in pids for one in tree_of(pid)]


def _late(bench: Bench, port: int, cookie: str, paths: Sequence[str]) -> float:
    """What 95 of 100 looks at these do not exceed, ms: all that is fetched for one, in turn."""
    took = []
    for _ in range(3 + bench.sizes["peer_looks"]):
        began = time.perf_counter()
        for path in paths:
            status, _, _ = asked(port, "GET", path, headers={"Cookie": cookie})
            if status != 200:
                raise RuntimeError(f"{status} for {path}")
        took.append(time.perf_counter() - began)
    # The first ones load and compile.
    return share_of(took[3:], 0.95)


def _hub(bench: Bench) -> tuple[float, Mapping[str, float]]:
    """The same of a hub on its embedded parts."""
    rows, provider = bench.sizes["peer_rows"], free_port()
    bench.say("peers: feedback_hub on its embedded parts")
    home = home_of(bench, rows)
    running = RunningHub(home, "", f"http://127.0.0.1:{provider}", full=False)
    with (
        closing(running.hub),
        subprocess.Popen([sys.executable, "-m", "bench.provider", str(provider)]) as taking,
    ):
        try:
            with running.running() as process:
                rate = _worked_off(bench, running, process.pid)
                looks = _looks(bench, running.port, rows)
                memory = memory_of(tree_of(process.pid))
                bench.found("peers", "feedback_hub: memory", memory, "MB")
        finally:
            taking.kill()
    return rate, looks


def _worked_off(bench: Bench, running: RunningHub, pid: int) -> float:
    """Messages a second until each is a case in the queue."""
    wanted = bench.sizes["peer_messages"]
    warm = wanted // 8
    drive(running.port, clients=CLIENTS, seconds=600, first=1, messages=warm)
    _until(lambda: not left_of(running.hub))
    before, used = _cases(running), cpu_of(tree_of(pid))
    found = drive(running.port, clients=CLIENTS, seconds=600, first=1 + warm, messages=wanted)
    began = cast("float", found["began"])
    bench.found(
        "peers", "feedback_hub: message durable", wanted / cast("float", found["seconds"]), "/s"
    )
    _until(lambda: not _arrived(running))
    rate = wanted / (time.monotonic() - began)
    if (cases := _cases(running) - before) != wanted:
        raise RuntimeError(f"{cases} cases of {wanted} messages")
    _until(lambda: not left_of(running.hub))
    done = wanted / (time.monotonic() - began)
    spent = cpu_of(tree_of(pid)) - used
    bench.found("peers", "feedback_hub: message to case", rate, "/s")
    bench.found("peers", "feedback_hub: message to case, read, routed, acknowledged", done, "/s")
    bench.found(
        "peers", "feedback_hub: processor a message, all of it", 1000 * spent / wanted, "ms"
    )
    share = 100 * cast("float", found["processor"]) / cast("float", found["seconds"])
    bench.found("peers", "the clients' own share of a core at that", share, "%")
    return rate


def _cases(running: RunningHub) -> int:
    with running.hub.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(tables.case)) or 0


def _arrived(running: RunningHub) -> int:
    """Messages that are durable, and no case yet."""
    waits = select(func.count()).where(tables.inbox.c.handled_at.is_(None))
    with running.hub.reading() as uow:
        return uow.session.scalar(waits) or 0


def _until(done: Callable[[], bool], patience: float = 600) -> None:
    until = time.monotonic() + patience
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("the hub did not come to an end")
        time.sleep(0.1)


def _looks(bench: Bench, port: int, rows: int) -> Mapping[str, float]:
    _, page, cookies = asked(port, "GET", "/login")
    form = {"email": "ana@example.org", "password": PASSWORD, "csrf_token": token_in(page)}
    cookie = entered(port, "/login", form, "; ".join(cookies))
    _, page, _ = asked(port, "GET", "/cases", headers={"Cookie": cookie})
    found = re.search(r'href="(/cases/[^"?#]+)"', page)
    if found is None:
        raise RuntimeError("no case in the queue")
    late = {}
    for name, path in (
        ("queue page", "/cases"),
        ("case page", found.group(1)),
        ("search", "/cases?tab=all&q=agua"),
    ):
        late[name] = _late(bench, port, cookie, [path])
        bench.found("peers", f"feedback_hub: {name}, {rows:,} cases, 95 %", late[name], "ms")
    return late
