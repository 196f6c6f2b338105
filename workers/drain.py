"""Doing the work that waits in the database: a few rows a transaction, each row all or nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

import structlog

from feedback_hub.adapters import outbox
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import DomainError
from feedback_hub.services import (
    attachments,
    call_list,
    channel_watch,
    delivery,
    exchange,
    intake,
    mailing,
    notices,
    on_call,
    triage,
)
from feedback_hub.services.delivery import Again
from feedback_hub.services.intake import ReceiptTooEarly
from feedback_hub.services.records import Queue, Task

LONGEST = 60.0
"""Seconds one wake-up works before it makes room for other queues."""
LONGEST_FILES = 20.0
"""For files and letters: one slow to answer must not keep a hub's only worker from its messages."""
TOGETHER = 0.03
"""Seconds rows may share a transaction: on SQLite a webhook waits that long for its turn."""

_BATCHES = {Queue.DELIVERY: 20, Queue.FILES: 1, Queue.EXCHANGE: 5, Queue.HOUSEKEEPING: 20}
"""Queues whose work calls a provider: rows claimed at once, each handled alone."""

log = structlog.get_logger()


def drain(hub: Hub, queue: Queue, stop: Callable[[], bool] = lambda: False) -> int:
    """Handle what waits in ``queue`` until nothing is due, time is up or ``stop`` says so.

    Returns how many rows were handled. One row's failure is its own: it is tried again later and
    set aside after too many tries, and stops nothing else.
    """
    handled = 0
    until = time.monotonic() + (
        LONGEST_FILES if queue in {Queue.FILES, Queue.EXCHANGE} else LONGEST
    )
    # A provider may take its time: what is claimed must be reached before its lease runs out.
    batch = _BATCHES.get(queue, outbox.BATCH)
    while time.monotonic() < until and not stop():
        with hub.unit_of_work() as uow:
            claims = outbox.claim(uow.session, queue, hub.clock(), batch=batch)
            uow.commit()
        if not claims:
            break
        waiting = deque(claims)
        while waiting and time.monotonic() < until and not stop():
            if queue in _BATCHES:
                handled += _handle(hub, waiting.popleft())
            else:
                handled += _handle_together(hub, waiting, stop)
        for claim in waiting:
            _give_back(hub, claim)
        if len(claims) < batch:
            # What came meanwhile gets a wake-up of its own.
            break
    return handled


def _handle_together(hub: Hub, waiting: deque[Claim], stop: Callable[[], bool]) -> int:
    """Handle the first of ``waiting`` in one transaction and take them off; how many were ours.

    A commit costs as much as half a row. Whatever goes wrong, each of them is handled alone: then
    it is known whose fault it was.
    """
    tried: list[Claim] = []
    handled = 0
    began = time.monotonic()
    try:
        with hub.unit_of_work() as uow:
            while waiting and not (tried and (time.monotonic() - began > TOGETHER or stop())):
                claim = waiting.popleft()
                tried.append(claim)
                if outbox.finish(uow.session, claim, hub.clock()):
                    _do(hub, uow, claim)
                    handled += 1
            uow.commit()
    except Exception:  # noqa: BLE001  said of the one that raises it when it is handled alone
        return sum(_handle(hub, claim) for claim in tried)
    return handled


def _handle(hub: Hub, claim: Claim) -> bool:
    try:
        if claim.task in _OUTSIDE:
            return _call(hub, claim)
        with hub.unit_of_work() as uow:
            if not outbox.finish(uow.session, claim, hub.clock()):
                return False
            _do(hub, uow, claim)
            uow.commit()
    except ReceiptTooEarly:
        _fail(hub, claim, "receipt for a message not recorded yet")
    except DomainError as error:
        # What the domain says of a fault never holds content.
        _fail(hub, claim, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001  a poison message must not stop the others
        _fail(hub, claim, type(error).__name__)
    else:
        return True
    return False


def _do(hub: Hub, uow: SqlUnitOfWork, claim: Claim) -> None:
    now = hub.clock()
    match claim.task:
        case None:
            intake.register(uow, hub.rules, hub.classifier, claim.subject_id, now)
        case Task.CLASSIFY:
            triage.classify(uow, hub.rules, hub.classifier, hub.gazetteer, claim.subject_id, now)
        case Task.TAKE_OVER:
            call_list.take_over(uow, hub.rules, claim.subject_id, now)
        case Task.TELL_AGAIN:
            notices.tell_again(uow, hub.rules, claim.subject_id, now)


def _call(hub: Hub, claim: Claim) -> bool:
    """Calling a provider is no transaction: the lease, not a row lock, keeps others away."""
    with hub.unit_of_work() as uow:
        mine = outbox.renew(uow.session, claim, hub.clock())
        uow.commit()
    if mine is None:
        return False
    try:
        again = _OUTSIDE[mine.task](hub, mine.subject_id) if mine.task else None
    except Exception as error:  # noqa: BLE001  a poison message must not stop the others
        # Under the lease that is held now: the first one's end has moved.
        _fail(hub, mine, type(error).__name__)
        return False
    with hub.unit_of_work() as uow:
        if again is None:
            outbox.finish(uow.session, mine, hub.clock())
        else:
            outbox.postpone(uow.session, mine, again.at, counts=False)
        uow.commit()
    return True


def _send(hub: Hub, delivery_id: str) -> Again | None:
    return delivery.send(hub.unit_of_work, hub.rules, hub.channels, delivery_id, hub.clock)


def _mail(hub: Hub, notice_id: str) -> Again | None:
    return mailing.mail(hub.unit_of_work, hub.post, hub.rules, notice_id, hub.clock)


def _fetch(hub: Hub, attachment_id: str) -> Again | None:
    return attachments.fetch(hub.unit_of_work, hub.attachments, attachment_id, hub.clock)


def _exchange(hub: Hub, letter_id: str) -> Again | None:
    return exchange.deliver(hub.unit_of_work, hub.rules, hub.peers, letter_id, hub.clock)


def _ring(hub: Hub, ring_id: str) -> Again | None:
    return on_call.ring_next(hub.unit_of_work, hub.rules, hub.channels, ring_id, hub.clock)


def _follow_up(hub: Hub, delivery_id: str) -> Again | None:
    return channel_watch.follow_up(hub.unit_of_work, hub.channels, delivery_id, hub.clock)


_OUTSIDE: Mapping[Task, Callable[[Hub, str], Again | None]] = {
    Task.SEND: _send,
    Task.MAIL: _mail,
    Task.FETCH: _fetch,
    Task.FOLLOW_UP: _follow_up,
    Task.EXCHANGE: _exchange,
    Task.RING: _ring,
}
"""What asks somebody outside, which no transaction may wait for."""


def _give_back(hub: Hub, claim: Claim) -> None:
    with hub.unit_of_work() as uow:
        outbox.postpone(uow.session, claim, hub.clock(), counts=False)
        uow.commit()


def _fail(hub: Hub, claim: Claim, fault: str) -> None:
    with hub.unit_of_work() as uow:
        set_aside = outbox.fail(uow.session, claim, hub.clock(), fault)
        if set_aside and claim.task is Task.FETCH:
            attachments.give_up(uow, claim.subject_id)
        uow.commit()
    task = claim.task.value if claim.task else "register"
    log.warning("work failed", work=claim.id, task=task, fault=fault, set_aside=set_aside)
