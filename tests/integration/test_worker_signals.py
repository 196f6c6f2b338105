"""The worker role as a real process on a real queue: it does jobs, and it stops well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.services.records.work import Queue as QueueName
from workers.queues import connect, open_queue
from workers.worker import stop_requested

_ROOT = Path(__file__).parents[2]
_SERVER = (
    "import sys; from pathlib import Path; "
    "from feedback_hub.adapters.embedded_valkey import EmbeddedValkey; "
    "EmbeddedValkey(Path(sys.argv[1])).run()"
)
_WORKER = "import sys; from workers.worker import run_worker; run_worker(sys.argv[1])"

Process = subprocess.Popen[bytes]


def until(met: Callable[[], bool], what: str, seconds: float = 90.0) -> None:
    """Look every 10 ms until ``met``; fail with ``what`` after the deadline."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


class Bench:
    """A queue server, and workers on it."""

    def __init__(self, home: Path) -> None:
        self.valkey = EmbeddedValkey(home)
        self.trail = home / "trail"
        self.trail.touch()
        self._processes: list[Process] = []
        self.server = self.start_server()
        self.connection: Redis = connect(self.valkey.url)

    def _start(self, *words: str) -> Process:
        self._processes.append(subprocess.Popen([sys.executable, "-c", *words], cwd=_ROOT))
        return self._processes[-1]

    def start_server(self) -> Process:
        process = self._start(_SERVER, str(self.trail.parent))
        until(self.valkey.answers, "Valkey answers")
        return process

    def start_worker(self) -> Process:
        return self._start(_WORKER, self.valkey.url)

    def enqueue(self, name: str, queue: QueueName = QueueName.INTAKE, timeout: int = 60) -> Job:
        return open_queue(queue, self.connection).enqueue(
            f"tests.integration.test_worker_signals.{name}",
            str(self.trail),
            job_timeout=timeout,
            result_ttl=0,
            failure_ttl=60,
        )

    def failed(self, queue: QueueName = QueueName.INTAKE) -> list[str]:
        ids: list[str] = open_queue(queue, self.connection).failed_job_registry.get_job_ids()
        return ids

    def await_idle_worker(self) -> None:
        """Until the one worker waits for jobs."""

        def idle() -> bool:
            keys = self.connection.smembers("rq:workers")
            return [self.connection.hget(key, "state") for key in keys] == [b"idle"]

        until(idle, "the worker waits for jobs")

    def has(self, word: str) -> bool:
        return word in self.trail.read_text().split()

    def pid(self, word: str) -> int:
        """The number that follows ``word`` on the trail."""
        until(lambda: self.has(word), f"{word!r} on the trail")
        words = self.trail.read_text().split()
        return int(words[words.index(word) + 1])

    def close(self) -> None:
        self.connection.close()
        for process in reversed(self._processes):
            process.kill()
            process.wait(10)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def test_jobs_of_every_queue_are_done_and_leave_nothing_behind(bench: Bench) -> None:
    keys = [bench.enqueue("note", queue).key for queue in QueueName]
    bench.start_worker()
    until(lambda: not bench.connection.exists(*keys), "all are done")
    assert bench.trail.read_text().split() == ["note"] * len(QueueName)


def test_an_idle_worker_stops_at_once(bench: Bench) -> None:
    worker = bench.start_worker()
    bench.await_idle_worker()
    worker.terminate()
    assert worker.wait(40) == 0
    assert bench.connection.scard("rq:workers") == 0


@pytest.mark.parametrize("asked", ["worker", "every process", "Ctrl-C"])
def test_a_drain_ends_after_the_row_in_hand(bench: Bench, asked: str) -> None:
    worker = bench.start_worker()
    job = bench.enqueue("drain")
    horse = bench.pid("draining")
    worker.send_signal(signal.SIGINT if asked == "Ctrl-C" else signal.SIGTERM)
    if asked != "worker":
        os.kill(horse, signal.SIGINT if asked == "Ctrl-C" else signal.SIGTERM)
    assert worker.wait(40) == 0
    assert bench.has("asked-to-stop")
    assert not bench.connection.exists(job.key)
    assert not bench.failed()


def test_a_job_past_its_time_fails_and_the_worker_goes_on(bench: Bench) -> None:
    bench.start_worker()
    job = bench.enqueue("drain", timeout=1)
    bench.enqueue("note")
    until(lambda: bench.has("note"), "the next job is done")
    assert bench.failed() == [job.id]


def test_a_killed_horse_costs_its_job_only(bench: Bench) -> None:
    bench.start_worker()
    job = bench.enqueue("drain")
    os.kill(bench.pid("draining"), signal.SIGKILL)
    bench.enqueue("note")
    until(lambda: bench.has("note"), "the next job is done")
    assert bench.failed() == [job.id]


def test_a_worker_outlasts_a_queue_server_that_is_killed_and_comes_back(bench: Bench) -> None:
    worker = bench.start_worker()
    bench.await_idle_worker()
    bench.server.kill()
    bench.server.wait(10)
    bench.start_server()
    bench.enqueue("note")
    until(lambda: bench.has("note"), "the job is done")
    assert worker.poll() is None


def test_a_worker_that_finds_no_queue_server_says_so_and_ends(bench: Bench) -> None:
    bench.server.kill()
    bench.server.wait(10)
    assert bench.start_worker().wait(90) == 1


def note(trail: str) -> None:
    """A job that leaves a word."""
    with Path(trail).open("a") as file:
        file.write("note\n")


def drain(trail: str) -> None:
    """A job of very many rows of 0.1 s each."""
    with Path(trail).open("a", buffering=1) as file:
        file.write(f"draining {os.getpid()}\n")
        for _ in range(600):
            time.sleep(0.1)
            if stop_requested():
                file.write("asked-to-stop\n")
                return
