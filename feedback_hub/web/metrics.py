"""``/metrics`` for Prometheus, with a token only.

Read from the database at each scrape: any process answers for all, and nothing is counted twice.
Requests are counted by the web role that is asked; Prometheus asks each.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from itertools import accumulate

from flask import Blueprint, Flask, Response, current_app
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from feedback_hub.adapters.certificate import Shown, certificate_ends, shown_host
from feedback_hub.adapters.queue_server import SCHEDULER, WORKER, queue_state
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.errors import NotAllowed
from feedback_hub.reads.metrics import HubState, hub_state
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.web import problems
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import Unauthenticated, current_actor, has_token
from feedback_hub.web.timings import BOUNDS, Timings

metrics = Blueprint("metrics", __name__)

READERS = frozenset({Role.ADMIN, Role.AUDITOR, Role.COORDINATOR})
CERTIFICATE_EVERY = 600.0
"""Seconds for which what the hub's own address showed is said again without asking."""
_NO_SUBJECT = frozenset({AlertKind.NOT_TAKEN, AlertKind.NOBODY_ON_CALL})
"""What rings is nobody's business here: only that nobody takes it."""
_EXTENSION = "feedback_hub_metrics"


class _Watched:
    """What is not in the database: requests, and the certificate that the hub's address shows."""

    def __init__(self, base_url: str, timings: Timings | None) -> None:
        self.timings = timings
        self._host = shown_host(base_url)
        self._shown: Shown | None = None
        self._asked = 0.0

    def certificate(self) -> Shown | None:
        """As it was within ten minutes; None without TLS."""
        if self._host and (not self._asked or time.monotonic() - self._asked > CERTIFICATE_EVERY):
            self._asked = time.monotonic()
            self._shown = Shown(self._host[0], certificate_ends(*self._host, seconds=1.0))
        return self._shown


def init_metrics(app: Flask, hub: Hub, timings: Timings | None) -> None:
    """What ``/metrics`` says beside the database. Asks nobody yet."""
    app.extensions[_EXTENSION] = _Watched(hub.config.hub.base_url, timings)


