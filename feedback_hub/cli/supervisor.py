"""Several roles as one process tree that starts, heals and stops as a whole.

The supervisor forks each role from itself: what it has imported is shared and imported once. To
keep forking safe and cheap it has no threads, opens no database and does nothing but wait for
signals. Linux only (prctl(2), sigtimedwait(2), /proc).

No process outlives the tree:

- each role dies with the supervisor, and each process that a role forks dies with its parent
  (PR_SET_PDEATHSIG), so that SIGKILL of any one of them takes down all below it;
- the supervisor is the subreaper of all of them, so that what loses its parent otherwise (another
  program, started by a role that was killed) becomes the supervisor's child and is killed there.
  Only such a program under a supervisor that is itself killed by SIGKILL is beyond reach.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn, Protocol

from feedback_hub.adapters.heaps import before_forks

_FIRST_DELAY = 0.2  # seconds before a dead role is started again; doubles with each death
_LONGEST_DELAY = 30.0
_HEALTHY_AFTER = 30.0  # seconds of life after which earlier deaths are forgotten
_DRAIN = 8.0  # seconds from SIGTERM to SIGKILL
_DRAIN_LAST = 1.0  # the same for the roles that others stand on
_POLL = 0.02  # seconds between two looks at something that sends no signal
_FOREVER = 3600.0

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Log(Protocol):
    """The part of a structlog logger that is used here."""

    def info(self, event: str, /, **fields: object) -> object:
        """Say what happened."""

    def warning(self, event: str, /, **fields: object) -> object:
        """Say what went wrong."""


@dataclass(frozen=True)
class Role:
    """``target`` runs in ``count`` processes of their own until SIGTERM asks it to finish.

    A role that others stand on gives ``ready``, which must not raise: the roles listed after it
    start once it is true, and are stopped before it. ``load`` is called in the supervisor before
    the first role starts, so that all of them share what it loads: what is loaded after a fork
    copies pages that are already there. It must leave no thread or open connection behind.
    """

    name: str
    target: Callable[[], None]
    count: int = 1
    ready: Callable[[], bool] | None = None
    load: Callable[[], None] | None = None


class AlreadyRunning(Exception):
    """Another process runs this home."""

    def __init__(self, home: Path, pid: str) -> None:
        super().__init__(
            f"{home} is in use by a running feedback-hub (process {pid or 'unknown'}); "
            "stop that one first or give another home"
        )


@contextmanager
def sole_run(home: Path) -> Iterator[None]:
    """Hold ``run.lock`` in ``home``, our process id in it. Raises ``AlreadyRunning``.

    A record lock, since that belongs to one process: children do not inherit it, and it ends with
    its owner, so that a file left behind is no lock. For the same reason no other code in this
    process may open the file.
    """
    file = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            holder = os.read(file, 20).decode("ascii", "replace").strip()
            raise AlreadyRunning(home, holder) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(file)


@dataclass(eq=False)
class _Place:
    """One process of a role, now or soon; ``pid`` 0 while there is none."""

    role: Role
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    delay: float = 0.0


class Supervisor:
    """Runs ``roles`` on ``home`` until SIGTERM, SIGINT or SIGHUP, and then stops them all."""

    def __init__(
        self,
        roles: Sequence[Role],
        home: Path,
        log: Log,
        *,
        prepare: Callable[[], Callable[[], None]] | None = None,
        ready: Callable[[], bool] | None = None,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        """Nothing starts yet.

        ``prepare`` is called once the home is ours (migrations): it may begin what goes on while
        the roles are loaded, and returns what waits for its end before any role starts. It must
        leave no thread, child process or open connection behind. ``ready`` is asked every
        20 ms until it is true, then ``on_ready`` is called once. Neither may start a process:
        the supervisor kills children that it does not know.
        """
        self._home = home
        self._log = log
        self._prepare = prepare
        self._ready = ready
        self._on_ready = on_ready
        self._places = [_Place(role) for role in roles for _ in range(role.count)]
        self._is_ready = False
        self._stopping = False
        self._held: list[bytes] = []

    def run(self) -> None:
        """Run to the end; returns within 10 s of the signal, with every process gone.

        Raises ``AlreadyRunning``, and whatever ``prepare``, ``ready`` or ``on_ready`` raise.
        """
        began = time.monotonic()
        with sole_run(self._home):
            self._load(self._prepare() if self._prepare else lambda: None)
            # Taken away from the roles: gunicorn would report ready for all of us.
            notify_address = os.environ.pop("NOTIFY_SOCKET", "")
            _prctl(_PR_SET_CHILD_SUBREAPER, 1)
            with _signals_held() as self._signals:
                try:
                    while (ended_by := self._step()) is None:
                        if not self._is_ready and self._check_ready():
                            self._log.info("ready", seconds=round(time.monotonic() - began, 2))
                            _notify(notify_address, "READY=1")
                    self._log.info("stopping", signal=ended_by.name)
                finally:
                    _notify(notify_address, "STOPPING=1")
                    self._stop()
            self._log.info("stopped")

    def _load(self, prepared: Callable[[], None]) -> None:
        try:
            for role in dict.fromkeys(place.role for place in self._places):
                if role.load:
                    role.load()
        finally:
            prepared()
        self._held = before_forks()

    def _step(self) -> signal.Signals | None:
        """Start what is due and handle one signal; the signal if it is one that ends the run."""
        now = time.monotonic()
        for place in self._places:
            if not place.pid and place.due <= now and self._may_start(place):
                self._start(place)
        patience = _FOREVER if self._is_ready else _POLL
        for place in self._places:
            if not place.pid:
                patience = min(patience, max(place.due - now, _POLL))
        caught = signal.sigtimedwait(self._signals, patience)
        if caught is None:
            return None
        if caught.si_signo != signal.SIGCHLD:
            return signal.Signals(caught.si_signo)
        self._reap()
        return None

    def _may_start(self, place: _Place) -> bool:
        earlier = self._places[: self._places.index(place)]
        bases = {other.role: other.role.ready for other in earlier if other.role != place.role}
        return all(ready() for ready in bases.values() if ready)

    def _check_ready(self) -> bool:
        self._is_ready = all(place.pid for place in self._places) and (
            self._ready is None or self._ready()
        )
        if self._is_ready and self._on_ready:
            self._on_ready()
        return self._is_ready

    def _start(self, place: _Place) -> None:
        supervisor = os.getpid()
        # A child would print what is still buffered a second time.
        sys.stdout.flush()
        sys.stderr.flush()
        place.started = time.monotonic()
        try:
            place.pid = os.fork()
        except OSError as error:  # no memory or no process left now; that may pass
            self._log.warning("role_not_started", role=place.role.name, reason=error.strerror)
            self._put_off(place)
            return
        if place.pid == 0:
            _become(place.role, supervisor, self._signals)

    def _put_off(self, place: _Place) -> float:
        """Give ``place`` its next start time; the delay in seconds."""
        now = time.monotonic()
        healthy = now - place.started >= _HEALTHY_AFTER
        doubled = _FIRST_DELAY if healthy else max(_FIRST_DELAY, place.delay * 2)
        place.delay = min(doubled, _LONGEST_DELAY)
        place.due = now + place.delay
        return place.delay

    def _reap(self) -> bool:
        """Bury the dead and kill the orphans they left; whether any child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                break
            for place in self._places:
                if place.pid == pid:
                    place.pid = 0
                    if not self._stopping:
                        self._log.warning(
                            "role_died",
                            role=place.role.name,
                            exit_code=os.waitstatus_to_exitcode(status),
                            restart_in=self._put_off(place),
                        )
        known = {place.pid for place in self._places}
        for orphan in _children():
            if orphan not in known:
                _kill(orphan, signal.SIGKILL)
        return True

    def _stop(self) -> None:
        self._stopping = True
        self._end([place for place in self._places if not place.role.ready], _DRAIN)
        self._end([place for place in self._places if place.role.ready], _DRAIN_LAST)
        self._wait(lambda: False, 0.5)

    def _end(self, places: Sequence[_Place], patience: float) -> None:
        for place in places:
            _kill(place.pid, signal.SIGTERM)
        self._wait(lambda: not any(place.pid for place in places), patience)
        for place in places:
            if place.pid:
                self._log.warning("role_killed", role=place.role.name)
                _kill(-place.pid, signal.SIGKILL)  # its group, so that what it started goes too
                _kill(place.pid, signal.SIGKILL)

    def _wait(self, done: Callable[[], bool], patience: float) -> None:
        """Reap until ``done``, until no child is left or for ``patience`` seconds."""
        deadline = time.monotonic() + patience
        while self._reap() and not done() and (left := deadline - time.monotonic()) > 0:
            signal.sigtimedwait(self._signals, left)


