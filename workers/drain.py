"""Doing the work that waits in the database: a few rows a transaction, each row all or nothing."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from feedback_hub.adapters import outbox, tracing
from feedback_hub.adapters.batch import BatchUnitOfWork, arrived, texts_of
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import DomainError
from feedback_hub.domain.message import DeliveryError, OutboundMessage
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
from feedback_hub.services.delivery import Again, NotNow
from feedback_hub.services.ports import Classifier
from feedback_hub.services.records.work import Queue, Task
from feedback_hub.services.taking_in import ReceiptTooEarly
from feedback_hub.services.triage import ReadBefore

LONGEST = 30.0
"""Seconds one wake-up works before it makes room for other queues."""
LONGEST_FILES = 20.0
"""For files and letters: one slow to answer must not keep a hub's only worker from its messages."""
TOGETHER = 0.1
"""Seconds rows may share a transaction: on SQLite whoever changes a case waits that long."""
TOGETHER_ON_POSTGRES = 0.5
_LEAST_SHARE, _FIRST_SHARE, _LARGEST_SHARE = 16, 50, 100
_FEW = 50
"""Rows: while more came than that a wake-up goes on. A new one begins with nothing remembered."""
FLOOD = 200
"""Messages that wait at once: from here on each is a case first, which people see, and only what is
urgent is read with it. The rest is read and answered after, for up to ``PUT_OFF``. To do all at
once is cheaper, but it takes twice as long until everybody sees what came."""
PUT_OFF = timedelta(seconds=60)
"""So long others wait for what arrives: a flood that goes on keeps nobody from being answered."""
_TRIED_AT_ONCE = 50
"""Rows that were taken on before, before those that were not."""
_UNDER_WAY = 20
"""Texts whose attempt is written down together, before the first of them is sent."""
_AT_ONCE = 8
_SENDING = 15.0
"""Seconds after which the rest of them wait for another turn: well within the lease."""

LONGEST_REREAD = 3.0
"""For reading again, which takes a processor as long as it may: what is urgent waits no longer."""

_BATCHES = {
    Queue.DELIVERY: 20,
    Queue.FILES: 1,
    Queue.EXCHANGE: 5,
    Queue.HOUSEKEEPING: 20,
    Queue.REREAD: 20,
}
"""Queues whose work takes long: rows claimed at once, each handled alone."""
_LONGEST = {
    Queue.FILES: LONGEST_FILES,
    Queue.EXCHANGE: LONGEST_FILES,
    Queue.REREAD: LONGEST_REREAD,
}

_AFTER_A_FLOOD = (Queue.TRIAGE, Queue.DELIVERY)

log = structlog.get_logger()


def drain(hub: Hub, queue: Queue, stop: Callable[[], bool] = lambda: False) -> int:
    """Handle what waits in ``queue`` until nothing is due, time is up or ``stop`` says so.

    Returns how many rows were handled. One row's failure is its own: it is tried again later and
    set aside after too many tries, and stops nothing else.
    """
    handled = 0
    until = time.monotonic() + _LONGEST.get(queue, LONGEST)
    # A provider may take its time: what is claimed must be reached before its lease runs out.
    batch = _BATCHES.get(queue, outbox.BATCH)
    share = _Share(TOGETHER if hub.engine.dialect.name == "sqlite" else TOGETHER_ON_POSTGRES)
    # What was taken on before and not finished may be what its worker died of: each alone. Once: to
    # look for it among all that waits takes longer the more that is.
    handled += sum(_handle(hub, claim) for claim in _tried(hub, queue, until, stop))
    floods = False
    while time.monotonic() < until and not stop():
        if queue in _AFTER_A_FLOOD and _is_flooded(hub, FLOOD):
            # There is a wake-up for what arrives. For this there will be another one.
            break
        with hub.unit_of_work() as uow:
            claims = outbox.claim(uow.session, queue, hub.clock(), batch=batch, tried=False)
            uow.commit()
        if not claims:
            break
        waiting = deque(claims)
        # It goes on until it is over: who reads meanwhile is late for what comes next.
        floods = queue is Queue.INTAKE and _is_flooded(hub, _FEW if floods else FLOOD)
        while waiting and time.monotonic() < until and not stop():
            if queue is Queue.DELIVERY:
                some = [waiting.popleft() for _ in range(min(len(waiting), _UNDER_WAY))]
                handled += _send_together(hub, some, stop)
            elif queue in _BATCHES:
                handled += _handle(hub, waiting.popleft())
            else:
                handled += _handle_together(hub, waiting, share, floods=floods)
        for claim in waiting:
            _give_back(hub, claim)
        if len(claims) < min(batch, _FEW):
            # What came meanwhile gets a wake-up of its own: other queues have their turn.
            break
    return handled


def _is_flooded(hub: Hub, rows: int) -> bool:
    """Whether that many messages are no case yet, and nobody has waited for them too long."""
    now = hub.clock()
    with hub.reading() as uow:
        return outbox.is_backed_up(uow.session, Queue.INTAKE, now, rows) and not any(
            outbox.is_backed_up(uow.session, queue, now - PUT_OFF, 1) for queue in _AFTER_A_FLOOD
        )


