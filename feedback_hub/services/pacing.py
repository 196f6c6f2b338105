"""A flood is slowed, kept and shown to the operator as one line; nothing is dropped (issue 3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from feedback_hub.domain.contact import Contact
from feedback_hub.domain.pacing import turn
from feedback_hub.services import alerts
from feedback_hub.services.ports import Rules, UnitOfWork
from feedback_hub.services.records import AlertKind, InboxRow

_QUIET = 50
"""Waiting messages of an account below which a flood is over."""


def waits(uow: UnitOfWork, rules: Rules, contact: Contact, row: InboxRow, now: datetime) -> bool:
    """Whether ``row`` must wait for its contact's turn: then it is back in the inbox until then.

    Each row is given one turn and keeps it. Called after commands: a STOP never waits.
    """
    if row.from_history or row.paced_at is not None:
        return False
    at, contact.paced_to = turn(contact.paced_to, now, rules.contact_per_minute)
    if at <= now:
        return False
    row.paced_at = now
    row.handled_at, row.leased_until, row.available_at = None, None, at
    row.attempts = 0
    alerts.raise_once(uow, AlertKind.FLOOD, row.channel, now)
    return True


def is_news(
    uow: UnitOfWork, rules: Rules, accounts: Iterable[str], now: datetime, every: timedelta
) -> bool:
    """Whether ``pace_accounts`` would change anything. Reads only: mostly it would not."""
    share = _share(rules, every)
    counted = uow.waiting_messages(now)
    flooded = {alert.subject for alert in uow.lasting_alerts() if alert.kind is AlertKind.FLOOD}
    for channel in accounts:
        ready, waiting = counted.get(channel, (0, 0))
        if ready > share or (channel in flooded and waiting < _QUIET):
            return True
    return False


def pace_accounts(
    uow: UnitOfWork, rules: Rules, accounts: Iterable[str], now: datetime, every: timedelta
) -> int:
    """Let no account keep the others waiting: what it has beyond its share waits ``every`` longer.

    Called every ``every``. Returns how many messages were put off.
    """
    share = _share(rules, every)
    put_off = 0
    counted = uow.waiting_messages(now)
    for channel in accounts:
        ready, waiting = counted.get(channel, (0, 0))
        if ready > share:
            put_off += uow.put_off(channel, share, now, now + every)
            alerts.raise_once(uow, AlertKind.FLOOD, channel, now)
        elif waiting < _QUIET:
            alerts.resolve(uow, AlertKind.FLOOD, channel, now)
    return put_off


def _share(rules: Rules, every: timedelta) -> int:
    return max(int(rules.account_per_minute * every.total_seconds() / 60), 1)
