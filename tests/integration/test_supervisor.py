"""One process tree: it heals, it stops as a whole, and nothing outlives it.

Each test starts this file as a program (``main``, at the end) with one of its casts of roles, and
watches from outside: what it logs, what its roles write to the ``trail``, and /proc.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from redis import Redis

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.cli import supervisor
from feedback_hub.cli.supervisor import AlreadyRunning, Role, Supervisor

_ROOT = Path(__file__).parents[2]
_MARK = "FEEDBACK_HUB_TEST_TREE"


def until(met: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Look every 10 ms until ``met``; fail with ``what`` after the deadline."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


class Tree:
    """A running program and all that descends from it."""

    def __init__(self, cast: str, home: Path, **environ: str) -> None:
        self.home = home
        self.mark = uuid.uuid4().hex
        self.said = home / f"said-{self.mark}"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.test_supervisor", cast, str(home)],
                cwd=_ROOT,
                env={**os.environ, _MARK: self.mark, **environ},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self, event: str) -> list[dict[str, object]]:
        """What it has logged under ``event``."""
        lines = [line for line in self.said.read_text().splitlines() if line.startswith("{")]
        return [entry for line in lines if (entry := json.loads(line))["event"] == event]

    def trail(self, word: str) -> list[int]:
        """The process ids that have left ``word`` on the trail, in order."""
        with suppress(FileNotFoundError):
            steps = [line.split() for line in (self.home / "trail").read_text().splitlines()]
            return [int(pid) for step, pid in steps if step == word]
        return []

    def alive(self) -> dict[int, str]:
        """Every process of the tree: by its environment, Valkey (it has none) by its socket."""
        marked = f"{_MARK}={self.mark}".encode()
        server = str(EmbeddedValkey(self.home).socket).encode()
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                if command and (marked in (entry / "environ").read_bytes() or (server in command)):
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode()
        return found

    def await_trail(self, word: str, count: int = 1) -> int:
        """The id of the ``count``-th process to leave ``word``."""
        until(lambda: len(self.trail(word)) >= count, f"{count} times {word!r} on the trail")
        return self.trail(word)[count - 1]

    def await_ready(self) -> None:
        until(lambda: bool(self.log("ready")), "ready")

    def await_gone(self, seconds: float) -> None:
        until(lambda: not self.alive(), f"all gone ({self.alive()})", seconds)

    def stop(self) -> None:
        """Ask it to stop; it must have done so, leaving nothing, within 10 s."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0, self.said.read_text()
        assert not self.alive()


Grow = Callable[..., Tree]


@pytest.fixture
def grow(tmp_path: Path) -> Iterator[Grow]:
    trees: list[Tree] = []

    def grow_one(cast: str, **environ: str) -> Tree:
        trees.append(Tree(cast, tmp_path, **environ))
        return trees[-1]

    yield grow_one
    for tree in trees:
        tree.process.kill()
        tree.process.wait(10)
        for pid in tree.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_killed_role_is_started_again_and_said_in_one_line(grow: Grow) -> None:
    tree = grow("steady")
    first = tree.await_trail("steady")
    os.kill(first, signal.SIGKILL)
    assert tree.await_trail("steady", 2) != first
    assert tree.log("role_died") == [
        {"event": "role_died", "role": "steady", "exit_code": -9, "restart_in": 0.2}
    ]
    tree.stop()


def test_a_role_that_keeps_dying_is_started_ever_later(grow: Grow) -> None:
    tree = grow("failing")
    tree.await_trail("failing", 4)
    until(lambda: len(tree.log("role_died")) == 4, "four deaths said")
    assert [entry["restart_in"] for entry in tree.log("role_died")] == [0.2, 0.4, 0.8, 1.6]
    assert {entry["exit_code"] for entry in tree.log("role_died")} == {3}
    tree.stop()


def test_a_healthy_while_makes_earlier_deaths_forgotten(grow: Grow) -> None:
    tree = grow("short-lived")
    until(lambda: len(tree.log("role_died")) >= 3, "three deaths said")
    assert {entry["restart_in"] for entry in tree.log("role_died")} == {0.2}
    tree.stop()


def test_a_role_that_raises_shows_why_and_does_not_run_the_supervisors_exit(grow: Grow) -> None:
    tree = grow("raising")
    until(lambda: bool(tree.log("role_died")), "the death is said")
    assert tree.log("role_died")[0]["exit_code"] == 1
    assert "ValueError: cannot go on" in tree.said.read_text()
    assert not tree.trail("atexit")
    tree.stop()
    assert tree.trail("atexit") == [tree.process.pid]


