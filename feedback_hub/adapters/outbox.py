"""Work that waits in the database: claimed by conditional UPDATE with a lease, done once.

Two tables hold such work: ``inbox`` (accepted, not yet registered) and ``outbox``. The database is
the truth: whoever dies holding a lease loses it when it runs out, and somebody else does the work.
SQLite ignores SKIP LOCKED silently, so nothing here depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import delivery, inbox, outbox
from feedback_hub.services.records.work import InboxKind, Queue, Task

LEASE = timedelta(seconds=120)
"""Longer than any provider's time-out: a live worker never loses what it is sending."""
BATCH = 500
MOST_ATTEMPTS = 8
_BACK_OFF = (1, 5, 20, 60, 300, 900, 3600)


@dataclass(frozen=True)
class Claim:
    """One piece of work that is ours until ``leased_until``. ``task`` None: an inbox row.

    ``trace`` is what it all began with (``tracing``): a row of the inbox, or a request.
    """

    id: str
    subject_id: str
    task: Task | None
    leased_until: datetime
    attempts: int
    trace: str = ""


def claim(
    session: Session,
    queue: Queue,
    now: datetime,
    *,
    batch: int = BATCH,
    tried: bool | None = None,
) -> list[Claim]:
    """Lease up to ``batch`` waiting rows of ``queue``, the longest waiting first.

    ``tried``: only those that were, or were not, taken on before. Whoever takes on many at once
    leaves out those that were: one of them may be what its worker died of.
    """
    table = _table(queue)
    until = now + LEASE
    chosen = (
        select(table.c.id)
        .where(_due(table, now), *_of(queue), *_tried(table, tried))
        .order_by(table.c.available_at)
        .limit(batch)
    )
    if session.get_bind().dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    # A CTE: PostgreSQL may run a plain subquery once a row, and each time lock others.
    picked = chosen.cte("picked")
    leased = (
        update(table)
        .where(table.c.id.in_(select(picked.c.id)), _due(table, now))
        .values(leased_until=until, attempts=table.c.attempts + 1)
        .returning(table.c.id, _subject(table), _task(table), table.c.attempts, _trace(table))
    )
    rows = session.execute(leased).all()
    return [
        Claim(row[0], row[1], Task(row[2]) if row[2] else None, until, row[3], row[4])
        for row in rows
    ]


def finish(session: Session, claimed: Claim, now: datetime) -> bool:
    """Mark it done in the caller's transaction; False if the lease was lost: then do nothing.

    A job skips what is handled and records ``handled_at`` with its effects, or neither.
    """
    table = inbox if claimed.task is None else outbox
    return _change(session, table, claimed, handled_at=now)


def finish_all(session: Session, claims: Sequence[Claim], now: datetime) -> set[str]:
    """``finish`` for claims of one queue, made together; the ids of those still ours."""
    return _change_all(session, claims, handled_at=now)


def renew_all(session: Session, claims: Sequence[Claim], now: datetime) -> list[Claim]:
    """``renew`` for claims of one queue, made together; those still ours, with their new lease."""
    until = now + LEASE
    ours = _change_all(session, claims, leased_until=until)
    return [replace(one, leased_until=until) for one in claims if one.id in ours]


def renew(session: Session, claimed: Claim, now: datetime) -> Claim | None:
    """A fresh lease right before slow work; None if it was lost."""
    table = inbox if claimed.task is None else outbox
    until = now + LEASE
    if not _change(session, table, claimed, leased_until=until):
        return None
    return replace(claimed, leased_until=until)


def postpone(
    session: Session, claimed: Claim, at: datetime, *, counts: bool = True, fault: str = ""
) -> bool:
    """Give it back, not before ``at``; False if the lease was lost.

    ``counts`` False: waiting is part of the work.
    """
    table = inbox if claimed.task is None else outbox
    attempts = claimed.attempts if counts else claimed.attempts - 1
    return _change(
        session,
        table,
        claimed,
        leased_until=None,
        available_at=at,
        attempts=attempts,
        fault=fault[:200],
    )


def give_back(session: Session, claimed: Claim) -> bool:
    """It was not begun: it keeps its place in the queue; False if the lease was lost.

    No time is written: whoever's clock is fast must not put it off by what that is wrong.
    """
    table = inbox if claimed.task is None else outbox
    return _change(session, table, claimed, leased_until=None, attempts=claimed.attempts - 1)


def fail(session: Session, claimed: Claim, now: datetime, fault: str) -> bool:
    """It raised: later again, or set aside after too many tries (True). ``fault``: no content."""
    if claimed.attempts < MOST_ATTEMPTS:
        wait = _BACK_OFF[min(claimed.attempts, len(_BACK_OFF)) - 1]
        postpone(session, claimed, now + timedelta(seconds=wait), fault=fault)
        return False
    table = inbox if claimed.task is None else outbox
    _change(session, table, claimed, leased_until=None, set_aside_at=now, fault=fault[:200])
    return True


