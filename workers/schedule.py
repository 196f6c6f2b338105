"""The scheduler role: wakes workers and starts what is due by the clock."""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from feedback_hub.adapters import broadcasts as kept_broadcasts
from feedback_hub.adapters import engine, exports, sealing, tables
from feedback_hub.adapters.engine import change
from feedback_hub.adapters.queue_server import SCHEDULER, beat, leave
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import (
    broadcasts,
    custom_fields,
    escalation,
    pacing,
    referrals,
    rereading,
)
from workers import operator, retention
from workers.drop_folder import Watcher
from workers.pull import Pullers
from workers.queues import connect
from workers.relay import broken_off, wake
from workers.tally import Tally
from workers.upkeep import Upkeep

LOOK_EVERY = 0.2
"""Seconds between two looks at what waits: what a person feels as the reply's delay."""
TICK_EVERY = 20.0
"""Seconds between two looks at what is due by the clock."""
BATCH = 200

Duty = Callable[[Hub, datetime], int]

log = structlog.get_logger()


def run_scheduler(hub: Hub, queue_url: str, more: Sequence[Duty] = ()) -> None:
    """Relay, pull and tick until SIGTERM. Redis or the database being away is waited out.

    ``more`` duties by the clock are what a layer above this one knows how to do.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    connection = connect(queue_url)
    # Made before the threads, which share it.
    _ = hub.engine  # asked for, it is made
    pullers, upkeep, watcher, tally = Pullers(hub), Upkeep(hub), Watcher(hub), Tally(hub)
    pullers.start()
    upkeep.start()
    watcher.start()
    tally.start()
    name = uuid.uuid4().hex
    next_tick = 0.0
    away = False
    while not stopped.is_set():
        try:
            wake(hub, connection)
            if time.monotonic() >= next_tick:
                operator.watch_workers(hub, broken_off(connection), hub.clock())
                tick(hub, hub.clock(), more)
                # After the work: one whose duties fail each time is as good as gone.
                beat(connection, SCHEDULER, name)
                next_tick = time.monotonic() + TICK_EVERY
            away = False
        except (RedisError, SQLAlchemyError) as error:
            if not away:
                log.warning("relay cannot work", fault=type(error).__name__)
            away = True
        stopped.wait(LOOK_EVERY)
    with suppress(RedisError):
        leave(connection, SCHEDULER, name)
    upkeep.stop()
    tally.stop()
    watcher.stop()
    pullers.stop()
    hub.close()


def tick(hub: Hub, now: datetime, more: Sequence[Duty] = ()) -> int:
    """Do what is due by the clock; how much was done. Safe to run twice at once."""
    return sum(duty(hub, now) for duty in (*DUTIES, *more))


def expire_referrals(hub: Hub, now: datetime) -> int:
    """Silence expires; it never accepts (DOMAIN.md, States)."""
    referral = tables.referral.c
    with hub.reading() as uow:
        due = uow.session.scalars(
            select(referral.id)
            .where(referral.state == ReferralState.SENT, referral.due_at < now)
            .limit(BATCH)
        ).all()
    for referral_id in due:
        with hub.unit_of_work() as uow:
            referrals.expire(uow, hub.rules, referral_id, now)
            uow.commit()
    return len(due)


def sound_alarms(hub: Hub, now: datetime) -> int:
    """Remind of what is nearly due, escalate what is overdue: each step once (DOMAIN, Clocks)."""
    told = 0
    for table, sound in (
        (tables.case.c, escalation.sound_case),
        (tables.referral.c, escalation.sound_referral),
    ):
        with hub.reading() as uow:
            due = uow.session.scalars(
                select(table.id).where(table.alarm_at <= now).order_by(table.alarm_at).limit(BATCH)
            ).all()
        for subject_id in due:
            try:
                with hub.unit_of_work() as uow:
                    told += sound(uow, hub.rules, subject_id, now)
                    uow.commit()
            except StaleVersion:
                continue  # somebody is at it right now; the next look sees what they did
    return told


def raise_doubted(hub: Hub, now: datetime) -> int:
    """What waits too long for its second reading goes to the handlers: nothing stays unseen."""
    raised = 0
    for table, raise_one in (
        (tables.case.c, rereading.raise_doubted),
        (tables.message.c, rereading.raise_message),
    ):
        with hub.reading() as uow:
            due = uow.session.scalars(
                select(table.id)
                .where(table.doubted_at < now - rereading.LONGEST_DOUBT)
                .limit(BATCH)
            ).all()
        for subject_id in due:
            with hub.unit_of_work() as uow:
                raise_one(uow, hub.rules, subject_id, now)
                uow.commit()
        raised += len(due)
    return raised


def pace_accounts(hub: Hub, now: datetime) -> int:
    """Let no flooded account keep the others' messages waiting.

    Looks first: on SQLite a transaction that may write waits for, and keeps, everybody else.
    """
    every, accounts = timedelta(seconds=TICK_EVERY), hub.channels.accounts
    with hub.reading() as uow:
        if not pacing.is_news(uow, hub.rules, accounts, now, every):
            return 0
    with hub.unit_of_work() as uow:
        put_off = pacing.pace_accounts(uow, hub.rules, accounts, now, every)
        uow.commit()
    return put_off


def erase_raw_payloads(hub: Hub, now: datetime) -> int:
    """What a provider posted, kept for mending faults, goes after ``[retention] raw_payload_days``.

    The message in its case stays. An empty payload cannot be told from one never kept.
    """
    inbox = tables.inbox.c
    before = now - timedelta(days=hub.config.retention.raw_payload_days)
    with hub.unit_of_work() as uow:
        # Of what was set aside too: by then nobody mends it any more.
        done = or_(inbox.handled_at.is_not(None), inbox.set_aside_at.is_not(None))
        old = select(inbox.id).where(inbox.arrived_at < before, inbox.raw_sealed != b"", done)
        erased = change(
            uow.session,
            update(tables.inbox).where(inbox.id.in_(old.limit(BATCH))).values(raw_sealed=b""),
        )
        uow.commit()
    return erased


def index_answers(hub: Hub, _now: datetime) -> int:
    """A hub began or ceased to filter by one of its own questions: what is kept follows."""
    with hub.unit_of_work() as uow:
        indexed = custom_fields.index_again(uow, hub.rules, BATCH)
        uow.commit()
    return indexed


def forget_exports(hub: Hub, now: datetime) -> int:
    """Exported files whose time is over go: the key first, then the file."""
    with hub.reading() as uow:
        if not exports.any_expired(uow, now):
            return 0
    with hub.unit_of_work() as uow:
        stored = exports.forget_expired(uow, now)
        uow.commit()
    for name in stored:
        hub.attachments.store.remove(name)
    return len(stored)


def close_sensitive(hub: Hub, _now: datetime) -> int:
    """Close to the handlers what became highly sensitive while work still waited for it."""
    with hub.reading() as uow:
        found = sealing.open_ones(uow.session, hub.keyring)
    closed = 0
    for case_id in found:
        with hub.unit_of_work() as uow:
            closed += sealing.settle(uow.session, hub.keyring, case_id, Sensitivity.L3)
            uow.commit()
    return closed


def go_on_telling(hub: Hub, now: datetime) -> int:
    """The next step of every broadcast that runs."""
    with hub.reading() as uow:
        due = kept_broadcasts.due(uow.session, now)
    told = 0
    for broadcast_id in due:
        try:
            with hub.unit_of_work() as uow:
                told += broadcasts.go_on(uow, hub.rules, broadcast_id, now)
                uow.commit()
        except (StaleVersion, IntegrityError):
            continue  # another scheduler took the same step
    return told


def shorten_log(hub: Hub, _now: datetime) -> int:
    """Keep the database's own log from growing while somebody always reads."""
    return int(engine.shorten_log(hub.engine))


DUTIES: tuple[Callable[[Hub, datetime], int], ...] = (
    expire_referrals,
    sound_alarms,
    raise_doubted,
    pace_accounts,
    erase_raw_payloads,
    index_answers,
    close_sensitive,
    forget_exports,
    go_on_telling,
    shorten_log,
    retention.daily,
    retention.remind_of_requests,
    operator.watch,
    operator.tell,
)
