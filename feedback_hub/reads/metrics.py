"""What the machine's operator watches, from the database alone. No L3 is in any count of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, or_, select

from feedback_hub.adapters.tables import case, delivery, inbox
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.case import CaseState
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import channel_health, health, machine
from feedback_hub.reads.channel_health import ChannelLine
from feedback_hub.reads.machine import Ending
from feedback_hub.reads.views.health import QueueHealth
from feedback_hub.services.records.watching import Alert
from feedback_hub.services.records.work import InboxKind

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class HubState:
    """How the hub stands at one moment."""

    queues: Sequence[QueueHealth]
    cases: Mapping[CaseState, int]
    deliveries: Mapping[DeliveryState, int]
    rejected: int
    alerts: Sequence[Alert] = ()
    channels: Sequence[ChannelLine] = ()
    backup_at: datetime | None = None
    tokens: Sequence[Ending] = ()


def hub_state(uow: SqlUnitOfWork, now: datetime, channels: Mapping[str, str] = EMPTY) -> HubState:
    """Queues, cases and deliveries at ``now`` (UTC); every state is there, also at 0.

    ``channels`` are the configured accounts and their kinds.
    """
    cases = select(case.c.state, func.count()).where(case.c.sensitivity != Sensitivity.L3)
    deliveries = (
        select(delivery.c.state, func.count())
        .select_from(delivery.outerjoin(case, case.c.id == delivery.c.case_id))
        # A text about no case is the confirmation of STOP or START.
        .where(or_(case.c.id.is_(None), case.c.sensitivity != Sensitivity.L3))
    )
    rejected = select(func.count()).where(inbox.c.kind == InboxKind.REJECTED)
    by_state = uow.session.execute(cases.group_by(case.c.state))
    by_fate = uow.session.execute(deliveries.group_by(delivery.c.state))
    return HubState(
        queues=health.page(uow, {}, now).queues,
        cases=dict.fromkeys(CaseState, 0) | dict(by_state.all()),
        deliveries=dict.fromkeys(DeliveryState, 0) | dict(by_fate.all()),
        rejected=uow.session.scalar(rejected) or 0,
        alerts=uow.lasting_alerts(),
        channels=channel_health.lines(uow, channels),
        backup_at=machine.backup_at(uow),
        tokens=machine.tokens_ending(uow, now, None),
    )
