"""How many cases a list leaves, and since when: what stands on tabs and tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    select,
)

from feedback_hub.adapters.tables import case, referral
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor, Scope
from feedback_hub.reads.case_list import (
    ENOUGH,
    MANY,
    MOST_REFERRALS,
    Filters,
    checked_last,
    conditions_of,
    overdue,
    scope_in,
    states_of_referrals,
    visible_in,
)

_NOW = "now"


def count(uow: SqlUnitOfWork, actor: Actor, filters: Filters, now: datetime) -> int:
    """How many cases the filters leave, up to ``ENOUGH``."""
    return counts(uow, actor, [filters], now, most=ENOUGH)[0]


def counts(
    uow: SqlUnitOfWork,
    actor: Actor,
    lists: Sequence[Filters],
    now: datetime,
    *,
    most: int = MANY,
) -> tuple[int, ...]:
    """How many cases each of these leaves, up to ``most``, in one question to the database."""
    if not lists:
        return ()
    is_sqlite = uow.session.get_bind().dialect.name == "sqlite"
    if all(filters.is_plain for filters in lists):
        scopes = tuple(scope_in(actor, filters) for filters in lists)
        plain = _plain_counts(scopes, tuple(lists), most, is_sqlite)
        return tuple(uow.session.execute(plain, {_NOW: now}).one())
    conditions = partial(conditions_of, uow, actor, now=now)
    asked = (
        _count(filters, conditions, most, is_sqlite=is_sqlite).label(f"of_{n}")
        for n, filters in enumerate(lists)
    )
    return tuple(uow.session.execute(select(*asked)).one())


@lru_cache(maxsize=64)
def _plain_counts(
    scopes: tuple[Scope, ...], lists: tuple[Filters, ...], most: int, is_sqlite: bool
) -> Select[*tuple[Any, ...]]:
    """What every page asks anew, put together once; the time is its one parameter."""
    now: BindParameter[datetime] = bindparam(_NOW)
    return select(
        *(
            _count(
                filters, partial(_plain_conditions, scope, now=now), most, is_sqlite=is_sqlite
            ).label(f"of_{n}")
            for n, (scope, filters) in enumerate(zip(scopes, lists, strict=True))
        )
    )


def _plain_conditions(
    scope: Scope, filters: Filters, *, now: BindParameter[datetime]
) -> list[ColumnElement[bool]]:
    conditions = [visible_in(scope)]
    if filters.states:
        conditions.append(case.c.state.in_(filters.states))
    if filters.overdue:
        conditions += overdue(now)
    return conditions


def _count(
    filters: Filters,
    conditions: Callable[[Filters], list[ColumnElement[bool]]],
    most: int,
    *,
    is_sqlite: bool,
) -> ScalarSelect[int]:
    states = states_of_referrals(filters)
    unreferred = replace(filters, answered_referral=False, waiting_for_partner=False)
    if states and unreferred == Filters(filters.states, in_hand=filters.in_hand):
        # From the referrals, and only so many: a case has few.
        plain = conditions(unreferred)
        # Each looked at by itself: a join PostgreSQL would make of all cases and referrals.
        seen = select(and_(*plain)).where(case.c.id == referral.c.case_id).correlate(referral)
        each = select(referral.c.case_id).where(
            referral.c.state.in_(states), checked_last(seen.scalar_subquery())
        )
        if len(states) == 1:
            # In the index's order: either database stops at the last one that it needs.
            each = each.order_by(referral.c.case_id)
        elif not is_sqlite:
            # It would gather all of them to tell them apart; SQLite stops at the last it needs.
            those = each.limit(most * MOST_REFERRALS).subquery()
            each = select(those.c.case_id)
        some = each.distinct().limit(most)
    else:
        some = select(case.c.id).where(*conditions(filters)).limit(most)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def oldest(
    uow: SqlUnitOfWork, actor: Actor, lists: Sequence[Filters], now: datetime
) -> tuple[datetime | None, ...]:
    """When the oldest case that each of these leaves was received, in one question."""
    asked = (
        select(case.c.received_at)
        .where(*conditions_of(uow, actor, filters, now))
        .order_by(case.c.received_at)
        .limit(1)
        .scalar_subquery()
        .label(f"of_{n}")
        for n, filters in enumerate(lists)
    )
    return tuple(uow.session.execute(select(*asked)).one()) if lists else ()
