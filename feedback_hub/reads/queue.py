"""The queue page: five views of the cases somebody handles."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import exists, select

from feedback_hub.adapters import case_words
from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import case_tag as tag_table
from feedback_hub.adapters.tables import tag as word_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import OPEN, CaseState, Outcome
from feedback_hub.domain.coding import FeedbackType
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.person import AgeBand, Disability, Sex
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.reads import case_counts, case_list, issue_list
from feedback_hub.reads.behind import Figure, behind
from feedback_hub.reads.case_list import Filters, own_scope
from feedback_hub.reads.names import Names, names_for
from feedback_hub.reads.rows import OfPartner, queue_row, snippets, wordless
from feedback_hub.reads.views.queue import (
    QueueFilters,
    QueuePage,
    QueueRow,
    QueueTab,
    Together,
    TogetherPreview,
)
from feedback_hub.services import custom_fields
from feedback_hub.services.rules import Rules

E = TypeVar("E", bound=StrEnum)

MOST_TAGS = 100
MOST_ISSUES = 30
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
    return _opened(uow, actor, filters, now, _found(uow, rules, actor, filters, now, cursor))


def page_unless(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    filters: QueueFilters,
    now: datetime,
    cursor: str,
    mark: str,
) -> QueuePage | None:
    """The same; None while its mark is still ``mark``: then no text is opened, which is cheap."""
    found = _found(uow, rules, actor, filters, now, cursor)
    return None if found.mark == mark else _opened(uow, actor, filters, now, found)


@dataclass(frozen=True)
class _Found:
    page: case_list.Page
    partners: Mapping[str, Sequence[OfPartner]]
    counts: Mapping[QueueTab, int]
    own: tuple[CustomField, ...]
    mark: str
    behind: int | None = None


def _found(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    filters: QueueFilters,
    now: datetime,
    cursor: str,
) -> _Found:
    own = custom_fields.filtering(rules)
    offered = {f"{field.name}:{answer}" for field in own for answer in field.choices or {}}
    known = [one for one in filters.field if one in offered]
    asked = replace(narrowed(filters, rules), own=custom_fields.read_filters(rules, known))
    found = case_list.page(uow, actor, asked, now, cursor=cursor, with_referrals=False)
    partners = case_list.partners_of(uow, actor, [case.id for case in found.cases])
    tabs = [tab for tab in QueueTab if tab is not QueueTab.ALL]
    counted = case_counts.counts(uow, actor, [TABS[tab] for tab in tabs], now)
    counts: dict[QueueTab, int] = dict(zip(tabs, counted, strict=True))
    behind_it = case_counts.count(uow, actor, asked, now) if filters.is_of_a_figure else None
    return _Found(found, partners, counts, own, _mark(found, partners, counts, now), behind_it)


def _opened(
    uow: SqlUnitOfWork,
    actor: Actor,
    filters: QueueFilters,
    now: datetime,
    found: _Found,
) -> QueuePage:
    colleagues = _colleagues(uow, actor)
    names = names_for(uow, {*colleagues, *(case.owner for case in found.page.cases)})
    return QueuePage(
        filters=filters,
        rows=rows(uow, actor, found.page.cases, found.partners, now, filters.q, names),
        counts=found.counts,
        many=case_list.MANY,
        together=_together(uow, actor, colleagues, names),
        mark=found.mark,
        older=found.page.older,
        newer=found.page.newer,
        # All there are: to find out which are in use would read every case.
        types=tuple(FeedbackType),
        tags=tuple(_tags(uow, actor)),
        own=found.own,
        behind=found.behind,
    )


def _mark(
    found: case_list.Page,
    partners: Mapping[str, Sequence[OfPartner]],
    counts: Mapping[QueueTab, int],
    now: datetime,
) -> str:
    """Another one as soon as anything shown is; made of what was fetched, nothing is opened."""
    lines = [
        (
            one.ref,
            one.version,
            one.owner,
            one.due_at is not None and one.due_at < now,
            [(r.organisation, r.state.value) for r in partners.get(one.id, ())],
        )
        for one in found.cases
    ]
    whole = repr((lines, sorted(counts.items()), bool(found.older), bool(found.newer)))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _colleagues(uow: SqlUnitOfWork, actor: Actor) -> set[str]:
    """Whom several cases can be given to; nobody for a desk."""
    if not actor.may(Action.WORK_CASE):
        return set()
    return {
        one.id
        for role in (Role.CASE_MANAGER, Role.PROTECTION)
        if role in actor.roles
        for one in uow.accounts(role)
    }


def _together(
    uow: SqlUnitOfWork, actor: Actor, colleagues: Collection[str], names: Names
) -> Together | None:
    """Colleagues, issues and partners to do something with several cases; None for a desk."""
    if not actor.may(Action.WORK_CASE):
        return None
    issues: Sequence[tuple[str, str]] = ()
    if actor.may(Action.READ_ISSUE):
        found, _ = issue_list.page(uow, issue_list.IssueFilters(), limit=MOST_ISSUES)
        issues = [(one.id, one.title) for one in found if one.state is not IssueState.ANSWERED]
    return Together(
        owners=tuple(sorted(((one, names.person(one)) for one in colleagues), key=lambda p: p[1])),
        issues=tuple(issues),
        organisations=tuple(names.partners),
    )


def together(
    uow: SqlUnitOfWork, actor: Actor, refs: Sequence[str], organisation_code: str, now: datetime
) -> TogetherPreview:
    """What would go to a partner of these cases: which, and with how much of each."""
    visible = (uow.visible_case(actor, Action.WORK_CASE, ref) for ref in refs)
    found = [one for one in visible if one is not None]
    names = names_for(uow)
    return TogetherPreview(
        organisation=organisation_code,
        organisation_name=names.organisation(organisation_code),
        rows=rows(
            uow, actor, found, case_list.referrals_of(uow, actor, [c.id for c in found]), now
        ),
        shares={one.ref: one.consent.share for one in found},
    )


def narrowed(filters: QueueFilters, rules: Rules) -> Filters:
    """The tab's view with what the address bar narrows it to; words it does not know are left."""
    tab = TABS[filters.tab]
    zone = rules.calendar.zone
    states = tab.states
    if filters.state in set(CaseState):
        state = CaseState(filters.state)
        states = (state,) if not states or state in states else states
    figure = _word(Figure, filters.figure)
    return replace(
        tab,
        states=states,
        site=filters.site,
        sector=filters.sector,
        type=filters.type,
        priority=_word(Priority, filters.priority),
        tag=filters.tag[:64],
        assigned=filters.assigned if filters.assigned in {"me", "none"} else "",
        q=filters.q[:200],
        received_from=day(filters.first, zone),
        received_before=day(filters.last, zone, after=1),
        channel=filters.channel[:64],
        sex=_word(Sex, filters.sex),
        age_band=_word(AgeBand, filters.age_band),
        disability=_word(Disability, filters.disability),
        outcome=_word(Outcome, filters.outcome),
        code=filters.code[:64],
        partner=filters.partner[:64],
        behind=behind(rules, figure) if figure else None,
    )


