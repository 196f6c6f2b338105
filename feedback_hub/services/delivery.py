"""Sending one text in three steps: commit an attempt, call the provider, commit the outcome.

A send is never blindly repeated: when an attempt was committed and no outcome followed (a crash, a
time-out after the request left), the provider is asked what it has before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.dialogue import ASKS, choices_in
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import (
    CannotAsk,
    DeliveryError,
    DeliveryState,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.pacing import Limits
from feedback_hub.services import broadcasts, loopback, pacing
from feedback_hub.services.ports import Channels, UnitOfWork
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules
from feedback_hub.services.seals import address_bound_to

MOST_ATTEMPTS = 6
_BACK_OFF = (5, 30, 120, 600, 1800)
SETTLE = timedelta(seconds=15)
"""How long a provider may take to list what it accepted, before "it has none" is believed."""


FIRST_LOOK = timedelta(minutes=15)
"""A receipt that has not come by then is asked for (``channel_watch.follow_up``)."""


@dataclass(frozen=True)
class Again:
    """Try this delivery again, not before ``at`` (UTC)."""

    at: datetime


def send(
    open_uow: Callable[[], UnitOfWork],
    rules: Rules,
    channels: Channels,
    delivery_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Bring one delivery forward; ``Again`` when it needs another turn, None when it does not.

    Calls the provider outside any transaction. The caller holds the work's lease; should somebody
    whose clock is fast have taken it over meanwhile, only one of the two attempts is written down.
    """
    now = clock()
    with open_uow() as uow:
        delivery = uow.delivery(delivery_id)
        if delivery is None or delivery.state.rank >= DeliveryState.SENT.rank:
            return None
        message = _message(uow, delivery)
        found = (delivery.state, delivery.attempts)
        unsettled = delivery.state in _UNSETTLED
        tried_at = delivery.tried_at or now
        if unsettled:
            message = replace(message, others=uow.provider_ids_beside(delivery))
    if unsettled:
        settled = _ask(open_uow, channels, message, tried_at, now)
        if settled is not _UNSENT:
            return settled
    pace = channels.pace(message)
    with open_uow() as uow:
        delivery = uow.delivery(delivery_id, hold=True)
        if delivery is None:
            return None
        if (delivery.state, delivery.attempts) != found:
            # Somebody else tries it: what comes of that is looked at later.
            return Again(now + SETTLE)
        turn_at = pacing.turn_to_send(uow, pace[0], delivery, pace[1], now) if pace else None
        if turn_at is not None:
            uow.commit()
            return Again(turn_at)
        may_go = _attempt(uow, rules, delivery, now)
        uow.commit()
    if not may_go:
        return None
    outcome = call(channels, message)
    limited = isinstance(outcome, DeliveryError) and outcome.fault is SendFault.RATE_LIMITED
    wait = outcome.retry_after if isinstance(outcome, DeliveryError) and limited else None
    if pace and wait:
        _hold_back(open_uow, pace[0], message.channel, wait, clock())
    with open_uow() as uow:
        again = conclude(uow, channels, delivery_id, outcome, clock())
        uow.commit()
    return again


class NotNow(Enum):
    """What is to be done with a delivery that is not to be sent now."""

    DONE = "done"
    ALONE = "alone"


def begin(
    uow: UnitOfWork, rules: Rules, channels: Channels, delivery_id: str, now: datetime
) -> OutboundMessage | NotNow:
    """The first step of ``send`` for one of several: what to ``call`` the provider with.

    ``ALONE`` is what may not be under way beside others: an attempt that is in doubt, a provider
    that takes only so much, or that cannot be asked what it was given.
    """
    delivery = uow.delivery(delivery_id)
    if delivery is None or delivery.state.rank >= DeliveryState.SENT.rank:
        return NotNow.DONE
    if delivery.state in _UNSETTLED or not channels.remembers_sent(delivery.channel):
        return NotNow.ALONE
    message = _message(uow, delivery)
    if channels.pace(message) is not None:
        return NotNow.ALONE
    if not _attempt(uow, rules, delivery, now):
        return NotNow.DONE
    return message


def call(channels: Channels, message: OutboundMessage) -> str | DeliveryError:
    """The second step, in no transaction: the provider's id, or what went wrong."""
    try:
        return channels.send(message)
    except DeliveryError as error:
        return error


def conclude(
    uow: UnitOfWork,
    channels: Channels,
    delivery_id: str,
    outcome: str | DeliveryError,
    now: datetime,
) -> Again | None:
    """The third step: write down what came of it."""
    if isinstance(outcome, DeliveryError):
        return _failed(uow, delivery_id, outcome, now)
    _sent(uow, channels, delivery_id, outcome, now)
    return None


def not_tried(uow: UnitOfWork, delivery_id: str) -> None:
    """Take back ``begin``: the provider was not called, surely."""
    delivery = uow.delivery(delivery_id)
    if delivery is not None and delivery.state is DeliveryState.ATTEMPTING:
        delivery.state = DeliveryState.QUEUED
        delivery.attempts -= 1


def _attempt(uow: UnitOfWork, rules: Rules, delivery: Delivery, now: datetime) -> bool:
    """Write an attempt down, if the text may still go."""
    withheld = loopback.still_forbidden(uow, rules, delivery, now)
    if withheld is None and delivery.purpose is Purpose.BROADCAST:
        withheld = broadcasts.forbidden(uow, rules, delivery, now)
    if withheld is not None:
        _withhold(uow, delivery, withheld, now)
        return False
    delivery.state = DeliveryState.ATTEMPTING
    delivery.attempts += 1
    delivery.attempted_at = delivery.attempted_at or now
    delivery.tried_at = now
    return True


