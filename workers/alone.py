"""One row by itself: done once, or tried again later and set aside after too many tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from feedback_hub.adapters import outbox, tracing
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import DomainError
from feedback_hub.services import (
    attachments,
    call_list,
    channel_watch,
    chatting,
    delivery,
    exchange,
    intake,
    mailing,
    notices,
    on_call,
    rereading,
    triage,
)
from feedback_hub.services.delivery import Again
from feedback_hub.services.ports import Classifier
from feedback_hub.services.records.work import Task
from feedback_hub.services.taking_in import ReceiptTooEarly

log = structlog.get_logger()


def handle(hub: Hub, claim: Claim) -> bool:
    """Do it in a transaction of its own; whether it was ours and is done. Raises nothing."""
    try:
        if claim.task in _OUTSIDE:
            return _call(hub, claim)
        with hub.unit_of_work() as uow:
            if not outbox.finish(uow.session, claim, hub.clock()):
                return False
            done = do(hub, uow, claim, hub.classifier)
            uow.commit()
    except ReceiptTooEarly:
        fail(hub, claim, "receipt for a message not recorded yet")
    except DomainError as error:
        # What the domain says of a fault never holds content.
        fail(hub, claim, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001  a poison message must not stop the others
        fail(hub, claim, type(error).__name__)
    else:
        say(done)
        return True
    return False


def say(claim: Claim) -> None:
    """One line for each piece of work that is done: what a message's road is read from."""
    log.info("done", trace=claim.trace, task=_task(claim), work=claim.subject_id)


def _task(claim: Claim) -> str:
    return claim.task.value if claim.task else "register"


def do(hub: Hub, uow: SqlUnitOfWork, claim: Claim, classifier: Classifier) -> Claim:
    """Do it; ``claim`` with what it turned out to belong to, a receipt to its text."""
    now, subject_id = hub.clock(), claim.subject_id
    with tracing.traced(claim.trace):
        match claim.task:
            case None:
                intake.register(uow, hub.rules, classifier, subject_id, now)
            case Task.CLASSIFY:
                triage.classify(uow, hub.rules, classifier, hub.gazetteer, subject_id, now)
            case Task.TAKE_OVER:
                call_list.take_over(uow, hub.rules, subject_id, now)
            case Task.TELL_AGAIN:
                notices.tell_again(uow, hub.rules, subject_id, now)
        return replace(claim, trace=tracing.current())


def _call(hub: Hub, claim: Claim) -> bool:
    """Calling a provider is no transaction: the lease, not a row lock, keeps others away."""
    with hub.unit_of_work() as uow:
        mine = outbox.renew(uow.session, claim, hub.clock())
        uow.commit()
    if mine is None:
        return False
    try:
        with tracing.traced(mine.trace):
            again = _OUTSIDE[mine.task](hub, mine.subject_id) if mine.task else None
    except Exception as error:  # noqa: BLE001  a poison message must not stop the others
        # Under the lease that is held now: the first one's end has moved.
        fail(hub, mine, type(error).__name__)
        return False
    with hub.unit_of_work() as uow:
        if again is None:
            outbox.finish(uow.session, mine, hub.clock())
        else:
            outbox.postpone(uow.session, mine, again.at, counts=False)
        uow.commit()
    if again is None:
        say(mine)
    return True


def _send(hub: Hub, delivery_id: str) -> Again | None:
    return delivery.send(hub.unit_of_work, hub.rules, hub.channels, delivery_id, hub.clock)


def _mail(hub: Hub, notice_id: str) -> Again | None:
    return mailing.mail(hub.unit_of_work, hub.post, hub.rules, notice_id, hub.clock)


def _chat(hub: Hub, notice_id: str) -> Again | None:
    return chatting.chat(hub.unit_of_work, hub.channels, hub.rules, notice_id, hub.clock)


def _fetch(hub: Hub, attachment_id: str) -> Again | None:
    return attachments.fetch(hub.unit_of_work, hub.attachments, attachment_id, hub.clock)


def _exchange(hub: Hub, letter_id: str) -> Again | None:
    return exchange.deliver(hub.unit_of_work, hub.rules, hub.peers, letter_id, hub.clock)


def _ring(hub: Hub, ring_id: str) -> Again | None:
    return on_call.ring_next(hub.unit_of_work, hub.rules, hub.channels, ring_id, hub.clock)


def _follow_up(hub: Hub, delivery_id: str) -> Again | None:
    return channel_watch.follow_up(hub.unit_of_work, hub.channels, delivery_id, hub.clock)


def _reread(hub: Hub, message_id: str) -> None:
    rereading.reread(
        hub.unit_of_work, hub.rules, hub.thorough, hub.gazetteer, message_id, hub.clock
    )


_OUTSIDE: Mapping[Task, Callable[[Hub, str], Again | None]] = {
    Task.SEND: _send,
    Task.MAIL: _mail,
    Task.CHAT: _chat,
    Task.FETCH: _fetch,
    Task.FOLLOW_UP: _follow_up,
    Task.EXCHANGE: _exchange,
    Task.RING: _ring,
    Task.REREAD: _reread,
}
"""What asks somebody outside or thinks for long, which no transaction may wait for."""


def give_back(hub: Hub, claim: Claim) -> None:
    """It was not begun: somebody else takes it on, or we do later."""
    with hub.unit_of_work() as uow:
        outbox.give_back(uow.session, claim)
        uow.commit()


def fail(hub: Hub, claim: Claim, fault: str) -> None:
    """It is tried again later, or set aside. ``fault``: what happened, without any content."""
    with hub.unit_of_work() as uow:
        set_aside = outbox.fail(uow.session, claim, hub.clock(), fault)
        if set_aside and claim.task is Task.FETCH:
            attachments.give_up(uow, claim.subject_id)
        uow.commit()
    log.warning(
        "work failed",
        trace=claim.trace,
        work=claim.id,
        task=_task(claim),
        fault=fault,
        set_aside=set_aside,
    )
