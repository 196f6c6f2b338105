"""The cases an actor may see: filters, search and keyset pages, the same for page and API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVarTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import case as case_when

from feedback_hub.adapters import case_words, search_index
from feedback_hub.adapters.among import among
from feedback_hub.adapters.tables import case, case_answer, case_tag, referral
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible, referral_visible
from feedback_hub.domain.access import Action, Actor, Grant, Scope, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.person import AgeBand, Disability, Sex
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads import behind, keyset
from feedback_hub.reads.behind import Behind
from feedback_hub.reads.counting import UNKNOWN
from feedback_hub.services import custom_fields

Told = TypeVarTuple("Told")

MOST = 200
ENOUGH = 1000
"""Counts stop here: "more than a thousand" is answer enough, and a full count is not cheap."""
MANY = 200
"""Counts beside lists, on every page, stop here and are shown as "200+": counting further than
anybody reads in a day was half of what such a page asked of the database."""

MOST_REFERRALS = 2
"""Of one case that are with partners at a time, or a count may stop a little early."""


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means any (CONTRACT, HTTP: cases).

    ``site``, ``sector``, ``type`` and ``channel`` may be ``unknown``: nobody has said which.
    ``behind``: the figure of the measures that it is the list of.
    ``in_hand``: what the actor's own team or desk handles, not what was merely referred to them.
    ``own``: answers to the hub's own questions, by name (``custom_fields.read_filters``).
    """

    states: tuple[CaseState, ...] = ()
    site: str = ""
    sector: str = ""
    type: str = ""
    priority: Priority | None = None
    partner: str = ""
    assigned: str = ""
    overdue: bool = False
    answered_referral: bool = False
    waiting_for_partner: bool = False
    suspected: bool = False
    in_hand: bool = False
    tag: str = ""
    own: tuple[tuple[str, str], ...] = ()
    q: str = ""
    received_from: datetime | None = None
    received_before: datetime | None = None
    channel: str = ""
    sex: Sex | None = None
    age_band: AgeBand | None = None
    disability: Disability | None = None
    outcome: Outcome | None = None
    code: str = ""
    behind: Behind | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it asks for nothing but states, a clock or a referral's states."""
        asked = Filters(
            self.states,
            overdue=self.overdue,
            answered_referral=self.answered_referral,
            waiting_for_partner=self.waiting_for_partner,
            in_hand=self.in_hand,
        )
        return self == asked and not (self.overdue and states_of_referrals(self))


class WithPartner(NamedTuple):
    """Whom a case was referred to, and how that stands."""

    organisation: str
    state: ReferralState


@dataclass(frozen=True)
class Page:
    """Cases, newest first, their visible referrals, and the cursors of the pages around."""

    cases: tuple[Case, ...]
    referrals: dict[str, tuple[Referral, ...]]
    older: str = ""
    newer: str = ""


def page(
    uow: SqlUnitOfWork,
    actor: Actor,
    filters: Filters,
    now: datetime,
    *,
    cursor: str = "",
    limit: int = 50,
    with_referrals: bool = True,
) -> Page:
    """One page of what ``actor`` may see. Raises ``Invalid`` for a cursor nobody gave out."""
    backwards = cursor.startswith("-")
    is_of_answers = _is_of_answers(uow, actor, filters)
    rest = replace(filters, answered_referral=False) if is_of_answers else filters
    many = is_of_answers and _are_many(uow, (ReferralState.ANSWERED,))
    listed = case.alias() if many else case
    place = (listed.c.received_at, listed.c.id)
    wanted = [keyset.beyond(*place, cursor.lstrip("-"), backwards=backwards)] if cursor else []
    conditions = conditions_of(uow, actor, rest, now)
    if many:
        # The more cases that have no answer are passed in an index: their rows are not read.
        answered = _has_referral(referral.c.state == ReferralState.ANSWERED, of=listed)
        some = select(*place).where(checked_last(answered), *wanted)
        # An offset keeps it a question of its own, whatever the planner thinks of that.
        some = some.order_by(*_ordered(*place, backwards=backwards)).offset(literal_column("0"))
        these = some.subquery()
        query = select(Case).join(these, these.c.id == case.c.id)
        query = query.where(*map(checked_last, conditions))
        query = query.order_by(*_ordered(*these.c, backwards=backwards))
    else:
        if is_of_answers:
            wanted.append(_is_among(referral.c.state == ReferralState.ANSWERED))
        query = select(Case).where(*conditions, *wanted)
        query = query.order_by(*_ordered(*place, backwards=backwards))
    found = list(uow.session.scalars(query.limit(limit + 1)))
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    older = bool(found) and (more if not backwards else True)
    newer = bool(found) and (bool(cursor) if not backwards else more)
    return Page(
        cases=tuple(found),
        referrals=referrals_of(uow, actor, [c.id for c in found]) if with_referrals else {},
        older=_cursor(found[-1]) if older else "",
        newer="-" + _cursor(found[0]) if newer else "",
    )