_UNSETTLED = frozenset({DeliveryState.ATTEMPTING, DeliveryState.OUTCOME_UNKNOWN})
_UNSENT = Again(datetime.min)  # noqa: DTZ901  a mark, never compared with a time


def _ask(
    open_uow: Callable[[], UnitOfWork],
    channels: Channels,
    message: OutboundMessage,
    tried_at: datetime,
    now: datetime,
) -> Again | None:
    """What became of an attempt whose outcome was never written down; ``_UNSENT`` if nothing."""
    if now < tried_at + SETTLE:
        return Again(tried_at + SETTLE)
    try:
        provider_id = channels.find_sent(message)
    except CannotAsk:
        # Nobody can tell: it stays unknown and people decide. Never a second send.
        with open_uow() as uow:
            if (delivery := uow.delivery(message.id)) is not None:
                delivery.advance(DeliveryState.OUTCOME_UNKNOWN, now)
                loopback.people_take_over(uow, delivery, now)
            uow.commit()
        return None
    except DeliveryError as error:
        return Again(now + timedelta(seconds=error.retry_after or _BACK_OFF[1]))
    if provider_id is None:
        return _UNSENT
    with open_uow() as uow:
        _sent(uow, channels, message.id, provider_id, now)
        uow.commit()
    return None


def _hold_back(
    open_uow: Callable[[], UnitOfWork], limits: Limits, channel: str, seconds: float, now: datetime
) -> None:
    with open_uow() as uow:
        pacing.hold_back(uow, limits, channel, now + timedelta(seconds=seconds))
        uow.commit()


def _sent(
    uow: UnitOfWork, channels: Channels, delivery_id: str, provider_id: str, now: datetime
) -> None:
    delivery = uow.delivery(delivery_id)
    if delivery is None:
        return
    delivery.provider_id = provider_id
    delivery.fault = None
    delivery.advance(DeliveryState.SENT, now)
    _note(uow, delivery, now)
    if not delivery.state.is_final and channels.tells_of_sent(delivery.channel):
        uow.work(Task.FOLLOW_UP, delivery.id, now + FIRST_LOOK)


def _failed(uow: UnitOfWork, delivery_id: str, error: DeliveryError, now: datetime) -> Again | None:
    delivery = uow.delivery(delivery_id)
    if delivery is None:
        return None
    delivery.fault = error.fault
    delivery.provider_code = error.provider_code[:32]
    again: Again | None = None
    if error.outcome_unknown:
        delivery.advance(DeliveryState.OUTCOME_UNKNOWN, now)
        if delivery.attempts < MOST_ATTEMPTS:
            wait = max(SETTLE, timedelta(seconds=error.retry_after or 0), _wait(delivery))
            again = Again(now + wait)
    elif error.opted_out:
        _stop(uow, delivery, now)
        delivery.advance(DeliveryState.FAILED, now)
    elif error.permanent or delivery.attempts >= MOST_ATTEMPTS:
        delivery.advance(DeliveryState.FAILED, now)
    else:
        # Surely not sent: it may simply be tried again.
        delivery.state = DeliveryState.QUEUED
        asked = timedelta(seconds=error.retry_after or 0)
        again = Again(now + max(asked, _wait(delivery)))
    if delivery.state.is_final:
        _note(uow, delivery, now)
    if again is None:
        loopback.people_take_over(uow, delivery, now)
    return again


def _wait(delivery: Delivery) -> timedelta:
    return timedelta(seconds=_BACK_OFF[min(delivery.attempts, len(_BACK_OFF)) - 1])


def _stop(uow: UnitOfWork, delivery: Delivery, now: datetime) -> None:
    contact = uow.contact(delivery.contact_id) if delivery.contact_id else None
    if contact is not None:
        contact.stopped_at = contact.stopped_at or now
    delivery.fault = SendFault.OPTED_OUT


def _withhold(uow: UnitOfWork, delivery: Delivery, withheld: Withheld, now: datetime) -> None:
    delivery.withheld = withheld
    delivery.advance(DeliveryState.WITHHELD, now)
    loopback.people_take_over(uow, delivery, now)
    case = uow.case(delivery.case_id) if delivery.case_id else None
    if case is not None:
        case.note(EventKind.WITHHELD, delivery.id, "machine", now)


def _note(uow: UnitOfWork, delivery: Delivery, now: datetime) -> None:
    case = uow.case(delivery.case_id) if delivery.case_id else None
    if case is not None:
        case.note(EventKind.DELIVERY, delivery.id, "machine", now)


def _message(uow: UnitOfWork, delivery: Delivery) -> OutboundMessage:
    contact = uow.contact(delivery.contact_id) if delivery.contact_id else None
    address = ""
    if contact is not None:
        address = uow.vault.open(
            contact.key_id, contact.address_sealed, address_bound_to(contact.id)
        )
    text = ""
    if delivery.text_sealed is not None:
        text = uow.vault.open(
            delivery.key_id, delivery.text_sealed, loopback.text_bound_to(delivery.id)
        )
    return OutboundMessage(
        id=delivery.id,
        channel=delivery.channel,
        address=address,
        text=text,
        language=delivery.language,
        attempted_at=delivery.attempted_at,
        choices=choices_in(text) if delivery.purpose in ASKS else (),
    )
