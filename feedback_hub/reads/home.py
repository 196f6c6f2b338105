"""The first page: what must I do now?"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case, CaseState
from feedback_hub.reads import (
    audit_pages,
    call_list,
    case_list,
    health,
    queue,
    referral_inbox,
    translations,
    wordings,
)
from feedback_hub.reads.case_list import Filters, own_scope
from feedback_hub.reads.views import HomePage, HomeTile, InboxTab, QueueRow, QueueTab, TileKind

FIRST = 5

_CASE_TILES: dict[TileKind, Filters] = {
    TileKind.TO_CONFIRM: Filters(suspected=True, in_hand=True),
    TileKind.TO_TRIAGE: queue.TABS[QueueTab.TRIAGE],
    TileKind.TO_VERIFY: queue.TABS[QueueTab.VERIFY],
    TileKind.OVERDUE: queue.TABS[QueueTab.OVERDUE],
    TileKind.SAFE_CONTACT: Filters(states=(CaseState.HANDED_OFF,), in_hand=True),
    TileKind.TO_TELL: Filters(states=(CaseState.RESPONSE_READY,), in_hand=True),
    TileKind.WAITING: queue.TABS[QueueTab.WAITING],
    TileKind.TO_CLOSE: Filters(states=(CaseState.LOOP_ATTEMPTED,), in_hand=True),
}
_TILES_OF: dict[Role, tuple[TileKind, ...]] = {
    Role.CASE_MANAGER: (
        TileKind.TO_TRIAGE,
        TileKind.TO_VERIFY,
        TileKind.OVERDUE,
        TileKind.TO_TELL,
        TileKind.WAITING,
        TileKind.TO_CLOSE,
    ),
    Role.PROTECTION: (
        TileKind.TO_CONFIRM,
        TileKind.SAFE_CONTACT,
        TileKind.TO_TRIAGE,
        TileKind.OVERDUE,
        TileKind.TO_TELL,
        TileKind.TO_CLOSE,
    ),
    Role.DESK: (TileKind.TO_TELL,),
}


def page(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> HomePage:
    """What waits for this reader, by role, and what to open first."""
    tiles: list[HomeTile] = []
    kinds = [kind for role in _TILES_OF if role in actor.roles for kind in _TILES_OF[role]]
    for kind in dict.fromkeys(kinds):
        filters = _CASE_TILES[kind]
        count = case_list.count(uow, actor, filters, now)
        oldest = case_list.oldest(uow, actor, filters, now) if count else None
        tiles.append(HomeTile(kind, count, oldest))
    tiles += _to_translate(uow, actor)
    if actor.may(Action.CALL_BACK):
        tiles.append(HomeTile(TileKind.TO_CALL, *call_list.waiting(uow, actor, now)))
    if actor.may(Action.ANSWER_REFERRAL):
        for kind, tab in (
            (TileKind.TO_ACCEPT, InboxTab.ACCEPT),
            (TileKind.TO_ANSWER, InboxTab.ANSWER),
        ):
            tiles.append(HomeTile(kind, *referral_inbox.waiting(uow, actor, tab)))
    if actor.may(Action.CONFIGURE):
        tiles.append(HomeTile(TileKind.NOT_DELIVERED, *health.not_delivered(uow, now)))
        tiles.append(HomeTile(TileKind.OUTBOX, *health.waiting(uow, now)))
    if actor.may(Action.READ_AUDIT):
        since = now - timedelta(days=1)
        for kind, action in (
            (TileKind.FAILED_LOG_INS, AuditAction.LOG_IN_FAILED),
            (TileKind.SENSITIVE_READS, AuditAction.CASE_READ),
        ):
            tiles.append(HomeTile(kind, audit_pages.count(uow, action, since)))
    if actor.may(Action.APPROVE_WORDING):
        drafts = wordings.drafts(uow)
        if drafts or not tiles:
            tiles.append(HomeTile(TileKind.DRAFT_WORDINGS, drafts))
    return HomePage(
        tuple(tiles),
        _next_cases(uow, actor, now) if kinds else (),
        referral_inbox.most_pressing(uow, actor, now, FIRST)
        if actor.may(Action.ANSWER_REFERRAL)
        else (),
        tuple(uow.lasting_alerts()) if actor.may(Action.CONFIGURE) else (),
    )


def _to_translate(uow: SqlUnitOfWork, actor: Actor) -> list[HomeTile]:
    """Shown where something waits only: most people speak no language that no machine reads."""
    count, oldest = translations.waiting(uow, actor)
    return [HomeTile(TileKind.TO_TRANSLATE, count, oldest)] if count else []


def _next_cases(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[QueueRow, ...]:
    """What this reader can bring forward, the most urgent first."""
    ours: tuple[CaseState, ...] = (
        *queue.TO_TRIAGE,
        CaseState.TRIAGED,
        CaseState.RESPONSE_READY,
        CaseState.LOOP_ATTEMPTED,
        CaseState.HANDED_OFF,
    )
    if not actor.may(Action.TRIAGE):
        ours = (CaseState.RESPONSE_READY, CaseState.LOOP_ATTEMPTED)
    found = uow.session.scalars(
        select(Case)
        .where(case_visible(own_scope(actor)), case_table.c.state.in_(ours))
        .order_by(case_table.c.priority, case_table.c.received_at)
        .limit(FIRST)
    ).all()
    referrals = case_list.referrals_of(uow, actor, [case.id for case in found])
    return queue.rows(uow, actor, found, referrals, now)
