"""How fast messages come in and are worked off: ``intake``, ``burst``, ``workers``."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast
from urllib.request import urlopen

import structlog
from sqlalchemy import func, select

from bench.fill import register
from bench.frame import Bench, free_port, share_of, tree_of
from bench.hubs import RunningHub, built, cpu_of, wait_ready
from bench.load import TEXTS, drive
from feedback_hub.adapters import outbox, tables
from feedback_hub.adapters.engine import sqlite_url
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.message import DeliveryState, InboundMessage
from feedback_hub.services import intake as taking_in
from feedback_hub.services.records.work import Queue
from workers.drain import drain

CLIENTS = 8


def intake(bench: Bench) -> None:
    """The Twilio webhook against a bare view, in turns on the same database server."""
    for kind in bench.databases:
        bench.say(f"intake, {kind}: {CLIENTS} clients, {bench.sizes['seconds']} s each in turns")
        home = bench.home(f"intake-{kind}")
        running = RunningHub(home, bench.database(kind, "bench_intake"))
        running.hub.close()
        url = bench.database(kind, "bench_bare") or sqlite_url(home / "bare.sqlite3")
        port = free_port()
        rates: dict[str, list[float]] = {"hub": [], "bare": []}
        took: dict[str, list[float]] = {"hub": [], "bare": []}
        with running.running("web"), _bare(port, url):
            for turn in range(bench.sizes["turns"]):
                for name, at in (("bare", port), ("hub", running.port)):
                    found = drive(
                        at,
                        clients=CLIENTS,
                        seconds=bench.sizes["seconds"],
                        first=1 + turn * 1_000_000,
                    )
                    rates[name].append(
                        cast("int", found["answered"]) / cast("float", found["seconds"])
                    )
                    took[name] += cast("list[float]", found["took"])
        hub, bare = (sum(rates[name]) / len(rates[name]) for name in ("hub", "bare"))
        bench.found("intake", f"{kind}: bare view", bare, "/s")
        bench.found("intake", f"{kind}: hub, durable", hub, "/s")
        bench.found("intake", f"{kind}: hub to bare", hub / bare, "x", least=0.8)
        late = {name: share_of(took[name], 0.99) for name in took}
        bench.found("intake", f"{kind}: bare view, 99 %", late["bare"], "ms")
        if kind == "sqlite":
            bench.found("intake", f"{kind}: hub, 99 %", late["hub"], "ms", most=100)
        else:
            bench.found("intake", f"{kind}: hub, 99 %", late["hub"], "ms")
            ratio = late["hub"] / late["bare"]
            bench.found("intake", f"{kind}: 99 %, hub to bare", ratio, "x", most=2)


@contextmanager
def _bare(port: int, url: str) -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), url]) as process:
        try:
            wait_ready(f"http://127.0.0.1:{port}/readyz")
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def burst(bench: Bench) -> None:
    """Many messages at once, each delivered twice: until durable, and until acknowledged."""
    wanted = bench.sizes["messages"]
    kind = "postgres" if "postgres" in bench.databases else "sqlite"
    bench.say(f"burst, {kind}: {wanted:,} messages, each delivered twice")
    home = bench.home("burst")
    provider = free_port()
    url = bench.database(kind, "bench_burst")
    running = RunningHub(home, url, f"http://127.0.0.1:{provider}", full=False)
    with (
        closing(running.hub),
        subprocess.Popen([sys.executable, "-m", "bench.provider", str(provider)]) as taking,
    ):
        try:
            register(running.hub)
            with running.running() as process:
                _burst(bench, running, process.pid, provider, wanted)
        finally:
            taking.kill()


def _burst(bench: Bench, running: RunningHub, pid: int, provider: int, wanted: int) -> None:
    began, used = time.monotonic(), cpu_of(tree_of(pid))
    server_used = cpu_of(bench.database_processes())
    limit = 1 + wanted * 1800 // 100_000 + 120
    found = drive(running.port, clients=CLIENTS, seconds=limit, first=1, messages=wanted, times=2)
    durable = time.monotonic() - began
    bench.found("burst", "every message durable", durable / 60, "min", most=wanted * 10 / 100_000)
    bench.found("burst", "deliveries answered", cast("int", found["answered"]), "")
    last = -1
    while time.monotonic() - began < limit:
        left = left_of(running.hub)
        if not left:
            break
        if left != last:
            bench.say(f"    {time.monotonic() - began:6.0f} s: {left:,} pieces of work left")
        last = left
        time.sleep(min(10, 1 + limit / 100))
    done = time.monotonic() - began
    goal = max(wanted * 15 / 100_000, 0.5)
    bench.found("burst", "all read, routed and acknowledged", done / 60, "min", most=goal)
    spent = 1000 * (cpu_of(tree_of(pid)) - used) / wanted
    bench.found("burst", "processor a message, the hub's processes", spent, "ms")
    if server := bench.database_processes():
        spent = 1000 * (cpu_of(server) - server_used) / wanted
        bench.found("burst", "processor a message, the database server's", spent, "ms")
    with running.hub.reading() as uow:
        cases = uow.session.scalar(select(func.count()).select_from(tables.case)) or 0
        sent = uow.session.scalar(
            select(func.count()).where(tables.delivery.c.state == DeliveryState.SENT)
        )
    bench.found("burst", "cases beyond one a message", cases - wanted, "", most=0)
    bench.found("burst", "messages without a case", max(0, wanted - cases), "", most=0)
    with urlopen(f"http://127.0.0.1:{provider}/count", timeout=10) as answer:
        counted = json.load(answer)
    again = counted["texts"] - counted["different"]
    bench.found("burst", "acknowledgements sent", counted["texts"], "")
    bench.found("burst", "acknowledgements sent twice", again, "", most=0)
    bench.found(
        "burst", "sent, not written down as sent", counted["texts"] - (sent or 0), "", most=0
    )


def left_of(hub: Hub) -> int:
    """Pieces of work left until each message is registered, read, routed and acknowledged."""
    now = hub.clock()
    with hub.reading() as uow:
        found = outbox.waiting(uow.session, now)
        waiting = sum(found.get(queue, 0) for queue in _ROAD)
        leased = sum(
            uow.session.scalar(
                select(func.count()).where(
                    table.c.handled_at.is_(None),
                    table.c.set_aside_at.is_(None),
                    table.c.leased_until.is_not(None),
                    *road,
                )
            )
            or 0
            for table, road in (
                (tables.inbox, ()),
                (tables.outbox, (tables.outbox.c.queue.in_(_ROAD),)),
            )
        )
    return waiting + leased


_ROAD = (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY)
"""A second reading, and asking after receipts, come later and hold up nobody."""


def workers(bench: Bench) -> None:
    """One, two and four workers on the same amount of work, and what RQ costs a job."""
    kind = "postgres" if "postgres" in bench.databases else "sqlite"
    wanted = bench.sizes["drained"]
    bench.say(f"workers, {kind}: {wanted:,} messages to register, read and acknowledge")
    first = 0.0
    for number in (1, 2, 4):
        hub = built(
            bench.home(f"workers-{number}"), bench.database(kind, f"bench_workers_{number}")
        )
        with closing(hub):
            register(hub)
            arrive(hub, wanted, 0)
            home, url = str(hub.config.hub.home), hub.config.database.url
        at_it = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.arriving", home, url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(number)
        ]
        for one in at_it:
            # Programs and words are loaded, its connection is open: from here on it works.
            cast("IO[bytes]", one.stdout).readline()
        server = bench.database_processes()
        began, used = time.monotonic(), cpu_of(server)
        for one in at_it:
            cast("IO[bytes]", one.stdin).close()
        spent = sum(float(cast("IO[bytes]", one.stdout).readline()) for one in at_it)
        rate = wanted / (time.monotonic() - began)
        first = first or rate
        each = 1000 * spent / wanted
        bench.found("workers", f"{number} workers: processor a message, theirs", each, "ms")
        if server:
            of_server = cpu_of(bench.database_processes()) - used
            share = of_server / (of_server + spent)
            what = f"{number} workers: share of the processor that the database server took"
            bench.found("workers", what, share, "")
        for one in at_it:
            one.wait()
        bench.found(
            "workers",
            f"{number} workers",
            rate,
            "/s",
            curve="messages a second by workers",
            at=number,
        )
        fitting = min(number, len(os.sched_getaffinity(0)))
        if 1 < fitting == number:
            bench.found("workers", f"{number} to 1", rate / first, "x", least=0.7 * number)
    _rq(bench)


def _rq(bench: Bench) -> None:
    """What a job that does nothing takes, forked."""
    from rq import SimpleWorker, Worker
    from rq.serializers import JSONSerializer

    from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
    from workers.queues import connect, open_queue

    valkey = EmbeddedValkey(bench.home("rq"))
    child = os.fork()
    if child == 0:
        valkey.run()
        os._exit(0)
    try:
        until = time.monotonic() + 10
        while not valkey.answers() and time.monotonic() < until:
            time.sleep(0.02)
        connection = connect(valkey.url)
        for name, kind in (("forked", Worker), ("not forked", SimpleWorker)):
            queue = open_queue(Queue.HOUSEKEEPING, connection)
            for _ in range(50):
                queue.enqueue("time.time", result_ttl=0)
            at_it = kind([queue], connection=connection, serializer=JSONSerializer)
            began = time.monotonic()
            at_it.work(burst=True, logging_level="ERROR")
            each = 1000 * (time.monotonic() - began) / 50
            bench.found("workers", f"an RQ job that does nothing, {name}", each, "ms")
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def arrive(hub: Hub, number: int, first: int) -> None:
    """Accept ``number`` messages without a web server between."""
    now = datetime.now(UTC)
    for start in range(first, first + number, 500):
        with hub.unit_of_work() as uow:
            items = [
                InboundMessage(
                    f"bench-{one}",
                    now,
                    TEXTS[one % len(TEXTS)].format(n=one % 150),
                    f"+25885{one:07}",
                    f"+25885{one:07}",
                )
                for one in range(start, min(start + 500, first + number))
            ]
            taking_in.accept_all(uow, "sms", items, now, from_history=False)
            uow.commit()


def work_off(hub: Hub) -> int:
    """Register, read and acknowledge all that waits, in this process; how many pieces."""
    hub.classifier.prepare()
    done = 0
    while True:
        step = sum(drain(hub, queue) for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY))
        if not step:
            return done
        done += step


def _one_worker(home: str, url: str) -> int:
    # A line for each piece of work is no part of what is measured.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # What goes to standard output is read: that it is ready, and what it used.
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    hub = built(Path(home), url)
    with closing(hub):
        hub.classifier.prepare()
        with hub.reading() as uow:
            outbox.waiting(uow.session, hub.clock())
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
        used = time.process_time()
        work_off(hub)
        sys.stdout.write(f"{time.process_time() - used}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_one_worker(*sys.argv[1:]))
