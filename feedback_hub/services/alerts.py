"""What the operator must hear of: raised once, kept while it lasts, resolved when it ends.

Whoever finds out calls ``raise_once`` at every look and ``resolve`` when all is well again; both
are safe to repeat and to run on several machines at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from feedback_hub.domain.ids import new_id
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.watching import Alert, AlertKind

log = structlog.get_logger()


def raise_once(
    uow: UnitOfWork,
    kind: AlertKind,
    subject: str,
    now: datetime,
    detail: Mapping[str, str] | None = None,
) -> bool:
    """Raise an alert about ``subject``; False if it lasts already, which then gets ``detail``.

    ``detail`` holds no content, number or name: it is logged.
    """
    lasting = _key(kind, subject)
    known = uow.lasting_alert(lasting)
    if known is not None:
        if detail is not None and dict(detail) != known.detail:
            known.detail = dict(detail)
        return False
    alert = Alert(new_id(), kind, subject, now, lasting, dict(detail or {}))
    if not uow.add_alert(alert):
        return False
    log.warning("alert", kind=kind.value, subject=subject, **alert.detail)
    return True


def resolve(uow: UnitOfWork, kind: AlertKind, subject: str, now: datetime) -> bool:
    """It is over; False if there was no such alert."""
    known = uow.lasting_alert(_key(kind, subject))
    if known is None:
        return False
    known.resolved_at, known.lasting = now, None
    log.info("alert over", kind=kind.value, subject=subject)
    return True


def _key(kind: AlertKind, subject: str) -> str:
    return f"{kind.value}:{subject}"
