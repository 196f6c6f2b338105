"""The health page: channels and queues, from the database alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Table, and_, func, select

from feedback_hub.adapters.tables import delivery, inbox, outbox
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.message import DeliveryState, SendFault
from feedback_hub.reads.views.health import ChannelHealth, HealthPage, QueueHealth
from feedback_hub.services.records.work import InboxKind, Queue

TODAY = timedelta(days=1)
SLOW = timedelta(minutes=1)
_OURS_TO_MEND = {SendFault.CREDENTIALS, SendFault.PROVIDER_DOWN}


def page(
    uow: SqlUnitOfWork,
    kinds: Mapping[str, str],
    now: datetime,
    facts: tuple[tuple[str, str], ...] = (),
) -> HealthPage:
    """How the machine is. ``kinds`` are the configured channel accounts and their kinds."""
    queues = tuple(_queue(uow, queue, now) for queue in Queue)
    oldest = min((q.oldest_at for q in queues if q.oldest_at), default=now)
    return HealthPage(
        channels=tuple(_channel(uow, name, kind, now) for name, kind in kinds.items()),
        queues=queues,
        lag_seconds=max(0.0, (now - oldest).total_seconds()),
        facts=facts,
    )


def not_delivered(uow: SqlUnitOfWork, now: datetime) -> tuple[int, datetime | None]:
    """How many texts failed within a day, and when the first of them did."""
    failed = select(func.count(), func.min(delivery.c.queued_at)).where(
        delivery.c.state.in_((DeliveryState.FAILED, DeliveryState.EXPIRED)),
        delivery.c.queued_at > now - TODAY,
    )
    count, first = uow.session.execute(failed).one()
    return count, first


def waiting(uow: SqlUnitOfWork, now: datetime) -> tuple[int, datetime | None]:
    """How much work is due and not done, and since when."""
    queues = [_queue(uow, queue, now) for queue in Queue]
    return (
        sum(queue.waiting for queue in queues),
        min((queue.oldest_at for queue in queues if queue.oldest_at), default=None),
    )


def _queue(uow: SqlUnitOfWork, queue: Queue, now: datetime) -> QueueHealth:
    table: Table = inbox if queue is Queue.INTAKE else outbox
    of_queue = () if queue is Queue.INTAKE else (outbox.c.queue == queue,)
    due = and_(
        table.c.handled_at.is_(None), table.c.set_aside_at.is_(None), table.c.available_at <= now
    )
    count, oldest = uow.session.execute(
        select(func.count(), func.min(table.c.available_at)).where(due, *of_queue)
    ).one()
    # What nobody could read was set aside on arrival: no failure of ours.
    ours = (inbox.c.kind != InboxKind.REJECTED,) if queue is Queue.INTAKE else of_queue
    # Nor is what somebody looked at and dismissed.
    aside = (
        select(func.count())
        .select_from(table)
        .where(table.c.set_aside_at.is_not(None), table.c.handled_at.is_(None), *ours)
    )
    return QueueHealth(
        name=queue.value,
        waiting=count,
        oldest_at=oldest,
        set_aside=uow.session.scalar(aside) or 0,
        slow=oldest is not None and now - oldest > SLOW,
    )


def _channel(uow: SqlUnitOfWork, name: str, kind: str, now: datetime) -> ChannelHealth:
    of_channel = delivery.c.channel == name
    failed = and_(of_channel, delivery.c.state == DeliveryState.FAILED)
    last_out = uow.session.scalar(select(func.max(delivery.c.sent_at)).where(of_channel))
    worst = uow.session.execute(
        select(delivery.c.fault, delivery.c.tried_at)
        .where(of_channel, delivery.c.fault.in_(_OURS_TO_MEND))
        .order_by(delivery.c.tried_at.desc())
        .limit(1)
    ).one_or_none()
    broken = (
        worst is not None
        and worst.tried_at is not None
        and worst.tried_at > now - TODAY
        and (last_out is None or worst.tried_at > last_out)
    )
    return ChannelHealth(
        name=name,
        kind=kind,
        fault=worst.fault if worst is not None and broken else "",
        last_in=uow.session.scalar(
            select(func.max(inbox.c.arrived_at)).where(inbox.c.channel == name)
        ),
        last_out=last_out,
        failed_today=uow.session.scalar(
            select(func.count())
            .select_from(delivery)
            .where(failed, delivery.c.queued_at > now - TODAY)
        )
        or 0,
    )
