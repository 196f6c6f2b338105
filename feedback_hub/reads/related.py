"""The cases around one: those it is linked with, and those that came from the same contact point.

Only what the reader may see is there, or counted. A shared phone is one contact point with several
people behind it, so that the same number never says that two cases are of the same person.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select

from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import case_link
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import OPEN
from feedback_hub.domain.meeting import Meeting
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.case_list import ENOUGH
from feedback_hub.reads.rows import code_of
from feedback_hub.reads.views.related import Related, RelatedCase
from feedback_hub.reads.wire import Json, when

MOST = 20
"""So many are shown, the latest first; of the others we say how many there are."""


def of_case(uow: SqlUnitOfWork, actor: Actor, case: Case) -> Related:
    """What stands beside ``case``, as far as ``actor`` handles it: linked ones first."""
    links = _links(uow, case)
    visible = and_(case_visible(scope_of(actor, Action.READ_HISTORY)), case_table.c.id != case.id)
    beside = case_table.c.id.in_(sorted(links))
    same = case_table.c.contact_id == case.contact_id if case.contact_id else None
    which = beside if same is None else or_(beside, same)
    found = uow.session.scalars(
        select(Case)
        .where(visible, which)
        .order_by(beside.desc(), case_table.c.received_at.desc(), case_table.c.id)
        .limit(MOST)
    ).all()
    taking = _taking(uow, actor, case, same)
    return Related(
        tuple(
            RelatedCase(
                ref=one.ref,
                state=one.state,
                code=code_of(one),
                received_at=one.received_at,
                links=links.get(one.id, ()),
                same_contact=same is not None and one.contact_id == case.contact_id,
                takes_messages=one.id in taking,
            )
            for one in found
        ),
        _of_the_same(uow, case, found, visible),
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


def _links(uow: SqlUnitOfWork, case: Case) -> dict[str, tuple[str, ...]]:
    """The kinds of link by the case at the other end."""
    link = case_link.c
    rows = uow.session.execute(
        select(link.case_id, link.other_id, link.kind)
        .where(or_(link.case_id == case.id, link.other_id == case.id))
        .order_by(link.kind)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        other = row.other_id if row.case_id == case.id else row.case_id
        found[other] = (*found.get(other, ()), row.kind)
    return found


def _taking(
    uow: SqlUnitOfWork, actor: Actor, case: Case, same: ColumnElement[bool] | None
) -> set[str]:
    """The ids of those to which ``casework.move`` may take a message of ``case``."""
    if same is None:
        return set()
    l3 = case_table.c.sensitivity == Sensitivity.L3
    fitting = l3 if case.sensitivity is Sensitivity.L3 else ~l3
    workable = case_visible(scope_of(actor, Action.WORK_CASE))
    return set(
        uow.session.scalars(
            select(case_table.c.id).where(same, fitting, workable, case_table.c.state.in_(OPEN))
        )
    )


def _of_the_same(
    uow: SqlUnitOfWork, case: Case, found: Sequence[Case], visible: ColumnElement[bool]
) -> int:
    """How many cases the same contact has besides, up to ``ENOUGH``."""
    if not case.contact_id:
        return 0
    if len(found) < MOST:  # They are all there.
        return sum(one.contact_id == case.contact_id for one in found)
    same = case_table.c.contact_id == case.contact_id
    some = select(case_table.c.id).where(visible, same).limit(ENOUGH)
    return uow.session.scalar(select(func.count()).select_from(some.subquery())) or 0
