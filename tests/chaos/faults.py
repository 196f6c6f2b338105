"""What can be done to a running hub. Each fault says what it did, for the ledger."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.services.records import Queue
from tests.integration.system import System, wait_for
from workers.drain import drain
from workers.queues import connect

PROVIDER = (
    *("rate_limit", "server_error", "server_error_after_accepting", "unavailable", "hang"),
    *("hang_after_accepting", "drop", "drop_after_accepting", "bad_gateway"),
)


@dataclass
class Cluster:
    """A hub's roles as processes of their own, each started again when it dies, as systemd does.

    ``postgres_pids`` tells the database server's processes, where there is one to hurt.
    """

    system: System
    workers: int = 2
    roles: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    postgres_pids: Callable[[], list[int]] | None = None

    def __post_init__(self) -> None:
        self.valkey = EmbeddedValkey(self.system.home)

    @property
    def names(self) -> tuple[str, ...]:
        """Every role."""
        return ("web", "scheduler", *(f"worker-{number}" for number in range(self.workers)))

    def start(self) -> None:
        """All of it, ready."""
        self._start_queue()
        for name in self.names:
            self._start(name)
        self.system.wait_ready()

    def keep_up(self) -> None:
        """Start again what is dead."""
        if self.queue.poll() is not None:
            self._start_queue()
        for name in self.names:
            if self.roles[name].poll() is not None:
                self._start(name)

    def stop(self) -> None:
        """Ask every role to stop, then the queue."""
        for process in (*self.roles.values(), self.queue):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in (*self.roles.values(), self.queue):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill(self, name: str) -> None:
        """SIGKILL: it finishes nothing."""
        self.roles[name].kill()
        self.roles[name].wait()

    def processes(self) -> list[int]:
        """Every live process that has this hub's configuration in its environment."""
        mark = f"FEEDBACK_HUB_CONFIG={self.system.config}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with suppress(OSError):
                    if mark in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
        return found

    def _start(self, name: str) -> None:
        role = name.partition("-")[0]
        words = {"web": ["web", "--port", str(self.system.port)]}.get(role, [role])
        self.roles[name] = self.system.start(*words)

    def _start_queue(self) -> None:
        home = str(self.system.home)
        code = (
            "import sys; from pathlib import Path;"
            "from feedback_hub.adapters.embedded_valkey import EmbeddedValkey;"
            "EmbeddedValkey(Path(sys.argv[1])).run()"
        )
        self.queue = subprocess.Popen([sys.executable, "-c", code, home])
        wait_for(self.valkey.answers, "the queue answers")


def kill_web(cluster: Cluster, _dice: random.Random) -> str:
    """The web server, in the middle of whatever it answers."""
    cluster.kill("web")
    return "SIGKILL"


def kill_worker(cluster: Cluster, dice: random.Random) -> str:
    """A worker and, half the time, only the process it forked for the job."""
    name = f"worker-{dice.randrange(cluster.workers)}"
    pid = cluster.roles[name].pid
    horses = _children(pid)
    if horses and dice.random() < 0.5:
        for horse in horses:
            with suppress(ProcessLookupError):
                os.kill(horse, signal.SIGKILL)
        return f"SIGKILL of the job of {name}"
    cluster.kill(name)
    return f"SIGKILL of {name}"


def kill_scheduler(cluster: Cluster, _dice: random.Random) -> str:
    """Relay and clocks."""
    cluster.kill("scheduler")
    return "SIGKILL of scheduler and relay"


def flush_queue(cluster: Cluster, _dice: random.Random) -> str:
    """Every wake-up is forgotten."""
    with suppress(RedisError, OSError):
        connect(cluster.valkey.url).flushall()
        return "FLUSHALL"
    return "was away"


def kill_queue(cluster: Cluster, _dice: random.Random) -> str:
    """The queue server dies and comes back empty."""
    cluster.queue.kill()
    cluster.queue.wait()
    time.sleep(1)
    return "SIGKILL, back after 1 s"


def pause_queue(cluster: Cluster, _dice: random.Random) -> str:
    """The queue server hangs: connections stand and nothing answers."""
    with suppress(ProcessLookupError):
        cluster.queue.send_signal(signal.SIGSTOP)
        time.sleep(6)
        cluster.queue.send_signal(signal.SIGCONT)
    return "SIGSTOP for 6 s: longer than clients wait"


def provider_fails(cluster: Cluster, dice: random.Random) -> str:
    """The next few texts meet a provider that is not well."""
    names = dice.choices(PROVIDER, k=4)
    cluster.system.twilio.answer_next(*names)
    return ", ".join(names)


def disk_full(cluster: Cluster, _dice: random.Random) -> str:
    """No file of the hub can grow for a while (RLIMIT_FSIZE): as full as a disk can be."""
    if cluster.postgres_pids is not None:
        return "left out: the files are PostgreSQL's"
    pids = cluster.processes()
    before: dict[int, tuple[int, int]] = {}
    for pid in pids:
        with suppress(OSError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[pid][1]))
    time.sleep(2)
    for pid, limits in before.items():
        with suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    return f"2 s, {len(before)} processes"


def clock_stepped(cluster: Cluster, dice: random.Random) -> str:
    """A machine whose clock is wrong works beside the others: an hour ahead, or behind."""
    step = timedelta(hours=dice.choice((-1, 1)), minutes=dice.randrange(-5, 5))
    hub = replace(cluster.system.hub, clock=lambda: datetime.now(UTC) + step)
    hub.__dict__["engine"] = cluster.system.hub.engine
    try:
        done = sum(drain(hub, queue) for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY))
    except OperationalError:
        return "the database was away: its worker ended, as any other's would"
    return f"{step.total_seconds() / 60:+.0f} min, {done} rows handled"


def restart_database(cluster: Cluster, _dice: random.Random) -> str:
    """PostgreSQL's processes die and it recovers from its log; SQLite has no server."""
    if cluster.postgres_pids is None:
        return "left out: SQLite has no server"
    backends = cluster.postgres_pids()
    # One backend killed makes the server end all of them, recover and go on.
    for pid in backends[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return "a backend killed: crash and recovery"


Fault = Callable[[Cluster, random.Random], str]

FAULTS: Mapping[str, Fault] = {
    "web killed": kill_web,
    "worker killed": kill_worker,
    "scheduler killed": kill_scheduler,
    "queue flushed": flush_queue,
    "queue killed": kill_queue,
    "queue paused": pause_queue,
    "provider fails": provider_fails,
    "disk full": disk_full,
    "clock stepped": clock_stepped,
    "database crashed": restart_database,
}


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
