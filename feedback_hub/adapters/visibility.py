"""``domain.access.Scope`` as SQL: what may not be seen is not fetched, counted or sorted."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select

from feedback_hub.adapters.tables import case, referral
from feedback_hub.domain.access import Grant, Scope
from feedback_hub.domain.person import HAS_POWER
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Sensitivity


def case_visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on ``case`` rows that ``scope.admits`` is on facts."""
    if not scope.grants:
        return false()
    return and_(or_(*(_granted(grant) for grant in scope.grants)), *_impartial(scope))


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
    return and_(or_(*ways), *_impartial(scope))


def _impartial(scope: Scope) -> list[ColumnElement[bool]]:
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