def _tried(hub: Hub, queue: Queue, until: float, stop: Callable[[], bool]) -> Iterator[Claim]:
    """What was taken on before, one after the other; what was too often is set aside."""
    for _ in range(_TRIED_AT_ONCE):
        if time.monotonic() > until or stop():
            return
        with hub.unit_of_work() as uow:
            claims = outbox.claim(uow.session, queue, hub.clock(), batch=1, tried=True)
            uow.commit()
        if not claims:
            return
        if claims[0].attempts > outbox.MOST_ATTEMPTS:
            _fail(hub, claims[0], "its worker died each time")
        else:
            yield claims[0]


class _Share:
    """How many rows share a transaction: as many as are done in about ``TOGETHER`` seconds."""

    def __init__(self, longest: float) -> None:
        self.rows = _FIRST_SHARE
        self._longest = longest

    def took(self, rows: int, seconds: float) -> None:
        """``rows`` of them took so long."""
        fitting = int(rows * self._longest / max(seconds, 0.001))
        self.rows = max(_LEAST_SHARE, min(fitting, 2 * self.rows, _LARGEST_SHARE))


def _handle_together(hub: Hub, waiting: deque[Claim], share: _Share, *, floods: bool) -> int:
    """Do the first of ``waiting`` in one transaction and take them off; how many were ours.

    Whatever goes wrong, each of them is handled alone: then it is known whose fault it was.
    """
    # Rows of one batch do one kind of work.
    task = waiting[0].task
    tried: list[Claim] = []
    while waiting and len(tried) < share.rows and waiting[0].task is task:
        tried.append(waiting.popleft())
    try:
        classifier = _understood(hub, tried)
        began = time.monotonic()
        with hub.batch() as uow:
            _read_ahead(hub, uow, tried)
            if floods:
                done = [_do(hub, uow, claim, classifier) for claim in tried]
                _read_urgent(hub, uow, classifier)
            else:
                done = [_do_at_once(hub, uow, claim, classifier) for claim in tried]
            uow.finish(tried, hub.clock())
            uow.commit()
    except Exception:  # noqa: BLE001  said of the one that raises it when it is handled alone
        share.rows = _FIRST_SHARE
        return sum(_handle(hub, claim) for claim in tried)
    share.took(len(tried), time.monotonic() - began)
    for claim in done:
        _say(claim)
    return len(done)


def _do_at_once(hub: Hub, uow: BatchUnitOfWork, claim: Claim, classifier: Classifier) -> Claim:
    """Do it, and read what it registered while all of that is here: to look it up costs more."""
    done = _do(hub, uow, claim, classifier)
    _read(hub, uow, classifier, lambda _: True)
    return done


def _read_urgent(hub: Hub, uow: BatchUnitOfWork, classifier: Classifier) -> None:
    """Read what can wait for nothing of what was registered: somebody is told of it at once."""
    _read(hub, uow, classifier, lambda message_id: triage.is_urgent(uow, classifier, message_id))


def _read(
    hub: Hub, uow: BatchUnitOfWork, classifier: Classifier, wanted: Callable[[str], bool]
) -> None:
    while messages := uow.taken(Task.CLASSIFY, wanted):
        for message_id, trace in messages:
            with tracing.traced(trace):
                triage.classify(uow, hub.rules, classifier, hub.gazetteer, message_id, hub.clock())


def _understood(hub: Hub, claims: Sequence[Claim]) -> Classifier:
    """The hub's classifier, which has read what ``claims`` are about.

    Reading is most of the work and needs no lock: what arrives meanwhile waits for none of it.
    """
    subjects = [claim.subject_id for claim in claims]
    with hub.reading() as uow:
        match claims[0].task:
            case None:
                texts = list(intake.texts_in(uow, arrived(uow, subjects)))
            case Task.CLASSIFY:
                texts = texts_of(uow, subjects)
            case _:
                return hub.classifier
    return ReadBefore(hub.classifier, texts)


def _read_ahead(hub: Hub, uow: BatchUnitOfWork, claims: Sequence[Claim]) -> None:
    subjects = [claim.subject_id for claim in claims]
    if claims[0].task is None:
        rows = uow.before_registering(subjects)
        uow.before_meeting(intake.addresses_in(uow, rows))
    elif claims[0].task is Task.CLASSIFY:
        uow.before_classifying(subjects, hub.clock())