def _word(words: type[E], written: str) -> E | None:
    return words(written) if written in set(words) else None


def day(written: str, zone: tzinfo, *, after: int = 0) -> datetime | None:
    """When a day begins, or so many days after it; None for what is no day."""
    try:
        found = date.fromisoformat(written)
        return datetime.combine(found + timedelta(days=after), time(), zone)
    except (ValueError, OverflowError):
        return None


def rows(
    uow: SqlUnitOfWork,
    actor: Actor,
    cases: Sequence[Case],
    referrals: Mapping[str, Sequence[OfPartner]],
    now: datetime,
    q: str = "",
    names: Names | None = None,
) -> tuple[QueueRow, ...]:
    """These cases as lines; ``q`` is what was searched for, ``names`` if they were fetched."""
    names = names or names_for(uow, (case.owner for case in cases))
    words = snippets(uow, actor, cases, q)
    kinds = wordless(uow, words)
    return tuple(
        queue_row(
            case,
            referrals.get(case.id, ()),
            words.get(case.id, ""),
            names,
            now,
            kinds.get(case.id, MessageKind.TEXT),
            q,
        )
        for case in cases
    )


def _tags(uow: SqlUnitOfWork, actor: Actor) -> Sequence[str]:
    """The tags of cases that the actor handles, each looked up by itself: few tags, many cases."""
    on_one = (
        select(tag_table.c.case_id)
        .join(case_table, case_table.c.id == tag_table.c.case_id)
        .where(tag_table.c.tag == word_table.c.tag, case_visible(own_scope(actor)))
        .correlate(word_table)
    )
    in_use = case_words.words_of(uow.session, uow.vault, exists(on_one))
    return sorted(in_use.values())[:MOST_TAGS]
