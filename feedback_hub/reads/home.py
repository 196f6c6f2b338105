"""The first page: what must I do now?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from feedback_hub.adapters import handlers, person_requests
from feedback_hub.adapters.tables import account, issue
from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, ActorKind, Role, scope_of
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.issue import IssueState
from feedback_hub.reads import (
    audit_pages,
    bank,
    call_list,
    case_counts,
    case_list,
    health,
    measures,
    queue,
    referral_inbox,
    translations,
    wordings,
)
from feedback_hub.reads.case_list import Filters, own_scope
from feedback_hub.reads.views.home import Doing, HomeFigures, HomePage, HomeTile, TileKind
from feedback_hub.reads.views.queue import QueueRow, QueueTab
from feedback_hub.reads.views.referrals import InboxTab
from feedback_hub.services.rules import Rules

FIRST = 5

_CASE_TILES: dict[TileKind, Filters] = {
    TileKind.TO_CONFIRM: Filters(suspected=True, in_hand=True),
    TileKind.TO_TRIAGE: queue.TABS[QueueTab.TRIAGE],
    TileKind.TO_VERIFY: queue.TABS[QueueTab.VERIFY],
    TileKind.OVERDUE: queue.TABS[QueueTab.OVERDUE],
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
        TileKind.TO_TRIAGE,
        TileKind.OVERDUE,
        TileKind.TO_TELL,
        TileKind.TO_CLOSE,
    ),
    Role.DESK: (TileKind.TO_TELL,),
}


_DOINGS: dict[Role, tuple[Doing, ...]] = {
    Role.DESK: (Doing.REPORT, Doing.DESK_APP, Doing.CALLS, Doing.FIND, Doing.ANSWERS),
    Role.AUDITOR: (Doing.AUDIT,),
}


def page(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    now: datetime,
    kinds_of_channels: Mapping[str, str],
    threshold: int,
) -> HomePage:
    """What waits for this reader, by role, and what to open first.

    ``kinds_of_channels``: the configured channel accounts, for who looks after them.
    ``threshold``: no figure of a coordinator's is smaller.
    """
    coordinates = Role.COORDINATOR in actor.roles
    answers_referrals = actor.may(Action.ANSWER_REFERRAL)
    tiles = [*_cases(uow, actor, now), *_to_translate(uow, actor), *_people(uow, actor, now)]
    tiles += [*_asked_of_data(uow, actor, now), *_let_in(uow, actor, now)]
    if coordinates:
        tiles += [*_issues(uow), _bank_ending(uow, rules, now)]
    if actor.may(Action.CONFIGURE):
        tiles += _machine(uow, kinds_of_channels, now)
    if actor.may(Action.MANAGE_USERS):
        tiles.append(_never_in(uow))
    if actor.may(Action.READ_AUDIT):
        tiles += _noted(uow, now)
    if actor.may(Action.APPROVE_WORDING):
        drafts = wordings.drafts(uow)
        if drafts or not tiles:
            tiles.append(HomeTile(TileKind.DRAFT_WORDINGS, drafts))
    return HomePage(
        tuple(tiles),
        _next_cases(uow, actor, now) if _kinds(actor) else (),
        referral_inbox.most_pressing(uow, actor, now, FIRST) if answers_referrals else (),
        tuple(uow.lasting_alerts()) if actor.may(Action.CONFIGURE) else (),
        doings=next((_DOINGS[role] for role in _DOINGS if role in actor.roles), ()),
        figures=_figures(uow, rules, actor, now, threshold) if coordinates else None,
        last_noted_at=audit_pages.last_at(uow) if actor.may(Action.READ_AUDIT) else None,
    )


def _kinds(actor: Actor) -> list[TileKind]:
    kinds = [kind for role in _TILES_OF if role in actor.roles for kind in _TILES_OF[role]]
    return list(dict.fromkeys(kinds))


def _cases(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Iterator[HomeTile]:
    kinds = _kinds(actor)
    lists = [_CASE_TILES[kind] for kind in kinds]
    counts = case_counts.counts(uow, actor, lists, now)
    oldest = case_counts.oldest(uow, actor, lists, now)
    for kind, count, oldest_at in zip(kinds, counts, oldest, strict=True):
        yield HomeTile(kind, count, oldest_at, and_more=count == case_list.MANY)


def _people(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Iterator[HomeTile]:
    """Whom to reach, and what partners are asked."""
    if Role.PROTECTION in actor.roles:
        yield HomeTile(TileKind.SAFE_CONTACT, *call_list.waiting(uow, actor, now, safely=True))
    if actor.may(Action.CALL_BACK):
        yield HomeTile(TileKind.TO_CALL, *call_list.waiting(uow, actor, now, safely=False))
    if actor.may(Action.ANSWER_REFERRAL):
        yield HomeTile(TileKind.TO_ACCEPT, *referral_inbox.waiting(uow, actor, InboxTab.ACCEPT))
        yield HomeTile(TileKind.TO_ANSWER, *referral_inbox.waiting(uow, actor, InboxTab.ANSWER))


def _let_in(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> list[HomeTile]:
    """Who or what is to read what handlers read, or does so unasked; shown where any waits."""
    if Role.PROTECTION not in actor.roles or actor.kind is not ActorKind.ACCOUNT:
        return []
    asked = [one for one in handlers.proposed(uow.session) if one.account_id != actor.id]
    since = [one.asked_at for one in asked]
    since += [one.created_at for one in handlers.unasked(uow.session, now)]
    return [HomeTile(TileKind.LET_IN, len(since), min(since))] if since else []


def _asked_of_data(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> list[HomeTile]:
    """What people ask of what is kept about them; shown where somebody waits only."""
    if not actor.may(Action.WORK_CASE):
        return []
    scope = scope_of(actor, Action.WORK_CASE)
    count, oldest, due = person_requests.waiting(uow.session, scope)
    if not count or due is None:
        return []
    kind = TileKind.DATA_LATE if due < now else TileKind.DATA_ASKED
    return [HomeTile(kind, count, oldest)]


def _noted(uow: SqlUnitOfWork, now: datetime) -> list[HomeTile]:
    since = now - timedelta(days=1)
    asked = (
        (TileKind.FAILED_LOG_INS, AuditAction.LOG_IN_FAILED),
        (TileKind.SENSITIVE_READS, AuditAction.CASE_READ),
        (TileKind.EXPORTS, AuditAction.EXPORTED),
        (TileKind.EMERGENCIES, AuditAction.GLASS_BROKEN),
    )
    return [HomeTile(kind, audit_pages.count(uow, action, since)) for kind, action in asked]


def _issues(uow: SqlUnitOfWork) -> list[HomeTile]:
    """Problems of many that wait for a decision, and decisions that nobody has said in public."""
    tiles = []
    for kind, state in (
        (TileKind.TO_DECIDE, IssueState.OPEN),
        (TileKind.TO_SAY, IssueState.DECIDED),
    ):
        count, oldest = uow.session.execute(
            select(func.count(), func.min(issue.c.created_at)).where(issue.c.state == state)
        ).one()
        tiles.append(HomeTile(kind, count, oldest))
    return tiles


def _bank_ending(uow: SqlUnitOfWork, rules: Rules, now: datetime) -> HomeTile:
    """Approved answers that leave within days: what then is a desk to say?"""
    lines = bank.page(uow, rules, bank.BankFilters(), now)
    return HomeTile(TileKind.BANK_ENDING, sum(one.soon for one in lines))


def _machine(uow: SqlUnitOfWork, kinds: Mapping[str, str], now: datetime) -> list[HomeTile]:
    machine = health.page(uow, kinds, now)
    return [
        HomeTile(TileKind.CHANNELS_DOWN, sum(bool(one.fault) for one in machine.channels)),
        HomeTile(TileKind.NOT_DELIVERED, *health.not_delivered(uow, now)),
        HomeTile(TileKind.SET_ASIDE, sum(one.set_aside for one in machine.queues)),
        HomeTile(TileKind.OUTBOX, *health.waiting(uow, now)),
    ]


def _never_in(uow: SqlUnitOfWork) -> HomeTile:
    """Accounts that were made and never used: an invitation that did not arrive, or too many."""
    waiting = account.c.active.is_(True), account.c.last_login_at.is_(None)
    asked = select(func.count(), func.min(account.c.created_at)).where(*waiting)
    count, oldest = uow.session.execute(asked).one()
    return HomeTile(TileKind.NEVER_IN, count, oldest)


def _figures(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, now: datetime, threshold: int
) -> HomeFigures:
    """Four figures of the measures, whose small numbers are left out already."""
    asked = measures.asked(None, None, "", now, rules.calendar.zone)
    # JSON, as the API gives it: typed by what it says.
    found: Any = measures.measure(uow, rules, actor, asked, now, threshold)
    in_time, answered = found["acknowledged_in_time"], found["time_to_answer"]
    told, ages = found["closed"]["loop_closed_with_person"], found["open_by_age"]
    hours = answered["median_hours"]
    return HomeFigures(
        cases=found["cases"],
        acknowledged=(in_time["rate"], in_time["of"]),
        median_days=(hours / 24 if hours is not None else None, answered["count"]),
        told=(told["rate"], told["of"]),
        open_long=(ages["14_to_29_days"], ages["of"]),
        threshold=found["threshold"],
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