@metrics.get("/metrics")
def show() -> Response:
    """How the hub stands, in Prometheus' text format."""
    hub = current_hub()
    try:
        _require_reader()
    except (Unauthenticated, NotAllowed) as error:
        # A machine asks here: a page with a log-in would tell it nothing.
        return problems.problem(error)
    now = hub.clock()
    with hub.reading() as uow:
        kinds = {name: section.kind for name, section in hub.config.channels.items()}
        found = hub_state(uow, current_actor(), now, kinds)
    watched: _Watched = current_app.extensions[_EXTENSION]
    registry = _registry(hub, found, now)
    _the_parts(hub, registry, watched.certificate(), found, now)
    if watched.timings is not None:
        registry.register(_Requests(watched.timings))
    text = generate_latest(registry)
    return Response(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _require_reader() -> None:
    if not has_token():
        raise Unauthenticated
    if not current_actor().roles & READERS:
        raise NotAllowed("read the metrics")


def _registry(hub: Hub, found: HubState, now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    _queues(registry, found, now)
    _cases_and_texts(registry, found)
    _channels(registry, found, now)
    if found.backup_at is not None:
        age = (now - found.backup_at).total_seconds()
        _gauge(registry, "backup_age_seconds", "Since the last backup was written.").set(age)
    ends = _gauge(
        registry, "token_expires_seconds", "Until an access token ends, of those that do.", "token"
    )
    for token in found.tokens:
        ends.labels(token.name).set((token.at - now).total_seconds())
    build = _gauge(
        registry, "build", "Always 1; what runs here.", "version", "database", "classifier"
    )
    kind = "postgresql" if hub.config.database.url.startswith("postgresql") else "sqlite"
    build.labels(version("feedback-hub"), kind, hub.classifier.version.partition("/")[0]).set(1)
    return registry


def _queues(registry: CollectorRegistry, found: HubState, now: datetime) -> None:
    waiting = _gauge(registry, "queue_waiting", "Rows that are due and not yet handled.", "queue")
    oldest = _gauge(registry, "queue_oldest_seconds", "Age of the oldest row that is due.", "queue")
    aside = _gauge(
        registry, "queue_set_aside", "Rows given up on, for a person to look at.", "queue"
    )
    lag = 0.0
    for queue in found.queues:
        age = (now - queue.oldest_at).total_seconds() if queue.oldest_at else 0.0
        lag = max(lag, age)
        waiting.labels(queue.name).set(queue.waiting)
        oldest.labels(queue.name).set(age)
        aside.labels(queue.name).set(queue.set_aside)
    _gauge(registry, "relay_lag_seconds", "Age of the oldest work of any queue that is due.").set(
        lag
    )
    leased = _gauge(registry, "queue_leased", "Rows that a worker is at.", "queue")
    lapsed = _gauge(
        registry, "queue_lapsed", "Rows whose worker did not come back; tried again.", "queue"
    )
    for name, (held, late) in found.leases.items():
        leased.labels(name.value).set(held)
        lapsed.labels(name.value).set(late)


def _cases_and_texts(registry: CollectorRegistry, found: HubState) -> None:
    cases = _gauge(registry, "cases", "Cases by state, highly sensitive ones left out.", "state")
    for state, count in found.cases.items():
        cases.labels(state.value).set(count)
    deliveries = _gauge(
        registry, "deliveries", "Texts by state, those of the same cases.", "state", "channel"
    )
    for (name, fate), count in found.deliveries.items():
        deliveries.labels(fate.value, name).set(count)
    _gauge(registry, "inbox_rejected", "Requests of providers that nobody could read.").set(
        found.rejected
    )
    raised = _gauge(registry, "alerts", "What needs the operator now.", "kind", "subject")
    for alert in found.alerts:
        subject = "" if alert.kind in _NO_SUBJECT else alert.subject
        raised.labels(alert.kind.value, subject).set(1)


def _channels(registry: CollectorRegistry, found: HubState, now: datetime) -> None:
    silence = _gauge(
        registry, "channel_silence_seconds", "Since a channel's last message.", "channel"
    )
    outgoing = _gauge(registry, "channel_waiting", "Texts that wait to be sent.", "channel")
    oldest = _gauge(
        registry, "channel_oldest_waiting_seconds", "Age of the oldest of them.", "channel"
    )
    left = _gauge(
        registry, "channel_set_aside", "Payloads and work for a person to look at.", "channel"
    )
    for line in found.channels:
        if line.last_in is not None:
            silence.labels(line.name).set((now - line.last_in).total_seconds())
        outgoing.labels(line.name).set(line.waiting)
        age = (now - line.waiting_since).total_seconds() if line.waiting_since else 0.0
        oldest.labels(line.name).set(age)
        left.labels(line.name).set(line.set_aside)


def _gauge(registry: CollectorRegistry, name: str, says: str, *labels: str) -> Gauge:
    return Gauge(f"feedback_hub_{name}", says, labels, registry=registry)


def _the_parts(
    hub: Hub, registry: CollectorRegistry, shown: Shown | None, found: HubState, now: datetime
) -> None:
    """Queue server, who works by it, database, disk, certificate."""
    queue = queue_state(hub.config)
    _gauge(registry, "queue_server_up", "1 while the queue server answers.").set(queue.answers)
    if queue.answers:  # else nobody knows
        alive = _gauge(registry, "processes", "Signs of life within two minutes.", "role")
        alive.labels(WORKER).set(queue.workers)
        alive.labels(SCHEDULER).set(queue.schedulers)
    database = found.database
    _gauge(registry, "database_size_bytes", "What the database takes.").set(database.size)
    if database.connections:
        used = _gauge(registry, "database_connections", "Connections of all its clients.", "state")
        for state, count in database.connections.items():
            used.labels(state).set(count)
        most = _gauge(registry, "database_connections_max", "Connections that it takes.")
        most.set(database.most_connections)
    free = shutil.disk_usage(hub.config.hub.home)
    _gauge(registry, "disk_free_bytes", "Free on the disk of the home.").set(free.free)
    _gauge(registry, "disk_total_bytes", "Size of the disk of the home.").set(free.total)
    if shown is not None and shown.ends_at is not None:
        left = (shown.ends_at - now).total_seconds() if shown.is_good else 0.0
        ends = _gauge(
            registry, "certificate_expires_seconds", "Until it ends; 0: not good.", "host"
        )
        ends.labels(shown.host).set(left)


class _Requests(Collector):
    """What the processes of this web role counted since its start."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings

    def collect(self) -> Iterator[Metric]:
        """A histogram of how long they took, and a counter of how they ended."""
        took = HistogramMetricFamily(
            "feedback_hub_http_request_seconds",
            "From a request to the first byte of its answer.",
            labels=["route"],
        )
        ended = CounterMetricFamily(
            "feedback_hub_http_responses", "Answers by class of status.", labels=["route", "code"]
        )
        for route, timed in self._timings.read().items():
            names = [*map(str, BOUNDS), "+Inf"]
            counts = accumulate(timed.by_bound)
            took.add_metric([route.value], list(zip(names, counts, strict=True)), timed.seconds)
            for code, count in timed.by_status.items():
                ended.add_metric([route.value, code], count)
        yield took
        yield ended