@contextmanager
def _signals_held() -> Iterator[frozenset[signal.Signals]]:
    """Block the signals that we wait for, so that none interrupts and none is missed."""
    held = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks us not to hear it
        held.add(signal.SIGHUP)
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield frozenset(held)
    finally:
        while signal.sigtimedwait(held, 0):  # a second Ctrl-C must not fall on our caller
            pass
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)


class _Kin:
    """Makes each process forked from this one die with its parent, over all generations."""

    def __init__(self) -> None:
        self._me = os.getpid()
        os.register_at_fork(after_in_child=self._follow)

    def _follow(self) -> None:
        _die_with(self._me)
        self._me = os.getpid()


def _become(role: Role, supervisor: int, held: frozenset[signal.Signals]) -> NoReturn:
    """Be ``role`` in the child just forked; whatever happens, the parent's code is not resumed.

    A process that the role forks may come back through here when it is done.
    """
    code = 1
    try:
        code = _play(role, supervisor, held)
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
    finally:
        os._exit(code)


def _play(role: Role, supervisor: int, held: frozenset[signal.Signals]) -> int:
    """Run ``role`` to its end; the exit code.

    It has its own process group: Ctrl-C reaches the supervisor only, which asks each role once.
    """
    try:
        os.setpgid(0, 0)
        _die_with(supervisor)
        _Kin()
        atexit._clear()  # what the parent registered is the parent's to do
        with Path(os.devnull).open("rb") as nothing:  # reading the terminal would stop the group
            os.dup2(nothing.fileno(), 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
        role.target()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001  the last frame of a process: report and leave
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when ``parent``, which forked it, is no more.

    The signal comes when the *thread* that forked ends: fork from a main thread only.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


@cache  # found once, in the supervisor: a forked child should not have to load libraries
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, ctypes.c_ulong(value)) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def _children() -> list[int]:
    me = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]


def _kill(pid: int, number: signal.Signals) -> None:
    """Signal process ``pid``, or the group of ``-pid``; 0 and those that are gone do not matter."""
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _notify(address: str, state: str) -> None:
    """Tell systemd, if it asked to be told (sd_notify(3))."""
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service, suppress(OSError):
            service.connect("\0" + address[1:] if address.startswith("@") else address)
            service.sendall(state.encode("ascii"))
