"""Doing the work that waits in the database: a few rows a transaction, each row all or nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from feedback_hub.adapters import outbox, tracing
from feedback_hub.adapters.batch import BatchUnitOfWork
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.read_ahead import arrived, texts_of
from feedback_hub.bootstrap import Hub
from feedback_hub.services import intake, triage
from feedback_hub.services.ports import Classifier
from feedback_hub.services.records.work import Queue, Task
from feedback_hub.services.triage import ReadBefore
from workers.alone import do, fail, give_back, handle, say
from workers.sending import UNDER_WAY, send_together

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
_FLOOD = 200
"""Messages that wait at once: from here on each is a case first, which people see, and only what is
urgent is read with it. The rest is read and answered after, for up to ``_PUT_OFF``. To do all at
once is cheaper, but it takes twice as long until everybody sees what came."""
_PUT_OFF = timedelta(seconds=60)
"""So long others wait for what arrives: a flood that goes on keeps nobody from being answered."""
_TRIED_AT_ONCE = 50
"""Rows that were taken on before, before those that were not."""
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
    handled += sum(handle(hub, claim) for claim in _tried(hub, queue, until, stop))
    floods = False
    while time.monotonic() < until and not stop():
        if queue in _AFTER_A_FLOOD and _is_flooded(hub, _FLOOD):
            # There is a wake-up for what arrives. For this there will be another one.
            break
        with hub.unit_of_work() as uow:
            claims = outbox.claim(uow.session, queue, hub.clock(), batch=batch, tried=False)
            uow.commit()
        if not claims:
            break
        waiting = deque(claims)
        # It goes on until it is over: who reads meanwhile is late for what comes next.
        floods = queue is Queue.INTAKE and _is_flooded(hub, _FEW if floods else _FLOOD)
        while waiting and time.monotonic() < until and not stop():
            if queue is Queue.DELIVERY:
                some = [waiting.popleft() for _ in range(min(len(waiting), UNDER_WAY))]
                handled += send_together(hub, some, stop)
            elif queue in _BATCHES:
                handled += handle(hub, waiting.popleft())
            else:
                handled += _handle_together(hub, waiting, share, floods=floods)
        for claim in waiting:
            give_back(hub, claim)
        if len(claims) < min(batch, _FEW):
            # What came meanwhile gets a wake-up of its own: other queues have their turn.
            break
    return handled


def _is_flooded(hub: Hub, rows: int) -> bool:
    """Whether that many messages are no case yet, and nobody has waited for them too long."""
    now = hub.clock()
    with hub.reading() as uow:
        return outbox.is_backed_up(uow.session, Queue.INTAKE, now, rows) and not any(
            outbox.is_backed_up(uow.session, queue, now - _PUT_OFF, 1) for queue in _AFTER_A_FLOOD
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
            fail(hub, claims[0], "its worker died each time")
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
                done = [do(hub, uow, claim, classifier) for claim in tried]
                _read_urgent(hub, uow, classifier)
            else:
                done = [_do_at_once(hub, uow, claim, classifier) for claim in tried]
            uow.finish(tried, hub.clock())
            uow.commit()
    except Exception:  # noqa: BLE001  said of the one that raises it when it is handled alone
        share.rows = _FIRST_SHARE
        return sum(handle(hub, claim) for claim in tried)
    share.took(len(tried), time.monotonic() - began)
    for claim in done:
        say(claim)
    return len(done)


def _do_at_once(hub: Hub, uow: BatchUnitOfWork, claim: Claim, classifier: Classifier) -> Claim:
    """Do it, and read what it registered while all of that is here: to look it up costs more."""
    done = do(hub, uow, claim, classifier)
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