def _handle(hub: Hub, claim: Claim) -> bool:
    try:
        if claim.task in _OUTSIDE:
            return _call(hub, claim)
        with hub.unit_of_work() as uow:
            if not outbox.finish(uow.session, claim, hub.clock()):
                return False
            done = _do(hub, uow, claim, hub.classifier)
            uow.commit()
    except ReceiptTooEarly:
        _fail(hub, claim, "receipt for a message not recorded yet")
    except DomainError as error:
        # What the domain says of a fault never holds content.
        _fail(hub, claim, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001  a poison message must not stop the others
        _fail(hub, claim, type(error).__name__)
    else:
        _say(done)
        return True
    return False


def _say(claim: Claim) -> None:
    """One line for each piece of work that is done: what a message's road is read from."""
    log.info("done", trace=claim.trace, task=_task(claim), work=claim.subject_id)


def _task(claim: Claim) -> str:
    return claim.task.value if claim.task else "register"


def _do(hub: Hub, uow: SqlUnitOfWork, claim: Claim, classifier: Classifier) -> Claim:
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


def _send_together(hub: Hub, claims: Sequence[Claim], stop: Callable[[], bool]) -> int:
    """Send several texts in two transactions; how many were ours. See ``services.delivery``.

    What may not be under way beside others is handled alone, and so is everything where writing
    down what came of it fails: then the attempts stand, and the provider is asked.
    """
    alone = [claim for claim in claims if claim.task is not Task.SEND]
    claims = [claim for claim in claims if claim.task is Task.SEND]
    with hub.batch() as uow:
        mine = outbox.renew_all(uow.session, claims, hub.clock())
        uow.before_sending([claim.subject_id for claim in mine])
        mine = sorted(mine, key=lambda claim: _queued_at(uow, claim, hub.clock()))
        begun = {
            claim: delivery.begin(uow, hub.rules, hub.channels, claim.subject_id, hub.clock())
            for claim in mine
        }
        done = [claim for claim, one in begun.items() if one is NotNow.DONE]
        outbox.finish_all(uow.session, done, hub.clock())
        uow.commit()
    sending = {claim: one for claim, one in begun.items() if not isinstance(one, NotNow)}
    outcomes: dict[Claim, str | DeliveryError | None] = {}
    for claim, outcome in _call_all(hub, sending, stop).items():
        if isinstance(outcome, _Broken):
            _fail(hub, claim, outcome.fault)
        else:
            outcomes[claim] = outcome
    if outcomes:
        _conclude(hub, outcomes)
    alone += [claim for claim, one in begun.items() if one is NotNow.ALONE]
    return len(done) + len(outcomes) + sum(_handle(hub, claim) for claim in alone)


def _queued_at(uow: SqlUnitOfWork, claim: Claim, now: datetime) -> datetime:
    known = uow.delivery(claim.subject_id)
    return known.queued_at if known else now


@dataclass(frozen=True)
class _Broken:
    """A send that raised what no channel raises: whether it was sent is unknown, and is asked."""

    fault: str


Outcome = str | DeliveryError | _Broken | None
"""The provider's id, or why there is none; None: it was not tried."""


def _call_all(
    hub: Hub, sending: Mapping[Claim, OutboundMessage], stop: Callable[[], bool]
) -> dict[Claim, Outcome]:
    """Several texts under way at once: providers are slow, not busy."""
    until = time.monotonic() + _SENDING

    def call(message: OutboundMessage) -> Outcome:
        if time.monotonic() > until or stop():
            return None
        try:
            return delivery.call(hub.channels, message)
        except Exception as error:  # noqa: BLE001  a poison message must not stop the others
            return _Broken(type(error).__name__)

    # What one person is sent keeps its order, and nothing follows what they did not get.
    people: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim, message in sending.items():
        people[message.channel, message.address].append(claim)

    def call_in_order(claims: Sequence[Claim]) -> dict[Claim, Outcome]:
        outcomes: dict[Claim, Outcome] = {}
        arrived = True
        for claim in claims:
            outcomes[claim] = call(sending[claim]) if arrived else None
            arrived = isinstance(outcomes[claim], str)
        return outcomes

    found: dict[Claim, Outcome] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for outcomes in pool.map(call_in_order, people.values()):
            found |= outcomes
    return found


def _conclude(hub: Hub, outcomes: Mapping[Claim, str | DeliveryError | None]) -> None:
    with hub.batch() as uow:
        uow.before_sending([claim.subject_id for claim in outcomes])
        now = hub.clock()
        over = []
        for claim, outcome in outcomes.items():
            if outcome is None:
                # Where the lease was lost, the attempt that stands may be somebody else's by now.
                if outbox.postpone(uow.session, claim, now, counts=False):
                    delivery.not_tried(uow, claim.subject_id)
                continue
            with tracing.traced(claim.trace):
                again = delivery.conclude(uow, hub.channels, claim.subject_id, outcome, now)
            if again is None:
                over.append(claim)
            else:
                outbox.postpone(uow.session, claim, again.at, counts=False)
        outbox.finish_all(uow.session, over, now)
        uow.commit()
    for claim in over:
        _say(claim)


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
        _fail(hub, mine, type(error).__name__)
        return False
    with hub.unit_of_work() as uow:
        if again is None:
            outbox.finish(uow.session, mine, hub.clock())
        else:
            outbox.postpone(uow.session, mine, again.at, counts=False)
        uow.commit()
    if again is None:
        _say(mine)
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


def _give_back(hub: Hub, claim: Claim) -> None:
    with hub.unit_of_work() as uow:
        outbox.give_back(uow.session, claim)
        uow.commit()


def _fail(hub: Hub, claim: Claim, fault: str) -> None:
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
