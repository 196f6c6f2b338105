"""The queue page: five views of the cases somebody handles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import case_tag as tag_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import OPEN, Case, CaseState
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.reads import case_list
from feedback_hub.reads.case_list import Filters, own_scope
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.rows import queue_row, snippets, wordless
from feedback_hub.reads.views import QueueFilters, QueuePage, QueueRow, QueueTab
from feedback_hub.services import custom_fields
from feedback_hub.services.ports import Rules

MOST_TAGS = 100
TO_TRIAGE = (CaseState.RECEIVED, CaseState.REOPENED, CaseState.APPEALED)
_STILL_OPEN = tuple(state for state in CaseState if state in OPEN)

TABS: Mapping[QueueTab, Filters] = {
    QueueTab.TRIAGE: Filters(states=TO_TRIAGE, in_hand=True),
    QueueTab.VERIFY: Filters(states=_STILL_OPEN, answered_referral=True, in_hand=True),
    QueueTab.OVERDUE: Filters(overdue=True, in_hand=True),
    QueueTab.WAITING: Filters(states=_STILL_OPEN, waiting_for_partner=True, in_hand=True),
    QueueTab.ALL: Filters(in_hand=True),
}
"""What each view holds; the first page counts the same."""


def page(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    filters: QueueFilters,
    now: datetime,
    cursor: str = "",
) -> QueuePage:
    """One page of the queue. Raises ``Invalid`` for a cursor nobody gave out."""
    own = custom_fields.filtering(rules)
    offered = {f"{field.name}:{answer}" for field in own for answer in field.choices or {}}
    known = [one for one in filters.field if one in offered]
    asked = replace(narrowed(filters), own=custom_fields.read_filters(rules, known))
    found = case_list.page(uow, actor, asked, now, cursor=cursor)
    sectors, types = _present(uow, actor)
    return QueuePage(
        filters=filters,
        rows=rows(uow, actor, found.cases, found.referrals, now),
        counts={
            tab: case_list.count(uow, actor, TABS[tab], now)
            for tab in QueueTab
            if tab is not QueueTab.ALL
        },
        older=found.older,
        newer=found.newer,
        sites=tuple(site_names(uow)),
        sectors=sectors,
        types=types,
        tags=tuple(_tags(uow, actor)),
        own=own,
    )


def narrowed(filters: QueueFilters) -> Filters:
    """The tab's view with what the address bar narrows it to; words it does not know are left."""
    tab = TABS[filters.tab]
    states = tab.states
    if filters.state in set(CaseState):
        state = CaseState(filters.state)
        states = (state,) if not states or state in states else states
    return replace(
        tab,
        states=states,
        site=filters.site,
        sector=filters.sector,
        type=filters.type,
        priority=Priority(filters.priority) if filters.priority in set(Priority) else None,
        tag=filters.tag[:64],
        q=filters.q[:200],
    )


def rows(
    uow: SqlUnitOfWork,
    actor: Actor,
    cases: Sequence[Case],
    referrals: Mapping[str, Sequence[Referral]],
    now: datetime,
) -> tuple[QueueRow, ...]:
    """These cases as lines."""
    names = names_for(uow, (case.owner for case in cases))
    words = snippets(uow, actor, cases)
    kinds = wordless(uow, words)
    return tuple(
        queue_row(
            case,
            referrals.get(case.id, ()),
            words.get(case.id, ""),
            names,
            now,
            kinds.get(case.id, MessageKind.TEXT),
        )
        for case in cases
    )


def _present(uow: SqlUnitOfWork, actor: Actor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    visible = case_visible(own_scope(actor))
    sectors = set(uow.session.scalars(select(case_table.c.sector).where(visible).distinct()))
    types = set(uow.session.scalars(select(case_table.c.type).where(visible).distinct()))
    return (
        tuple(sector for sector in Sector if sector in sectors),
        tuple(kind for kind in FeedbackType if kind in types),
    )


def _tags(uow: SqlUnitOfWork, actor: Actor) -> Sequence[str]:
    visible = case_visible(own_scope(actor))
    tagged = select(tag_table.c.tag).join(case_table, case_table.c.id == tag_table.c.case_id)
    in_use = tagged.where(visible).distinct().order_by(tag_table.c.tag).limit(MOST_TAGS)
    return uow.session.scalars(in_use).all()