def _ordered(*place: ColumnElement[Any], backwards: bool) -> list[ColumnElement[Any]]:
    return [column.asc() if backwards else column.desc() for column in place]


def referrals_of(
    uow: SqlUnitOfWork, actor: Actor, case_ids: Sequence[str]
) -> dict[str, tuple[Referral, ...]]:
    """The referrals of these cases that exist for ``actor``, by case, the oldest first."""
    by_case: dict[str, tuple[Referral, ...]] = {}
    if case_ids:
        for row in uow.session.scalars(_referrals(uow, actor, case_ids, select(Referral))):
            by_case[row.case_id] = (*by_case.get(row.case_id, ()), row)
    return by_case


def partners_of(
    uow: SqlUnitOfWork, actor: Actor, case_ids: Sequence[str]
) -> dict[str, tuple[WithPartner, ...]]:
    """The same, as far as a line of a list says anything of them."""
    by_case: dict[str, tuple[WithPartner, ...]] = {}
    told = select(referral.c.case_id, referral.c.organisation, referral.c.state)
    if case_ids:
        for case_id, *rest in uow.session.execute(_referrals(uow, actor, case_ids, told)):
            by_case[case_id] = (*by_case.get(case_id, ()), WithPartner(*rest))
    return by_case


def _referrals(
    uow: SqlUnitOfWork, actor: Actor, case_ids: Sequence[str], told: Select[*Told]
) -> Select[*Told]:
    visible = _seen_by(scope_of(actor, Action.READ_CASE), scope_of(actor, Action.READ_REFERRAL))
    return (
        told.join(case, case.c.id == referral.c.case_id)
        .where(among(uow.session, referral.c.case_id, case_ids), visible)
        .order_by(referral.c.created_at)
    )


@lru_cache(maxsize=256)
def _seen_by(cases: Scope, referrals: Scope) -> ColumnElement[bool]:
    return checked_last(or_(referral_visible(cases), referral_visible(referrals)))


def own_scope(actor: Actor) -> Scope:
    """The cases ``actor`` handles: not those that only a referral or an intake of theirs opens."""
    scope = scope_of(actor, Action.READ_CASE)
    grants = tuple(g for g in scope.grants if not g.referred_to and not g.entered_by)
    return replace(scope, grants=grants)


def overdue(now: datetime | BindParameter[datetime]) -> list[ColumnElement[bool]]:
    """Whether a case's time has run out by ``now``."""
    return [case.c.due_at < now, case.c.state != CaseState.CLOSED]


def scope_in(actor: Actor, filters: Filters) -> Scope:
    """Which cases a list is of, before it is narrowed."""
    return own_scope(actor) if filters.in_hand else scope_of(actor, Action.READ_CASE)


