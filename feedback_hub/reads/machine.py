"""What the machine's operator looks at: work that was set aside, backups, tokens, room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select, union_all

from feedback_hub.adapters.tables import audit, inbox, outbox, token
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.audit import AuditAction
from feedback_hub.reads import health
from feedback_hub.reads.views.health import QueueHealth
from feedback_hub.services.records.work import InboxKind, Queue

LEAST_ROOM = 16_000_000
"""Bytes free on the home's disk below which SQLite may not keep what comes: its log needs room."""
MOST_SHOWN = 50
SOON = timedelta(days=30)


@dataclass(frozen=True)
class GivenUp:
    """Work that failed too often. ``fault`` says what kind of fault, never content."""

    id: str
    queue: str
    at: datetime
    attempts: int
    fault: str


@dataclass(frozen=True)
class Ending:
    """A token and its last moment."""

    name: str
    at: datetime


@dataclass(frozen=True)
class MachinePage:
    """What stands beside channels and queues on the operator's page; sizes in bytes."""

    given_up: tuple[GivenUp, ...]
    backup_at: datetime | None
    tokens: tuple[Ending, ...]
    disk_free: int
    disk_total: int


def page(uow: SqlUnitOfWork, now: datetime, disk: tuple[int, int]) -> MachinePage:
    """All of it. ``disk``: bytes free and in all."""
    return MachinePage(
        given_up=tuple(given_up(uow)),
        backup_at=backup_at(uow),
        tokens=tokens_ending(uow, now, SOON),
        disk_free=disk[0],
        disk_total=disk[1],
    )


def tokens_ending(
    uow: SqlUnitOfWork, now: datetime, within: timedelta | None
) -> tuple[Ending, ...]:
    """Live tokens that end, within so long if it is said; the next first."""
    ends = token.c.expires_at
    ending = select(token.c.name, ends).where(token.c.revoked_at.is_(None), ends > now)
    if within is not None:
        ending = ending.where(ends < now + within)
    rows = uow.session.execute(ending.order_by(ends))
    return tuple(Ending(row.name, row.expires_at) for row in rows)


def given_up(uow: SqlUnitOfWork) -> Sequence[GivenUp]:
    """The latest work that was set aside; not what nobody could read, which its channel shows."""
    came = select(
        inbox.c.id,
        literal(Queue.INTAKE.value).label("queue"),
        inbox.c.set_aside_at,
        inbox.c.attempts,
        inbox.c.fault,
    ).where(
        inbox.c.set_aside_at.is_not(None),
        inbox.c.handled_at.is_(None),
        inbox.c.kind != InboxKind.REJECTED,
    )
    other = select(
        outbox.c.id, outbox.c.queue, outbox.c.set_aside_at, outbox.c.attempts, outbox.c.fault
    ).where(outbox.c.set_aside_at.is_not(None), outbox.c.handled_at.is_(None))
    both = union_all(came, other).subquery()
    rows = select(both).order_by(both.c.set_aside_at.desc()).limit(MOST_SHOWN)
    return [
        GivenUp(row.id, str(row.queue), row.set_aside_at, row.attempts, row.fault)
        for row in uow.session.execute(rows)
    ]


def backup_at(uow: SqlUnitOfWork) -> datetime | None:
    """When a backup was last written, by the audit log."""
    made = select(func.max(audit.c.at)).where(audit.c.action == AuditAction.BACKED_UP)
    at: datetime | None = uow.session.scalar(made)
    return at


def looked_at(
    uow: SqlUnitOfWork, now: datetime
) -> tuple[tuple[QueueHealth, ...], datetime | None, datetime | None]:
    """The queues, the last backup, and since when there is anything to back up."""
    first: datetime | None = uow.session.scalar(select(func.min(inbox.c.arrived_at)))
    return health.page(uow, {}, now).queues, backup_at(uow), first