def test_every_place_of_a_role_is_filled(grow: Grow) -> None:
    tree = grow("three")
    tree.await_trail("steady", 3)
    assert len(set(tree.trail("steady"))) == 3
    tree.stop()


def test_sigterm_ends_all_of_it_within_ten_seconds_even_what_does_not_listen(grow: Grow) -> None:
    tree = grow("unwilling")
    for word in ("drains", "stubborn", "child", "grandchild", "program"):
        tree.await_trail(word)
    tree.await_ready()
    tree.stop()
    assert tree.trail("drained") == tree.trail("drains")
    assert {entry["role"] for entry in tree.log("role_killed")} == {"stubborn", "breeding"}
    assert tree.log("stopping") == [{"event": "stopping", "signal": "SIGTERM"}]
    assert not tree.log("role_died")


def test_willing_roles_stop_at_once(grow: Grow) -> None:
    tree = grow("draining")
    tree.await_trail("drains", 2)
    tree.stop()
    # Nobody's time ran out: each ended by itself.
    assert not tree.log("role_killed")
    assert sorted(tree.trail("drained")) == sorted(tree.trail("drains"))


def test_ctrl_c_pressed_twice_asks_each_role_once(grow: Grow) -> None:
    tree = grow("draining")
    tree.await_trail("drains", 2)
    os.killpg(tree.process.pid, signal.SIGINT)
    os.killpg(tree.process.pid, signal.SIGINT)
    assert tree.process.wait(10) == 0
    assert sorted(tree.trail("asked")) == sorted(tree.trail("drains"))
    assert not tree.alive()


def test_a_closed_terminal_stops_it_too(grow: Grow) -> None:
    # Under ``nohup`` it would not hear of it, as whoever says that means it.
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        tree = grow("draining")
    finally:
        signal.signal(signal.SIGHUP, ours)
    tree.await_trail("drains", 2)
    tree.process.send_signal(signal.SIGHUP)
    assert tree.process.wait(10) == 0
    assert len(tree.trail("drained")) == 2


def test_a_killed_supervisor_takes_its_children_and_theirs_and_valkey_along(grow: Grow) -> None:
    tree = grow("full")
    for word in ("stubborn", "child", "grandchild"):
        tree.await_trail(word)
    until(EmbeddedValkey(tree.home).answers, "Valkey answers")
    assert len(tree.alive()) >= 6
    tree.process.kill()
    tree.process.wait(10)
    tree.await_gone(3)


def test_a_killed_role_takes_what_it_started_along(grow: Grow) -> None:
    tree = grow("breeding")
    lost = {tree.await_trail(word) for word in ("breeding", "child", "grandchild", "program")}
    os.kill(tree.trail("breeding")[0], signal.SIGKILL)
    until(lambda: not lost & tree.alive().keys(), "the role and all below it are gone", 3)
    tree.await_trail("program", 2)


def test_a_second_run_on_the_same_home_is_refused_and_disturbs_nothing(grow: Grow) -> None:
    first = grow("steady")
    first.await_trail("steady")
    second = grow("steady")
    assert second.process.wait(10) == 1
    assert second.said.read_text().strip() == (
        f"{first.home} is in use by a running feedback-hub (process {first.process.pid}); "
        "stop that one first or give another home"
    )
    assert first.trail("prepared") == [first.process.pid]
    first.process.kill()
    first.process.wait(10)
    assert (first.home / "run.lock").read_text() == f"{first.process.pid}\n"
    third = grow("steady")
    third.await_trail("steady", 2)
    third.stop()


def test_a_killed_valkey_comes_back_at_the_same_url_and_the_others_stay(grow: Grow) -> None:
    tree = grow("full")
    client = tree.await_trail("client")
    valkey = EmbeddedValkey(tree.home)
    with closing(Redis.from_url(valkey.url)) as connection:
        server = connection.info("server")["process_id"]
        os.kill(server, signal.SIGKILL)
        until(lambda: server not in tree.alive() and valkey.answers(), "Valkey answers again", 3)
        assert connection.info("server")["process_id"] != server
    assert [entry["role"] for entry in tree.log("role_died")] == ["valkey"]
    assert client in tree.alive()


def test_roles_start_after_what_they_stand_on_and_stop_before_it(grow: Grow) -> None:
    tree = grow("client")
    client = tree.await_trail("client")
    tree.stop()
    assert tree.trail("client-last-ping") == [client]
    assert not tree.log("role_died")


def test_it_is_ready_once_the_probe_says_so(grow: Grow) -> None:
    tree = grow("steady")
    tree.await_trail("steady")
    assert not tree.log("ready")
    assert not tree.trail("on_ready")
    (tree.home / "open").touch()
    tree.await_ready()
    tree.stop()
    assert tree.trail("on_ready") == [tree.process.pid]