def conditions_of(
    uow: SqlUnitOfWork, actor: Actor, filters: Filters, now: datetime
) -> list[ColumnElement[bool]]:
    """What the filters leave of what ``actor`` may see, as conditions on ``case``."""
    scope = scope_in(actor, filters)
    conditions = _in_states(uow, filters, scope)
    conditions += [*_tagged(uow, filters.tag), *_answered(uow, actor, filters.own)]
    for column, wanted in (
        (case.c.site, _named(filters.site)),
        (case.c.sector, _named(filters.sector)),
        (case.c.type, _named(filters.type)),
        (case.c.channel, _named(filters.channel)),
        (case.c.priority, filters.priority),
        (case.c.suspected, filters.suspected or None),
        (case.c.sex, filters.sex),
        (case.c.age_band, filters.age_band),
        (case.c.disability, filters.disability),
        (case.c.outcome, filters.outcome),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    conditions += _of_a_figure(actor, filters, now)
    if filters.assigned:
        owner = {"me": actor.id, "none": ""}.get(filters.assigned, filters.assigned)
        conditions.append(case.c.owner == owner)
    if filters.overdue:
        conditions += overdue(now)
    if filters.partner:
        conditions.append(
            _has_referral(
                referral.c.organisation == filters.partner,
                referral_visible(scope_of(actor, Action.READ_CASE)),
            )
        )
    if filters.q.strip():
        conditions.append(_found(uow, filters.q))
    return conditions


def _in_states(uow: SqlUnitOfWork, filters: Filters, scope: Scope) -> list[ColumnElement[bool]]:
    """Visible, in its state and with such referrals, each asked in the way that reads least."""
    visible = visible_in(scope)
    conditions: list[ColumnElement[bool]] = []
    if filters.states:
        conditions.append(case.c.state.in_(filters.states))
    if filters.sector and filters.type:
        # An index has both, and the state beside them: a state's own leaves much more.
        conditions = [checked_last(one) for one in conditions]
    of_referrals = states_of_referrals(filters)
    if of_referrals and _are_many(uow, of_referrals):
        # In the list's own order, each case asked for its referral, until the page is full.
        conditions = [checked_last(one) for one in conditions]
        has_one = _has_referral(referral.c.state.in_(of_referrals))
        if uow.session.get_bind().dialect.name == "sqlite" and _is_wide(scope):
            # Indexes answer this; the rows of the many cases that have none are not read at all.
            return [case_when((has_one, and_(visible, *conditions)), else_=false())]
        conditions.append(has_one)
    elif of_referrals:
        # Few: their cases are looked up.
        conditions.append(_is_among(referral.c.state.in_(of_referrals)))
    return [visible, *conditions]


def states_of_referrals(filters: Filters) -> tuple[ReferralState, ...]:
    """A referral of the case is in one of these; empty for a list that asks for none."""
    if filters.answered_referral:
        return (ReferralState.ANSWERED,)
    if filters.waiting_for_partner:
        return (ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.IN_ACTION)
    return ()


def _are_many(uow: SqlUnitOfWork, states: Sequence[ReferralState]) -> bool:
    last = select(referral.c.case_id).where(referral.c.state.in_(states))
    return uow.session.scalar(last.offset(ENOUGH * MOST_REFERRALS - 1).limit(1)) is not None


def _named(word: str) -> str | None:
    """None for any; the empty word for what nobody has named."""
    return "" if word == UNKNOWN else word or None


def _of_a_figure(actor: Actor, filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    """What a figure of the dashboard is narrowed to: the list behind it."""
    conditions: list[ColumnElement[bool]] = []
    if filters.received_from is not None:
        conditions.append(case.c.received_at >= filters.received_from)
    if filters.received_before is not None:
        conditions.append(case.c.received_at < filters.received_before)
    if filters.code:
        named = type_coerce(case.c.codes, Text())
        conditions.append(named.contains(f'"{filters.code}"', autoescape=True))
    if filters.behind is not None:
        period = filters.received_from, filters.received_before
        conditions += behind.conditions(actor, filters.behind, now, filters.partner, period)
    return conditions


def _tagged(uow: SqlUnitOfWork, tag: str) -> list[ColumnElement[bool]]:
    if not tag:
        return []
    index = case_words.index_of(uow.vault, tag)
    return [case.c.id.in_(select(case_tag.c.case_id).where(case_tag.c.tag == index))]


def _answered(
    uow: SqlUnitOfWork, actor: Actor, own: tuple[tuple[str, str], ...]
) -> list[ColumnElement[bool]]:
    if not own:
        return []
    # Of a case whose person shares nothing, others than the team may not learn it by asking.
    team = case_visible(scope_of(actor, Action.READ_HISTORY))
    conditions: list[ColumnElement[bool]] = [or_(team, case.c.consent_share != Share.NO)]
    for name, answer in own:
        index = custom_fields.answer_index(uow, name, answer)
        of_it = case_answer.c.field == name, case_answer.c.answer_index == index
        conditions.append(case.c.id.in_(select(case_answer.c.case_id).where(*of_it)))
    return conditions


def _has_referral(*conditions: ColumnElement[bool], of: FromClause = case) -> ColumnElement[bool]:
    return exists(
        select(referral.c.id).where(referral.c.case_id == of.c.id, *conditions).correlate(of)
    )


def _is_of_answers(uow: SqlUnitOfWork, actor: Actor, filters: Filters) -> bool:
    """Whether it is the list of answers to be checked, of most cases, and nothing else narrows."""
    return (
        filters.answered_referral
        and filters.is_plain
        and uow.session.get_bind().dialect.name == "postgresql"
        and _is_wide(scope_in(actor, filters))
    )


@lru_cache(maxsize=256)
def visible_in(scope: Scope) -> ColumnElement[bool]:
    """``case_visible``; where most cases are, a list's own order and filters find them sooner."""
    visible = case_visible(scope)
    return checked_last(visible) if _is_wide(scope) else visible


def _is_wide(scope: Scope) -> bool:
    """Whether most cases are visible."""
    return any(Sensitivity.L1 in one.levels and Grant(one.levels) == one for one in scope.grants)


def checked_last(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, by which no planner looks for rows: within a function it has no index."""
    return func.coalesce(condition, false())


def _is_among(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """``_has_referral`` for what few cases have: their referrals are looked up, not each case's."""
    return case.c.id.in_(select(referral.c.case_id).where(*conditions))


def _found(uow: SqlUnitOfWork, q: str) -> ColumnElement[bool]:
    ref = parse_reference(q)
    return case.c.ref == ref if ref else search_index.matches(uow.session, q)


def _cursor(of: Case) -> str:
    return keyset.cursor_at(of.received_at, of.id)
