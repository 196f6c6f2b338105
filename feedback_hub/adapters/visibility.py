"""``domain.access.Scope`` as SQL: what may not be seen is not fetched, counted or sorted."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    and_,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    union,
)

from feedback_hub.adapters.tables import case, case_event, message, referral
from feedback_hub.domain.access import Grant, Scope
from feedback_hub.domain.case import Case
from feedback_hub.domain.person import HAS_POWER
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Sensitivity


@lru_cache(maxsize=256)
def case_visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on ``case`` rows that ``scope.admits`` is on facts.

    A page asks for it up to twenty times; nothing changes a condition that was made.
    """
    if not scope.grants:
        return false()
    return and_(or_(*(_granted(grant) for grant in scope.grants)), *impartial(scope))


def referral_visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on ``referral`` joined to ``case`` that ``scope.admits_referral`` is."""
    if not scope.grants:
        return false()
    ways = []
    for grant in scope.grants:
        way = _granted(grant)
        if grant.referred_to:
            way = and_(
                way,
                referral.c.organisation == grant.referred_to,
                referral.c.state != ReferralState.DRAFTED,
            )
        ways.append(way)
    return and_(or_(*ways), *impartial(scope))


def heard() -> ColumnElement[bool]:
    """The condition on ``message`` joined to ``case`` that it is shown to whoever sees the case.

    What is in doubt waits for a second reading; of an L3 all of it is its handlers' anyway.
    """
    return or_(message.c.doubted_at.is_(None), case.c.sensitivity == Sensitivity.L3)


def told_of(one: Case) -> list[ColumnElement[bool]]:
    """The condition on the history of ``one`` that keeps quiet about what is not ``shown_of``."""
    return [] if one.sensitivity is Sensitivity.L3 else [aloud(one.id)]


def aloud(case_id: str | BindParameter[str]) -> ColumnElement[bool]:
    """The same of any case that is no L3, by its id."""
    unheard = select(message.c.id).where(
        message.c.doubted_at.is_not(None), message.c.case_id == case_id
    )
    return case_event.c.about.not_in(unheard)


def shut_out(scope: Scope, *, sensitive: bool = False) -> CompoundSelect[tuple[str]]:
    """The ids of the cases below L3 that are closed to ``scope`` whatever it grants.

    ``sensitive``: of the L3 instead.
    What figures leave out that grants have no part in: few cases, each way found by an index that
    holds such cases only (hence the words written out, which a planner can hold against it).
    """
    named = case.c.accused_organisation != literal_column("''")
    ways: list[ColumnElement[bool]] = [case.c.doubted_at.is_not(None)]
    if scope.conflicted:
        ways.append(and_(named, case.c.accused_organisation.in_(sorted(scope.conflicted))))
    if scope.leads:
        ways += [named, case.c.accused_class.is_not(None)]
    if scope.person:
        theirs = case.c.entered_by == scope.not_entered_by
        ways.append(and_(theirs, case.c.accused_class.in_(sorted(HAS_POWER))))
    highest = case.c.sensitivity == Sensitivity.L3
    # Within a function no index is looked for: that of all the highly sensitive cases is no way.
    those = func.coalesce(highest if sensitive else not_(highest), false())
    return union(*(select(case.c.id).where(way, those) for way in ways))


def impartial(scope: Scope) -> list[ColumnElement[bool]]:
    """What must hold of a case besides any grant: no conflict of interest, and nothing in doubt."""
    closed: ColumnElement[bool] = case.c.sensitivity == Sensitivity.L3
    if scope.person:
        accused = case.c.accused_class.in_(sorted(HAS_POWER))
        # Not a bare OR: of a class that is not known SQL knows nothing either.
        closed = or_(closed, and_(case.c.accused_class.is_not(None), accused))
    conditions: list[ColumnElement[bool]] = [
        case.c.doubted_at.is_(None),
        or_(not_(closed), case.c.entered_by != scope.not_entered_by),
    ]
    if scope.leads:
        conditions.append(case.c.accused_organisation == "")
        conditions.append(case.c.accused_class.is_(None))
    if scope.conflicted:
        conditions.append(case.c.accused_organisation.not_in(sorted(scope.conflicted)))
    return conditions


def _granted(grant: Grant) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [
        case.c.sensitivity.in_(sorted(grant.levels, key=lambda level: level.rank))
    ]
    if grant.site:
        conditions.append(case.c.site == grant.site)
    if grant.sector:
        conditions.append(case.c.sector == grant.sector)
    if grant.entered_by:
        conditions.append(case.c.entered_by == grant.entered_by)
    if grant.owner:
        conditions.append(case.c.owner == grant.owner)
    if grant.case_id:
        conditions.append(case.c.id == grant.case_id)
    if grant.accused:
        conditions.append(case.c.accused_organisation == grant.accused)
    if grant.referred_to:
        theirs = referral.alias()
        conditions.append(
            exists(
                select(theirs.c.id).where(
                    theirs.c.case_id == case.c.id,
                    theirs.c.organisation == grant.referred_to,
                    theirs.c.state != ReferralState.DRAFTED,
                )
            )
        )
    return and_(*conditions)
