"""Sending several texts at once: providers are slow, not busy. See ``services.delivery``."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from feedback_hub.adapters import outbox, tracing
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.message import DeliveryError, OutboundMessage
from feedback_hub.services import delivery
from feedback_hub.services.delivery import NotNow
from feedback_hub.services.records.work import Task
from workers.alone import fail, handle, say

UNDER_WAY = 20
"""Texts whose attempt is written down together, before the first of them is sent."""
_AT_ONCE = 8
_SENDING = 15.0
"""Seconds after which the rest of them wait for another turn: well within the lease."""


def send_together(hub: Hub, claims: Sequence[Claim], stop: Callable[[], bool]) -> int:
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
            fail(hub, claim, outcome.fault)
        else:
            outcomes[claim] = outcome
    if outcomes:
        conclude(hub, outcomes)
    alone += [claim for claim, one in begun.items() if one is NotNow.ALONE]
    return len(done) + len(outcomes) + sum(handle(hub, claim) for claim in alone)


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


def conclude(hub: Hub, outcomes: Mapping[Claim, str | DeliveryError | None]) -> None:
    """Write down what came of each: the provider's id, why there is none, or None: not tried."""
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
        say(claim)
