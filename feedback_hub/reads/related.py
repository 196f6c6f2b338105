"""The cases around one: those it is linked with, and those that came from the same contact point.

Only what the reader may see is there, or counted. A shared phone is one contact point with several
people behind it, so that the same number never says that two cases are of the same person.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, or_, select

from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import case_link
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, Scope, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import OPEN
from feedback_hub.domain.meeting import Meeting
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.case_list import ENOUGH
from feedback_hub.reads.rows import Glimpse, code_of, glimpses
from feedback_hub.reads.views.related import Related, RelatedCase
from feedback_hub.reads.wire import Json, when

MOST = 20
"""So many are shown, the latest first; of the others we say how many there are."""


def of_case(uow: SqlUnitOfWork, actor: Actor, case: Case) -> Related:
    """What stands beside ``case``, as far as ``actor`` handles it: linked ones first."""
    links = links_of(uow, case)
    scope = scope_of(actor, Action.READ_HISTORY)
    asked: dict[str, object] = {"this": case.id, "links": sorted(links)}
    if case.contact_id:
        asked["contact_id"] = case.contact_id
    looked = _those(scope, from_contact=bool(case.contact_id))
    found = [Glimpse(*row) for row in uow.session.execute(looked, asked)]
    from_contact = [one for one in found if case.contact_id and one.contact_id == case.contact_id]
    taking = _taking(uow, actor, case) if from_contact else set()
    return Related(
        tuple(
            RelatedCase(
                ref=one.ref,
                state=one.state,
                code=code_of(one),
                received_at=one.received_at,
                links=links.get(one.id, ()),
                same_contact=one in from_contact,
                takes_messages=one.id in taking,
            )
            for one in found
        ),
        _of_the_same(uow, case, scope) if len(found) == MOST else len(from_contact),
    )


def related_body(related: Related, meeting: Meeting | None) -> Json:
    """The same on the wire, with the meeting that the case was raised at."""
    return {
        "meeting": _meeting_body(meeting) if meeting else None,
        "same_contact": related.same_contact,
        "items": [
            {
                "ref": one.ref,
                "state": one.state,
                "code": one.code,
                "received_at": when(one.received_at),
                "links": list(one.links),
                "same_contact": one.same_contact,
            }
            for one in related.cases
        ],
    }


def _meeting_body(meeting: Meeting) -> Json:
    return {
        "id": meeting.id,
        "kind": meeting.kind,
        "held_on": meeting.held_on.isoformat(),
        "site": meeting.site,
        "place": meeting.place,
        "committee_present": meeting.committee_present,
        "present": [
            {"sex": sex, "age_band": band, "count": number}
            for (sex, band), number in meeting.present.items()
        ],
    }


def links_of(uow: SqlUnitOfWork, case: Case) -> dict[str, tuple[str, ...]]:
    """The kinds of link by the id of the case at the other end, whoever may see that one."""
    rows = uow.session.execute(_linked(), {"case_id": case.id})
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        other = row.other_id if row.case_id == case.id else row.case_id
        found[other] = (*found.get(other, ()), row.kind)
    return found


def _taking(uow: SqlUnitOfWork, actor: Actor, case: Case) -> set[str]:
    """The ids of those to which ``casework.move`` may take a message of ``case``."""
    l3 = case_table.c.sensitivity == Sensitivity.L3
    fitting = l3 if case.sensitivity is Sensitivity.L3 else ~l3
    workable = case_visible(scope_of(actor, Action.WORK_CASE))
    same = case_table.c.contact_id == case.contact_id
    return set(
        uow.session.scalars(
            select(case_table.c.id).where(same, fitting, workable, case_table.c.state.in_(OPEN))
        )
    )


def _of_the_same(uow: SqlUnitOfWork, case: Case, scope: Scope) -> int:
    """How many cases the same contact has besides, up to ``ENOUGH``."""
    if not case.contact_id:
        return 0
    others = case_table.c.contact_id == case.contact_id, case_table.c.id != case.id
    some = select(case_table.c.id).where(case_visible(scope), *others).limit(ENOUGH)
    return uow.session.scalar(select(func.count()).select_from(some.subquery())) or 0


@lru_cache(maxsize=256)
def _those(scope: Scope, *, from_contact: bool) -> Select[*tuple[Any, ...]]:
    linked = case_table.c.id.in_(bindparam("links", expanding=True))
    which: ColumnElement[bool] = linked
    if from_contact:
        which = or_(linked, case_table.c.contact_id == bindparam("contact_id"))
    latest = glimpses().where(case_visible(scope), case_table.c.id != bindparam("this"), which)
    order = linked.desc(), case_table.c.received_at.desc(), case_table.c.id
    return latest.order_by(*order).limit(MOST)


@cache
def _linked() -> Select[str, str, str]:
    link = case_link.c
    this: BindParameter[str] = bindparam("case_id")
    ends = or_(link.case_id == this, link.other_id == this)
    return select(link.case_id, link.other_id, link.kind).where(ends).order_by(link.kind)
