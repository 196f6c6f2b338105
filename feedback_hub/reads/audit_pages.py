"""The audit log as the auditor reads it: no content, and nothing that leads to a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from feedback_hub.adapters.tables import audit
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.audit import AuditAction
from feedback_hub.reads.names import names_for
from feedback_hub.reads.views.audit import AuditPage, AuditRow

PAGE = 50
MOST_OPENED = 20


def page(
    uow: SqlUnitOfWork, *, action: str = "", actor: str = "", subject: str = "", before: int = 0
) -> AuditPage:
    """Lines before the line ``before`` (0: the newest), filtered. Unknown words filter nothing."""
    wanted = select(audit).order_by(audit.c.sequence.desc()).limit(PAGE + 1)
    known = AuditAction(action) if action in set(AuditAction) else None
    if known is not None:
        wanted = wanted.where(audit.c.action == known)
    if actor:
        wanted = wanted.where(audit.c.actor == actor)
    if subject:
        wanted = wanted.where(audit.c.object_id == subject)
    if before > 0:
        wanted = wanted.where(audit.c.sequence < before)
    found = uow.session.execute(wanted).all()
    shown = found[:PAGE]
    accounts = {row.object_id for row in shown if row.kind in {"account", "token"}}
    names = names_for(uow, {row.actor for row in shown} | accounts)
    return AuditPage(
        rows=tuple(
            AuditRow(
                sequence=row.sequence,
                at=row.at,
                action=row.action,
                actor=names.person(row.actor) or row.actor,
                kind=row.kind,
                subject=names.person(row.object_id) or row.object_id,
                reason=row.reason,
                device=row.device,
            )
            for row in shown
        ),
        action=known.value if known else "",
        actor=actor,
        subject=subject,
        cursor=shown[-1].sequence if len(found) > PAGE else None,
    )


def count(uow: SqlUnitOfWork, action: AuditAction, since: datetime) -> int:
    """How many lines of one kind there are since ``since`` (aware)."""
    asked = select(func.count()).where(audit.c.action == action, audit.c.at >= since)
    return uow.session.scalar(asked) or 0


def last_at(uow: SqlUnitOfWork) -> datetime | None:
    """When the last line was written; None while there is none."""
    at: datetime | None = uow.session.scalar(
        select(audit.c.at).order_by(audit.c.sequence.desc()).limit(1)
    )
    return at


def opened_by(uow: SqlUnitOfWork, case_id: str) -> tuple[tuple[str, datetime], ...]:
    """Who opened a sensitive case, and when last, the latest first; for those who handle it."""
    last = func.max(audit.c.at)
    rows = uow.session.execute(
        select(audit.c.actor, last)
        .where(audit.c.object_id == case_id, audit.c.action == AuditAction.CASE_READ)
        .group_by(audit.c.actor)
        .order_by(last.desc())
        .limit(MOST_OPENED)
    ).all()
    names = names_for(uow, (actor for actor, _ in rows))
    return tuple((names.person(actor) or actor, at) for actor, at in rows)
