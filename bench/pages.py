"""How long screens and lists take with many cases: ``queue``, ``search``, ``dashboard``, ``flat``.

Each answer is the application's own, over its WSGI interface in this process: server time, with
log-in, policy, queries and rendering. The number of queries is counted and must not grow.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient

from bench.arriving import arrive, work_off
from bench.filled import Filled, filled
from bench.frame import Bench, share_of
from tests.pages_world import log_in

DEEP = 20
"""Pages down, for a deep page."""


def queue(bench: Bench) -> None:
    """The queue's first page, its views and filters, and a page far down."""
    for kind in bench.databases:
        bench.say(f"queue, {kind}")
        late: dict[int, dict[str, float]] = {}
        asked: dict[int, dict[str, int]] = {}
        for rows in (bench.sizes["few"], bench.sizes["rows"]):
            held = filled(bench, kind, rows)
            client = log_in(held.app, "ana")
            late[rows], asked[rows] = {}, {}
            for name, path in _looks(client):
                took, queries, _ = held.timed(client, path, bench.sizes["looks"])
                late[rows][name], asked[rows][name] = share_of(took, 0.95), queries
        few, many = sorted(late)
        for name in late[many]:
            bench.found(
                "queue",
                f"{kind}: {name}, {many:,} cases, 95 %",
                late[many][name],
                "ms",
                most=50,
                curve=f"{kind}: {name}",
                at=many,
            )
            bench.found(
                "queue",
                f"{kind}: {name}, {few:,} cases, 95 %",
                late[few][name],
                "ms",
                curve=f"{kind}: {name}",
                at=few,
            )
            more = asked[many][name] - asked[few][name]
            bench.found("queue", f"{kind}: {name}, queries", asked[many][name], "")
            bench.found("queue", f"{kind}: {name}, queries more than with few", more, "", most=0)
        ratio = statistics.median(late[many][name] / late[few][name] for name in late[many])
        bench.found("queue", f"{kind}: {many:,} to {few:,} cases, median", ratio, "x", most=1.5)


def _looks(client: FlaskClient) -> Iterator[tuple[str, str]]:
    yield "first page", "/cases"
    for tab in ("triage", "verify", "overdue", "waiting"):
        yield f"view {tab}", f"/cases?tab={tab}"
    yield "filter site", "/cases?tab=all&site=S001"
    yield "filter rare site", "/cases?tab=all&site=S149"
    yield (
        "filter sector, type and state",
        "/cases?tab=all&sector=wash&type=complaint&state=referred",
    )
    yield "filter priority", "/cases?tab=all&priority=P2"
    yield "list over the API", "/api/v1/cases?limit=50"
    yield f"{DEEP} pages down", _deep(client)
    yield "home", "/"


def _deep(client: FlaskClient) -> str:
    path = "/api/v1/cases?limit=200"
    for _ in range(DEEP):
        following = client.get(path).get_json()["next"]
        if not following:
            break
        path = f"/api/v1/cases?limit=200&cursor={following}"
    return path.replace("limit=200", "limit=50")


def search(bench: Bench) -> None:
    """Words, common and rare, several, and none that exists."""
    for kind in bench.databases:
        bench.say(f"search, {kind}")
        held = filled(bench, kind, bench.sizes["rows"])
        client = log_in(held.app, "ana")
        for name, words in (
            ("a common word", "agua"),
            ("two common words", "bomba avariou"),
            ("a rare one beside common ones", "bomba avariou 7"),
            ("the beginning of a word", "quart"),
            ("no such word", "xyzzy"),
            ("a reference", f"{bench.sizes['rows'] // 2:09}"),
        ):
            path = f"/cases?tab=all&q={words}"
            took, _, _ = held.timed(client, path, bench.sizes["looks"] // 3)
            late = share_of(took, 0.95)
            bench.found("search", f"{kind}: {name}, 95 %", late, "ms", most=200)


def dashboard(bench: Bench) -> None:
    """Every measure, as the API gives it to a coordinator, and how old it is."""
    for kind in bench.databases:
        bench.say(f"dashboard, {kind}")
        held = filled(bench, kind, bench.sizes["rows"])
        if held.packing is not None:
            bench.found("dashboard", f"{kind}: packing all cases, once", held.packing, "s")
        client = log_in(held.app, "graca")
        for name, path in (
            ("every measure of two years", "/api/v1/measures?from=2024-06-01&to=2026-06-01"),
            ("of one site", "/api/v1/measures?from=2024-06-01&to=2026-06-01&site=S001"),
        ):
            took, _, _ = held.timed(client, path, bench.sizes["looks"] // 3)
            bench.found("dashboard", f"{kind}: {name}, 95 %", share_of(took, 0.95), "ms", most=300)
        # Fresh: a case that arrives is counted at once, folded or not.
        arrive(held.hub, 20, 9_000_000 + bench.sizes["rows"])
        work_off(held.hub)
        took, _, _ = held.timed(client, "/api/v1/measures", 3)
        bench.found(
            "dashboard", f"{kind}: with 20 fresh cases, 95 %", share_of(took, 0.95), "ms", most=300
        )


def flat(bench: Bench) -> None:
    """What a message costs to register, read and acknowledge, with few cases and with many."""
    for kind in bench.databases:
        bench.say(f"flat, {kind}")
        each = {}
        for rows in (bench.sizes["few"], bench.sizes["rows"]):
            held = filled(bench, kind, rows)
            with _not_counted(held):
                arrive(held.hub, 100, 8_000_000 + rows)
                work_off(held.hub)
                arrive(held.hub, 500, 8_500_000 + rows)
                began, used = time.monotonic(), time.process_time()
                work_off(held.hub)
                each[rows] = 1000 * (time.monotonic() - began) / 500
                spent = 1000 * (time.process_time() - used) / 500
            what = f"{kind}: a message with {rows:,} cases"
            bench.found(
                "flat", what, each[rows], "ms", curve=f"{kind}: work a message by cases", at=rows
            )
            bench.found("flat", f"{what}, processor of the worker", spent, "ms")
        few, many = sorted(each)
        bench.found("flat", f"{kind}: many to few", each[many] / each[few], "x", most=1.5)


@contextmanager
def _not_counted(held: Filled) -> Iterator[None]:
    yield
    held.statements.clear()
