"""How each channel account is: what came and went, what waits, what somebody must look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, literal, select

from feedback_hub.adapters.channel_accounts import known
from feedback_hub.adapters.tables import delivery, inbox, outbox
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.message import DeliveryState, SendFault
from feedback_hub.services import channel_watch
from feedback_hub.services.records.watching import Alert, AlertKind, WebhookState
from feedback_hub.services.records.work import InboxKind, Task

TODAY = timedelta(days=1)
MOST_SHOWN = 50

_WAITING = (DeliveryState.QUEUED, DeliveryState.ATTEMPTING, DeliveryState.OUTCOME_UNKNOWN)
_GONE_OUT = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
_NOT_DELIVERED = (DeliveryState.FAILED, DeliveryState.EXPIRED)
_BROKEN = {AlertKind.ACCOUNT_FAILS, AlertKind.PULL_FAILS}


class AccountState(StrEnum):
    """One word for an account."""

    WORKS = "works"
    LOOK = "look"
    BROKEN = "broken"
    UNTRIED = "untried"


@dataclass(frozen=True)
class ChannelLine:
    """One account in the list. ``set_aside`` counts what somebody must look at."""

    name: str
    kind: str
    state: AccountState
    last_in: datetime | None
    last_out: datetime | None
    waiting: int
    waiting_since: datetime | None
    set_aside: int


@dataclass(frozen=True)
class SetAside:
    """One thing that could not be read or worked on. ``what``: an inbox kind, or ``send``."""

    id: str
    what: str
    at: datetime
    fault: str
    may_dismiss: bool


@dataclass(frozen=True)
class ChannelPage:
    """All about one account; ``usual_gap`` in seconds, None with too few messages to say."""

    line: ChannelLine
    alerts: tuple[Alert, ...]
    failures: tuple[tuple[SendFault | None, int], ...]
    usual_gap: float | None
    set_aside: tuple[SetAside, ...]
    checked_at: datetime | None
    check_said: str
    check_fault: SendFault | None
    check_code: str
    webhook: WebhookState | None
    pulled_at: datetime | None
    caught_up_at: datetime | None


def lines(uow: SqlUnitOfWork, kinds: Mapping[str, str]) -> tuple[ChannelLine, ...]:
    """Every account of ``kinds`` (name → kind)."""
    alerts = uow.lasting_alerts()
    return tuple(_line(uow, name, kind, alerts) for name, kind in kinds.items())


def page(uow: SqlUnitOfWork, name: str, kind: str, now: datetime) -> ChannelPage:
    """One account."""
    alerts = uow.lasting_alerts()
    row = known(uow.session, name)
    kept = row._mapping if row is not None else {}
    usual = channel_watch.usual_gap(channel_watch.heard_lately(uow, name))
    return ChannelPage(
        line=_line(uow, name, kind, alerts),
        alerts=tuple(alert for alert in alerts if alert.subject == name),
        failures=_failures(uow, name, now),
        usual_gap=usual.total_seconds() if usual else None,
        set_aside=_set_aside(uow, name),
        checked_at=kept.get("checked_at"),
        check_said=kept.get("check_said", ""),
        check_fault=kept.get("check_fault"),
        check_code=kept.get("check_code", ""),
        webhook=kept.get("webhook"),
        pulled_at=kept.get("pulled_at"),
        caught_up_at=kept.get("caught_up_at"),
    )


def _line(uow: SqlUnitOfWork, name: str, kind: str, alerts: Sequence[Alert]) -> ChannelLine:
    last_in = next(iter(uow.heard(name, None, 1)), None)
    last_out = _last_out(uow, name)
    waiting, since = uow.session.execute(
        select(func.count(), func.min(delivery.c.queued_at)).where(
            delivery.c.channel == name, delivery.c.state.in_(_WAITING)
        )
    ).one()
    aside = _count_set_aside(uow, name)
    raised = {alert.kind for alert in alerts if alert.subject == name}
    row = known(uow.session, name)
    if raised & _BROKEN:
        state = AccountState.BROKEN
    elif raised or aside:
        state = AccountState.LOOK
    elif (row is None or row._mapping["checked_at"] is None) and not (last_in or last_out):
        state = AccountState.UNTRIED
    else:
        state = AccountState.WORKS
    return ChannelLine(name, kind, state, last_in, last_out, waiting, since, aside)


def _last_out(uow: SqlUnitOfWork, name: str) -> datetime | None:
    """The latest queued text of each state that went out: what the index gives without a scan."""
    times: list[datetime] = []
    for state in _GONE_OUT:
        latest = (
            select(delivery.c.sent_at)
            .where(delivery.c.channel == name, delivery.c.state == state)
            .order_by(delivery.c.queued_at.desc())
            .limit(1)
        )
        times += [at for at in uow.session.scalars(latest) if at is not None]
    return max(times, default=None)


def _failures(
    uow: SqlUnitOfWork, name: str, now: datetime
) -> tuple[tuple[SendFault | None, int], ...]:
    counted = (
        select(delivery.c.fault, func.count())
        .where(
            delivery.c.channel == name,
            delivery.c.state.in_(_NOT_DELIVERED),
            delivery.c.queued_at > now - TODAY,
        )
        .group_by(delivery.c.fault)
        .order_by(func.count().desc())
    )
    return tuple((row[0], row[1]) for row in uow.session.execute(counted))


def _aside_inbox(name: str) -> tuple[ColumnElement[bool], ...]:
    return (
        inbox.c.channel == name,
        inbox.c.set_aside_at.is_not(None),
        inbox.c.handled_at.is_(None),
    )


def _count_set_aside(uow: SqlUnitOfWork, name: str) -> int:
    came = select(func.count()).select_from(inbox).where(*_aside_inbox(name))
    going = (
        select(func.count())
        .select_from(outbox.join(delivery, delivery.c.id == outbox.c.subject_id))
        .where(
            outbox.c.task == Task.SEND,
            outbox.c.set_aside_at.is_not(None),
            outbox.c.handled_at.is_(None),
            delivery.c.channel == name,
        )
    )
    return (uow.session.scalar(came) or 0) + (uow.session.scalar(going) or 0)


def _set_aside(uow: SqlUnitOfWork, name: str) -> tuple[SetAside, ...]:
    came = select(inbox.c.id, inbox.c.kind, inbox.c.set_aside_at, inbox.c.fault).where(
        *_aside_inbox(name)
    )
    going = (
        select(outbox.c.id, literal("send"), outbox.c.set_aside_at, outbox.c.fault)
        .select_from(outbox.join(delivery, delivery.c.id == outbox.c.subject_id))
        .where(
            outbox.c.task == Task.SEND,
            outbox.c.set_aside_at.is_not(None),
            outbox.c.handled_at.is_(None),
            delivery.c.channel == name,
        )
    )
    found = [
        SetAside(row[0], str(row[1]), row[2], row[3], row[1] in _MAY_DISMISS)
        for statement, order in ((came, inbox), (going, outbox))
        for row in uow.session.execute(
            statement.order_by(order.c.set_aside_at.desc()).limit(MOST_SHOWN)
        )
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MOST_SHOWN])


_MAY_DISMISS = {InboxKind.REJECTED, InboxKind.RECEIPT}
