"""What can be done to a running hub. Each fault says what it did, for the ledger."""

from __future__ import annotations

import itertools
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.services.records.work import Queue
from tests.chaos.disk import Disk
from tests.chaos.postgres import Postgres
from tests.integration.system import System, wait_for
from tests.providers.kannel import GatewayServer
from workers.drain import drain
from workers.queues import connect
from workers.schedule import sound_alarms

PROVIDER = (
    *("rate_limit", "server_error", "server_error_after_accepting", "unavailable", "hang"),
    *("hang_after_accepting", "drop", "drop_after_accepting", "bad_gateway"),
)
GATEWAY: Sequence[tuple[int, str] | str] = (
    *("drop", "drop_after", "hang", "hang_after"),
    (503, "3: Temporal failure, try again later."),
    (429, "Too many requests"),
)


_WRONG_CLOCK = 8.0
"""Seconds for which a machine whose clock is wrong works beside the others."""


@dataclass
class Cluster:
    """A hub's roles as processes of their own, each started again when it dies, as systemd does.

    ``gateway`` cannot be asked what it took; Twilio can. ``postgres`` is the database's server,
    where there is one to hurt.
    """

    system: System
    gateway: GatewayServer
    workers: int = 2
    schedulers: int = 2
    """Relay and clocks are safe to run twice."""
    roles: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    postgres: Postgres | None = None
    disk: Disk | None = None
    """What hub and database write on, where it can be filled."""
    spell: int = 4
    """Texts that meet an unwell provider."""
    steps: Iterator[int] = field(default_factory=lambda: itertools.cycle((1, -1)))
    """Hours by which a clock is stepped: forward, back, and so on."""
    restarts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.valkey = EmbeddedValkey(self.system.home)
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._keeper = threading.Thread(target=self._keep_up, daemon=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Every role."""
        return (
            "web",
            *(f"scheduler-{number}" for number in range(self.schedulers)),
            *(f"worker-{number}" for number in range(self.workers)),
        )

    def start(self) -> None:
        """All of it, ready; from here on what dies is started again."""
        self._start_queue()
        for name in self.names:
            self._start(name)
        self.system.wait_ready()
        self._keeper.start()

    def stop(self) -> None:
        """Ask every role to stop, then the queue."""
        self._stopped.set()
        if self._keeper.is_alive():
            self._keeper.join()
        processes = list(self.roles.values())
        for process in processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill(self, name: str) -> None:
        """SIGKILL: it finishes nothing."""
        with self._lock:
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

    def _keep_up(self) -> None:
        while not self._stopped.wait(0.3):
            with self._lock:
                if self.roles["queue"].poll() is not None:
                    self._start_queue()
                for name in self.names:
                    if self.roles[name].poll() is not None:
                        self.restarts[name] += 1
                        self._start(name)

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
        self.roles["queue"] = subprocess.Popen([sys.executable, "-c", code, home])
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


def kill_scheduler(cluster: Cluster, dice: random.Random) -> str:
    """Relay and clocks."""
    name = f"scheduler-{dice.randrange(cluster.schedulers)}"
    cluster.kill(name)
    return f"SIGKILL of {name}, its relay and clocks"


def flush_queue(cluster: Cluster, _dice: random.Random) -> str:
    """Every wake-up is forgotten."""
    with suppress(RedisError, OSError):
        connect(cluster.valkey.url).flushall()
        return "FLUSHALL"
    return "was away"


def kill_queue(cluster: Cluster, _dice: random.Random) -> str:
    """The queue server dies and comes back empty."""
    cluster.kill("queue")
    return "SIGKILL, back empty"


def pause_queue(cluster: Cluster, _dice: random.Random) -> str:
    """The queue server hangs: connections stand and nothing answers."""
    queue = cluster.roles["queue"]
    with suppress(ProcessLookupError):
        queue.send_signal(signal.SIGSTOP)
        time.sleep(6)
        queue.send_signal(signal.SIGCONT)
    return "SIGSTOP for 6 s: longer than clients wait"


def provider_fails(cluster: Cluster, dice: random.Random) -> str:
    """The next few texts meet a provider that is not well: one that can be asked, one that not."""
    names = dice.choices(PROVIDER, k=cluster.spell)
    cluster.system.twilio.answer_next(*names)
    others = dice.choices(GATEWAY, k=1 + cluster.spell // 2)
    cluster.gateway.answers.extend(others)
    met = Counter((*names, *(f"gateway {one}" for one in map(_named, others))))
    return ", ".join(f"{count} {name}" for name, count in sorted(met.items()))


def _named(answer: tuple[int, str] | str) -> str:
    return answer if isinstance(answer, str) else str(answer[0])


def disk_full(cluster: Cluster, _dice: random.Random) -> str:
    """The disk that hub and database write on is full for a while.

    Where there is none of its own, no file of theirs can grow (RLIMIT_FSIZE).
    """
    if cluster.disk:
        cluster.disk.fill()
        time.sleep(2)
        cluster.disk.free()
        return "not a byte left for 2 s"
    before: dict[int, tuple[int, int]] = {}
    for pid in cluster.processes():
        with suppress(OSError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[pid][1]))
    others = cluster.postgres.limit_files("4096") if cluster.postgres else []
    time.sleep(2)
    for pid, limits in before.items():
        with suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    if cluster.postgres and others:
        cluster.postgres.limit_files("unlimited", others)
    return f"2 s, {len(before)} processes of the hub, {len(others)} of the database"


def clock_stepped(cluster: Cluster, dice: random.Random) -> str:
    """A machine whose clock is wrong works beside the others: an hour ahead, or behind."""
    step = timedelta(hours=next(cluster.steps), minutes=dice.randrange(-5, 5))
    hub = replace(cluster.system.hub, clock=lambda: datetime.now(UTC) + step)
    hub.__dict__["engine"] = cluster.system.hub.engine
    began = time.monotonic()
    until = began + 30

    def enough() -> bool:
        # A few seconds: else it does the others' work alone, and the next faults meet none.
        return time.monotonic() > began + _WRONG_CLOCK

    queues = (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY)
    while True:
        try:
            done = sum(drain(hub, queue, enough) for queue in queues)
            due = sound_alarms(hub, hub.clock())
        except (DBAPIError, StaleVersion):
            # As any worker's, it ends where the database is away, and is started again.
            if time.monotonic() > until:
                return "the database was away all the time"
            time.sleep(0.5)
        else:
            said = f"{step.total_seconds() / 60:+.0f} min"
            return f"{said}, {done} rows and {due} clocks handled by it"


def crash_database(cluster: Cluster, _dice: random.Random) -> str:
    """PostgreSQL's processes die and it recovers from its log; SQLite has no server."""
    return cluster.postgres.crash() if cluster.postgres else "left out: SQLite has no server"


def restart_database(cluster: Cluster, _dice: random.Random) -> str:
    """PostgreSQL is started again under the load."""
    return cluster.postgres.restart() if cluster.postgres else "left out: SQLite has no server"


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
    "database crashed": crash_database,
    "database restarted": restart_database,
}


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
