"""What the machine's operator watches, from the database alone. No L3 is in any count of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, Table, func, select, text

from feedback_hub.adapters.tables import case, delivery, inbox, outbox
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import shut_out
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import channel_health, health, machine
from feedback_hub.reads.channel_health import ChannelLine
from feedback_hub.reads.machine import Ending
from feedback_hub.reads.views.health import QueueHealth
from feedback_hub.services.records.watching import Alert
from feedback_hub.services.records.work import InboxKind, Queue

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class DatabaseState:
    """The database itself: its size in bytes; connections by what they do; the most of them.

    SQLite has no connections to count.
    """

    size: int
    connections: Mapping[str, int]
    most_connections: int = 0


@dataclass(frozen=True)
class HubState:
    """How the hub stands at one moment."""

    queues: Sequence[QueueHealth]
    cases: Mapping[CaseState, int]
    deliveries: Mapping[tuple[str, DeliveryState], int]
    """By channel account and state."""
    rejected: int
    leases: Mapping[Queue, tuple[int, int]]
    """Rows that a worker holds, and those whose worker did not come back in time."""
    database: DatabaseState
    alerts: Sequence[Alert] = ()
    channels: Sequence[ChannelLine] = ()
    backup_at: datetime | None = None
    tokens: Sequence[Ending] = ()


def hub_state(
    uow: SqlUnitOfWork, actor: Actor, now: datetime, channels: Mapping[str, str] = EMPTY
) -> HubState:
    """Queues, cases and deliveries at ``now`` (UTC); every state is there, also at 0.

    Cases that a conflict of interest closes to ``actor``, and their texts, are not counted.
    ``channels`` are the configured accounts and their kinds.
    """
    closed = case.c.id.in_(shut_out(scope_of(actor, Action.READ_MEASURES)))
    cases = select(case.c.state, func.count()).where(case.c.sensitivity != Sensitivity.L3)
    rejected = select(func.count()).where(inbox.c.kind == InboxKind.REJECTED)
    by_state = dict.fromkeys(CaseState, 0)
    for state, count in uow.session.execute(cases.group_by(case.c.state)):
        by_state[state] = count
    # Taken away, for they are few: the rest is counted from an index alone.
    for state, count in uow.session.execute(cases.where(closed).group_by(case.c.state)):
        by_state[state] -= count
    return HubState(
        queues=health.page(uow, {}, now).queues,
        cases=by_state,
        deliveries=_deliveries(uow, closed, channels),
        rejected=uow.session.scalar(rejected) or 0,
        leases={queue: _leases(uow, queue, now) for queue in Queue},
        database=_database(uow),
        alerts=uow.lasting_alerts(),
        channels=channel_health.lines(uow, channels),
        backup_at=machine.backup_at(uow),
        tokens=machine.tokens_ending(uow, now, None),
    )


def _deliveries(
    uow: SqlUnitOfWork, closed: ColumnElement[bool], channels: Mapping[str, str]
) -> dict[tuple[str, DeliveryState], int]:
    """All, which an index counts, less those of L3 and closed cases, which are few."""
    every = select(delivery.c.channel, delivery.c.state, func.count()).group_by(
        delivery.c.channel, delivery.c.state
    )
    of_cases = every.join(case, case.c.id == delivery.c.case_id)
    hidden = [of_cases.where(case.c.sensitivity == Sensitivity.L3), of_cases.where(closed)]
    found = {(name, state): 0 for name in channels for state in DeliveryState}
    for name, state, count in uow.session.execute(every):
        found[name, state] = count
    for some in hidden:
        for name, state, count in uow.session.execute(some):
            found[name, state] -= count
    # A line of nought of an account that is gone would say that there is something to hide.
    return {key: count for key, count in found.items() if count or key[0] in channels}


def _leases(uow: SqlUnitOfWork, queue: Queue, now: datetime) -> tuple[int, int]:
    table: Table = inbox if queue is Queue.INTAKE else outbox
    until = table.c.leased_until
    held = select(func.count(), func.count().filter(until <= now)).where(
        table.c.handled_at.is_(None), table.c.set_aside_at.is_(None), until.is_not(None)
    )
    if queue is not Queue.INTAKE:
        held = held.where(outbox.c.queue == queue)
    every, lapsed = uow.session.execute(held).one()
    return every - lapsed, lapsed


def _database(uow: SqlUnitOfWork) -> DatabaseState:
    def ask(words: str) -> int:
        return int(uow.session.scalar(text(words)) or 0)

    if uow.session.get_bind().dialect.name == "sqlite":
        return DatabaseState(ask("PRAGMA page_count") * ask("PRAGMA page_size"), {})
    doing = uow.session.execute(
        text(
            "SELECT COALESCE(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
    )
    return DatabaseState(
        ask("SELECT pg_database_size(current_database())"),
        dict.fromkeys(("active", "idle", "idle in transaction"), 0)
        | {str(state): int(count) for state, count in doing},
        ask("SHOW max_connections"),
    )