def test_its_own_part_of_the_start_is_short(grow: Grow) -> None:
    tree = grow("three")
    tree.await_ready()
    (entry,) = tree.log("ready")
    assert float(str(entry["seconds"])) < 0.5
    tree.stop()


def test_systemd_hears_from_the_supervisor_alone(grow: Grow, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
        service.settimeout(10)
        service.bind(str(tmp_path / "notify"))
        tree = grow("three", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert service.recv(64) == b"READY=1"
        tree.await_trail("steady", 3)
        assert not tree.trail("can-notify")
        tree.stop()
        assert service.recv(64) == b"STOPPING=1"


def test_when_preparing_fails_nothing_starts(grow: Grow) -> None:
    tree = grow("unprepared")
    assert tree.process.wait(10) == 1
    assert "RuntimeError: not migrated" in tree.said.read_text()
    assert not tree.trail("steady")
    assert not tree.alive()


# The program under test.


def _leave(home: Path, word: str) -> None:
    with (home / "trail").open("a") as trail:
        trail.write(f"{word} {os.getpid()}\n")


def _wait_for_ever() -> NoReturn:
    while True:
        signal.pause()


def _steady(home: Path) -> None:
    if "NOTIFY_SOCKET" in os.environ:
        _leave(home, "can-notify")
    _leave(home, "steady")
    _wait_for_ever()


def _failing(home: Path) -> None:
    _leave(home, "failing")
    sys.exit(3)


def _raising(home: Path) -> None:
    _leave(home, "raising")
    raise ValueError("cannot go on")


def _draining(home: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    _leave(home, "drains")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    _leave(home, "asked")
    if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 0.3):
        _leave(home, "asked")
    _leave(home, "drained")


def _stubborn(home: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _leave(home, "stubborn")
    _wait_for_ever()


def _breeding(home: Path, *, program: bool = True) -> None:
    """Have a child and a grandchild in sessions of their own, and perhaps another program."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if program:
        other = subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)
        with (home / "trail").open("a") as trail:
            trail.write(f"program {other.pid}\n")
    _leave(home, "breeding")
    if os.fork() == 0:
        os.setsid()
        _leave(home, "child")
        if os.fork() == 0:
            os.setsid()
            _leave(home, "grandchild")
    _wait_for_ever()


def _client(home: Path, url: str) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with closing(Redis.from_url(url)) as connection:
        connection.ping()
        _leave(home, "client")
        signal.sigwait({signal.SIGTERM})
        signal.sigtimedwait({signal.SIGTERM}, 0.5)  # the work in hand
        connection.ping()
        _leave(home, "client-last-ping")


def _cast(name: str, home: Path) -> list[Role]:
    steady = Role("steady", partial(_steady, home))
    drains = Role("drains", partial(_draining, home), count=2)
    stubborn = Role("stubborn", partial(_stubborn, home))
    breeding = Role("breeding", partial(_breeding, home))
    valkey = EmbeddedValkey(home)
    queue = Role("valkey", valkey.run, ready=valkey.answers)
    client = Role("client", partial(_client, home, valkey.url))
    return {
        "steady": [steady],
        "unprepared": [steady],
        "three": [Role("steady", partial(_steady, home), count=3)],
        "failing": [Role("failing", partial(_failing, home))],
        "short-lived": [Role("short-lived", partial(time.sleep, 0.2))],
        "raising": [Role("raising", partial(_raising, home))],
        "draining": [drains],
        "unwilling": [Role("drains", partial(_draining, home)), stubborn, breeding],
        "breeding": [breeding],
        "client": [queue, client],
        "full": [
            queue,
            client,
            stubborn,
            Role("breeding", partial(_breeding, home, program=False)),
        ],
    }[name]


def main(name: str, home: Path) -> None:
    """Run the cast ``name`` in ``home``, logging JSON lines to standard output."""
    atexit.register(_leave, home, "atexit")
    if name == "short-lived":
        supervisor._HEALTHY_AFTER = 0.1

    def prepare() -> Callable[[], None]:
        def prepared() -> None:
            if name == "unprepared":
                raise RuntimeError("not migrated")
            _leave(home, "prepared")

        return prepared

    log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stdout), processors=[structlog.processors.JSONRenderer()]
    )
    try:
        Supervisor(
            _cast(name, home),
            home,
            log,
            prepare=prepare,
            ready=(home / "open").exists if name == "steady" else None,
            on_ready=partial(_leave, home, "on_ready"),
        ).run()
    except AlreadyRunning as refusal:
        atexit.unregister(_leave)
        sys.exit(str(refusal))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
