"""A flood is slowed, kept and shown to the operator as one line; nothing is dropped (issue 3).

The other way round an account sends no faster than its provider takes it, whatever the number of
processes and machines: what was sent is counted in the database, in the transaction that commits
the attempt. A text that must wait goes back to the queue, and costs no attempt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from feedback_hub.domain.contact import Contact
from feedback_hub.domain.pacing import Limits, turn
from feedback_hub.services import alerts
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import InboxRow
from feedback_hub.services.rules import Rules

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


def turn_to_send(
    uow: UnitOfWork, limits: Limits, delivery: Delivery, parts: int, now: datetime
) -> datetime | None:
    """None if ``delivery`` may go now, and is counted; else when to come back for it (UTC).

    Whoever must wait comes back one behind the other, or all of them would at the same moment.
    Called before anything else is read: it holds the account's pace until the commit.
    """
    paced, asked = uow.hold_pace(delivery.channel)
    contact = uow.contact(delivery.contact_id) if delivery.contact_id else None
    person_free = (contact.texted_to if contact else None) or now
    account_free = limits.free_at(paced, now)
    if max(person_free, account_free) <= now:
        uow.set_pace(delivery.channel, limits.after(paced, now, parts), asked)
        if contact is not None and limits.to_one:
            contact.texted_to = now + parts * limits.to_one
        return None
    if account_free <= now:
        return person_free
    turn_at = max(asked or now, account_free)
    uow.set_pace(delivery.channel, paced, turn_at + parts * limits.every)
    return max(turn_at, person_free)


def hold_back(uow: UnitOfWork, limits: Limits, channel: str, until: datetime) -> None:
    """The provider said to wait: no process sends on ``channel`` before ``until`` (UTC)."""
    paced, asked = uow.hold_pace(channel)
    held = limits.held(until)
    uow.set_pace(channel, max(paced or held, held), max(asked or until, until))


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