def try_again(session: Session, channel: str, now: datetime, row_id: str = "") -> int:
    """Put work of a channel that was set aside back, as new: one row or all; how many.

    What nobody could read stays: trying again reads the same.
    """
    texts = select(delivery.c.id).where(delivery.c.channel == channel)
    inbox_rows = (inbox.c.channel == channel, inbox.c.kind != InboxKind.REJECTED)
    sends = (outbox.c.task == Task.SEND, outbox.c.subject_id.in_(texts))
    return sum(
        change(
            session,
            update(table)
            .where(
                table.c.set_aside_at.is_not(None),
                table.c.handled_at.is_(None),
                *mine,
                *([table.c.id == row_id] if row_id else []),
            )
            .values(set_aside_at=None, attempts=0, available_at=now, leased_until=None),
        )
        for table, mine in ((inbox, inbox_rows), (outbox, sends))
    )


def try_one_again(session: Session, row_id: str, now: datetime) -> bool:
    """Put one piece of work that was set aside back, as new, whatever it is; whether it was there.

    What nobody could read stays: trying again reads the same.
    """
    again = {"set_aside_at": None, "attempts": 0, "available_at": now, "leased_until": None}
    return any(
        change(
            session,
            update(table)
            .where(
                table.c.id == row_id,
                table.c.set_aside_at.is_not(None),
                table.c.handled_at.is_(None),
                *readable,
            )
            .values(again),
        )
        for table, readable in ((inbox, (inbox.c.kind != InboxKind.REJECTED,)), (outbox, ()))
    )


def dismiss(session: Session, channel: str, row_id: str, now: datetime) -> bool:
    """Nobody needs to look at this any more. Never a message that was not registered."""
    seen = update(inbox).where(
        inbox.c.id == row_id,
        inbox.c.channel == channel,
        inbox.c.kind.in_((InboxKind.REJECTED, InboxKind.RECEIPT)),
        inbox.c.set_aside_at.is_not(None),
        inbox.c.handled_at.is_(None),
    )
    return change(session, seen.values(handled_at=now)) == 1


ENOUGH = 4 * BATCH
"""Counting stops here: more waiting rows than this change nothing that anyone decides."""


def waiting(session: Session, now: datetime) -> dict[Queue, int]:
    """How many rows each queue has due and unclaimed, up to ``ENOUGH``; empty ones are left out."""
    counts = {}
    for queue in Queue:
        table = _table(queue)
        some = select(table.c.id).where(_due(table, now), *_of(queue)).limit(ENOUGH).subquery()
        if rows := session.scalar(select(func.count()).select_from(some)):
            counts[queue] = rows
    return counts


def is_backed_up(session: Session, queue: Queue, now: datetime, rows: int) -> bool:
    """Whether a queue has that many rows due, whether somebody took them on or not."""
    table = _table(queue)
    some = select(table.c.id).where(_ripe(table, now), *_of(queue)).limit(rows).subquery()
    return session.scalar(select(func.count()).select_from(some)) == rows


def unfinished(session: Session, *, follow_ups: bool = False) -> int:
    """How many rows are not done yet, whether due or not; those set aside do not count.

    A text that was sent is done, though its receipt may be asked for later, and so is a message
    that was read, though it may be read again: such follow-ups count only if asked for.
    """
    left = [
        select(func.count()).where(table.c.handled_at.is_(None), table.c.set_aside_at.is_(None))
        for table in (inbox, outbox)
    ]
    if not follow_ups:
        left[1] = left[1].where(outbox.c.task.not_in((Task.FOLLOW_UP, Task.REREAD)))
    return sum(session.scalar(rows) or 0 for rows in left)


def _table(queue: Queue) -> Table:
    return inbox if queue is Queue.INTAKE else outbox


def _of(queue: Queue) -> tuple[ColumnElement[bool], ...]:
    return () if queue is Queue.INTAKE else (outbox.c.queue == queue,)


def _tried(table: Table, tried: bool | None) -> tuple[ColumnElement[bool], ...]:
    if tried is None:
        return ()
    return (table.c.attempts > 0 if tried else table.c.attempts == 0,)


def _subject(table: Table) -> ColumnElement[str]:
    return table.c.id if table is inbox else table.c.subject_id


def _trace(table: Table) -> ColumnElement[str]:
    return table.c.id if table is inbox else table.c.trace


def _task(table: Table) -> ColumnElement[Task | None]:
    return literal(None) if table is inbox else table.c.task


def _ripe(table: Table, now: datetime) -> ColumnElement[bool]:
    return and_(
        table.c.handled_at.is_(None),
        table.c.set_aside_at.is_(None),
        table.c.available_at <= now,
    )


def _due(table: Table, now: datetime) -> ColumnElement[bool]:
    return and_(
        _ripe(table, now),
        or_(table.c.leased_until.is_(None), table.c.leased_until < now),
    )


def _change_all(session: Session, claims: Sequence[Claim], **values: object) -> set[str]:
    if not claims:
        return set()
    table = inbox if claims[0].task is None else outbox
    changed = (
        update(table)
        .where(
            table.c.id.in_([one.id for one in claims]),
            table.c.leased_until == claims[0].leased_until,
            table.c.handled_at.is_(None),
        )
        .values(**values)
        .returning(table.c.id)
    )
    return set(session.scalars(changed))


def _change(session: Session, table: Table, claimed: Claim, **values: object) -> bool:
    return (
        change(
            session,
            update(table)
            .where(
                table.c.id == claimed.id,
                table.c.leased_until == claimed.leased_until,
                table.c.handled_at.is_(None),
            )
            .values(**values),
        )
        == 1
    )
