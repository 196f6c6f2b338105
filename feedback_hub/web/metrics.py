"""``/metrics`` for Prometheus, with a token only.

Read from the database at each scrape: any process answers for all, and nothing is counted twice.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from importlib.metadata import version

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.errors import NotAllowed
from feedback_hub.reads.metrics import HubState, hub_state
from feedback_hub.web import problems
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import Unauthenticated, current_actor, has_token

metrics = Blueprint("metrics", __name__)

READERS = frozenset({Role.ADMIN, Role.AUDITOR, Role.COORDINATOR})


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
        found = hub_state(uow, now, kinds)
    text = generate_latest(_registry(hub, found, now))
    return Response(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _require_reader() -> None:
    if not has_token():
        raise Unauthenticated
    if not current_actor().roles & READERS:
        raise NotAllowed("read the metrics")


def _registry(hub: Hub, found: HubState, now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"feedback_hub_{name}", says, labels, registry=registry)

    waiting = gauge("queue_waiting", "Rows that are due and not yet handled.", "queue")
    oldest = gauge("queue_oldest_seconds", "Age of the oldest row that is due.", "queue")
    aside = gauge("queue_set_aside", "Rows given up on, for a person to look at.", "queue")
    for queue in found.queues:
        age = (now - queue.oldest_at).total_seconds() if queue.oldest_at else 0.0
        waiting.labels(queue.name).set(queue.waiting)
        oldest.labels(queue.name).set(age)
        aside.labels(queue.name).set(queue.set_aside)
    cases = gauge("cases", "Cases by state, highly sensitive ones left out.", "state")
    for state, count in found.cases.items():
        cases.labels(state.value).set(count)
    deliveries = gauge("deliveries", "Texts by state, those of the same cases.", "state")
    for fate, count in found.deliveries.items():
        deliveries.labels(fate.value).set(count)
    gauge("inbox_rejected", "Requests of providers that nobody could read.").set(found.rejected)
    raised = gauge("alerts", "What needs the operator now.", "kind", "subject")
    for alert in found.alerts:
        raised.labels(alert.kind.value, alert.subject).set(1)
    silence = gauge("channel_silence_seconds", "Since a channel's last message.", "channel")
    outgoing = gauge("channel_waiting", "Texts that wait to be sent.", "channel")
    left = gauge("channel_set_aside", "Payloads and work for a person to look at.", "channel")
    for line in found.channels:
        if line.last_in is not None:
            silence.labels(line.name).set((now - line.last_in).total_seconds())
        outgoing.labels(line.name).set(line.waiting)
        left.labels(line.name).set(line.set_aside)
    free = shutil.disk_usage(hub.config.hub.home)
    gauge("disk_free_bytes", "Free on the disk of the home.").set(free.free)
    gauge("disk_total_bytes", "Size of the disk of the home.").set(free.total)
    lag = max(((now - q.oldest_at).total_seconds() for q in found.queues if q.oldest_at), default=0)
    gauge("relay_lag_seconds", "Age of the oldest work of any queue that is due.").set(lag)
    if found.backup_at is not None:
        age = (now - found.backup_at).total_seconds()
        gauge("backup_age_seconds", "Since the last backup was written.").set(age)
    ends = gauge("token_expires_seconds", "Until an access token ends, of those that do.", "token")
    for token in found.tokens:
        ends.labels(token.name).set((token.at - now).total_seconds())
    build = gauge("build", "Always 1; what runs here.", "version", "database", "classifier")
    kind = "postgresql" if hub.config.database.url.startswith("postgresql") else "sqlite"
    build.labels(version("feedback-hub"), kind, hub.classifier.version.partition("/")[0]).set(1)
    return registry
