"""How the channel accounts are: what never reached us, whether the provider works, who is silent.

Providers are asked outside any transaction; each function takes a maker of units of work for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from feedback_hub.domain.message import CannotAsk, DeliveryError, DeliveryState
from feedback_hub.services import alerts, inbox, intake
from feedback_hub.services.delivery import FIRST_LOOK, Again
from feedback_hub.services.ports import Channels, UnitOfWork
from feedback_hub.services.records.watching import AlertKind, Checked, WebhookState

OpenUnitOfWork = Callable[[], UnitOfWork]

MARGIN = timedelta(minutes=10)
"""A provider lists a message a little late, and its clock is not ours."""
LOOKED_FOR = timedelta(days=3)
"""No network tries longer to deliver a text; many never say whether it did."""
USUAL_DAYS = timedelta(days=14)
"""What is usual for a channel: these days before its last message."""
FEWEST = 6
"""With fewer messages in those days nothing is usual, and silence says nothing."""
TIMES_THE_GAP = 5
_MOST = 1000
_AT_ONCE = 100

CHANNEL_ALERTS = (
    AlertKind.SILENT_CHANNEL,
    AlertKind.PULL_FAILS,
    AlertKind.CATCH_UP_FAILS,
    AlertKind.ACCOUNT_FAILS,
    AlertKind.WEBHOOK_ELSEWHERE,
)
"""Alerts whose subject is a channel account and that this module and the pull loop look after."""


def catch_up(open_uow: OpenUnitOfWork, channels: Channels, name: str, now: datetime) -> int:
    """Take in what the provider lists and we do not have; how many messages that were.

    An account that never brought anything begins with what comes from now on: what an earlier
    system may have answered is not asked for.
    """
    with open_uow() as uow:
        last = uow.heard(name, None, 1)
        known = uow.caught_up_at(name) or (last[0] if last else None)
    if known is None:
        return _caught_up(open_uow, name, now)
    try:
        listed = channels.missed(name, known - MARGIN)
    except DeliveryError as error:
        detail = {"fault": error.fault.value, "code": error.provider_code}
        with open_uow() as uow:
            alerts.raise_once(uow, AlertKind.CATCH_UP_FAILS, name, now, detail)
            uow.commit()
        return 0
    by_id = {inbox.external_id(item): item for item in listed}
    with open_uow() as uow:
        unknown = uow.unknown_messages(name, list(by_id))
    new = [item for external_id, item in by_id.items() if external_id in unknown]
    taken = 0
    for start in range(0, len(new), _AT_ONCE):
        with open_uow() as uow:
            # Its webhook may come meanwhile: whichever is second changes nothing.
            taken += intake.accept(uow, name, new[start : start + _AT_ONCE], b"", now)
            uow.commit()
    _caught_up(open_uow, name, now)
    return taken


def _caught_up(open_uow: OpenUnitOfWork, name: str, now: datetime) -> int:
    with open_uow() as uow:
        uow.set_caught_up(name, now)
        alerts.resolve(uow, AlertKind.CATCH_UP_FAILS, name, now)
        uow.commit()
    return 0


def follow_up(
    open_uow: Callable[[], UnitOfWork],
    channels: Channels,
    delivery_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Ask what became of a text whose receipt did not come: it may have been sent to a dead hub.

    The answer goes into the inbox like the receipt itself, which may come yet: that is one. Raises
    nothing of the provider's; ``Again`` while it may still change.
    """
    now = clock()
    with open_uow() as uow:
        delivery = uow.delivery(delivery_id)
        if delivery is None or delivery.state is not DeliveryState.SENT:
            return None
        channel, provider_id = delivery.channel, delivery.provider_id or ""
        age = now - (delivery.sent_at or now)
    if age > LOOKED_FOR:
        return None
    try:
        receipt = channels.state_of(channel, provider_id, now)
    except CannotAsk:
        return None
    except DeliveryError as error:
        return None if error.permanent else Again(now + FIRST_LOOK)
    if receipt.state is None or not receipt.state.is_final:
        return Again(now + max(age, FIRST_LOOK))
    with open_uow() as uow:
        intake.accept(uow, channel, [receipt], b"", now)
        uow.commit()
    return None


def check(open_uow: OpenUnitOfWork, channels: Channels, name: str, now: datetime) -> Checked:
    """Ask the provider how the account is and keep the answer; an alert while it is not well."""
    found = channels.examine(name)
    with open_uow() as uow:
        uow.keep_check(name, found, now)
        if found.fault is not None:
            detail = {"fault": found.fault.value, "code": found.code}
            alerts.raise_once(uow, AlertKind.ACCOUNT_FAILS, name, now, detail)
        else:
            alerts.resolve(uow, AlertKind.ACCOUNT_FAILS, name, now)
            if found.webhook in (WebhookState.ELSEWHERE, WebhookState.NOWHERE):
                detail = {"webhook": found.webhook.value}
                alerts.raise_once(uow, AlertKind.WEBHOOK_ELSEWHERE, name, now, detail)
            else:
                alerts.resolve(uow, AlertKind.WEBHOOK_ELSEWHERE, name, now)
        uow.commit()
    return found


def watch_silence(open_uow: OpenUnitOfWork, name: str, now: datetime, least: timedelta) -> bool:
    """Raise or resolve the alert of a silent account; whether it is silent. ``least`` 0: never."""
    with open_uow() as uow:
        times = heard_lately(uow, name)
        usual = usual_gap(times)
        silent = (
            bool(least) and usual is not None and now - times[0] > max(least, TIMES_THE_GAP * usual)
        )
        if silent and usual is not None:
            detail = {"since": times[0].isoformat(), "usual": str(round(usual.total_seconds()))}
            alerts.raise_once(uow, AlertKind.SILENT_CHANNEL, name, now, detail)
        else:
            alerts.resolve(uow, AlertKind.SILENT_CHANNEL, name, now)
        uow.commit()
    return silent


def heard_lately(uow: UnitOfWork, name: str) -> Sequence[datetime]:
    """When messages came in the ``USUAL_DAYS`` up to the last one, the newest first; some at most.

    Counted from the last message, not from now: or a channel dead for long would lose its past.
    """
    last = uow.heard(name, None, 1)
    return uow.heard(name, last[0] - USUAL_DAYS, _MOST) if last else ()


def usual_gap(times: Sequence[datetime]) -> timedelta | None:
    """The mean time between messages (newest first); None with too few to say."""
    if len(times) < FEWEST:
        return None
    return (times[0] - times[-1]) / (len(times) - 1)


def forget_others(uow: UnitOfWork, names: Sequence[str], now: datetime) -> None:
    """Resolve what was raised of accounts that are no longer configured."""
    for alert in uow.lasting_alerts():
        if alert.kind in CHANNEL_ALERTS and alert.subject not in names:
            alerts.resolve(uow, alert.kind, alert.subject, now)
