"""Issues, newest first, each with the cases under it that the reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from feedback_hub.adapters.tables import case, issue, issue_case
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.issue import Issue, IssueState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.views.related import IssueOfCase


@dataclass(frozen=True)
class IssueFilters:
    """What the list is narrowed to; empty means any."""

    state: IssueState | None = None
    site: str = ""
    sector: str = ""
    opened_from: datetime | None = None
    opened_before: datetime | None = None


def page(
    uow: SqlUnitOfWork, filters: IssueFilters, *, cursor: str = "", limit: int = 50
) -> tuple[Sequence[Issue], str]:
    """One page and the next one's cursor, empty on the last: the id of the last issue shown.

    Raises ``Invalid`` for a cursor nobody gave out.
    """
    query = select(Issue)
    for column, wanted in (
        (issue.c.state, filters.state),
        (issue.c.site, filters.site),
        (issue.c.sector, filters.sector),
    ):
        if wanted:
            query = query.where(column == wanted)
    if filters.opened_from is not None:
        query = query.where(issue.c.created_at >= filters.opened_from)
    if filters.opened_before is not None:
        query = query.where(issue.c.created_at < filters.opened_before)
    if cursor:
        last = uow.issue(cursor)
        if last is None:
            raise Invalid("cursor", "is not one that this list gave out")
        at = issue.c.created_at
        same = and_(at == last.created_at, issue.c.id < last.id)
        query = query.where(or_(at < last.created_at, same))
    newest = (issue.c.created_at.desc(), issue.c.id.desc())
    found = uow.session.scalars(query.order_by(*newest).limit(limit + 1)).all()
    shown = found[:limit]
    return shown, shown[-1].id if len(found) > limit else ""


def visible_refs(
    uow: SqlUnitOfWork, actor: Actor, issue_ids: Iterable[str]
) -> Mapping[str, Sequence[str]]:
    """By issue, the references of its cases that exist for ``actor``; never an L3.

    A case may have been raised after it was linked: then it is gone from here for everybody.
    """
    by_issue: dict[str, list[str]] = {issue_id: [] for issue_id in issue_ids}
    rows = uow.session.execute(
        select(issue_case.c.issue_id, case.c.ref)
        .join(case, case.c.id == issue_case.c.case_id)
        .where(
            issue_case.c.issue_id.in_(by_issue),
            case.c.sensitivity != Sensitivity.L3,
            case_visible(scope_of(actor, Action.READ_CASE)),
        )
        .order_by(case.c.received_at, case.c.ref)
    )
    for issue_id, ref in rows:
        by_issue[issue_id].append(ref)
    return by_issue


def of_case(uow: SqlUnitOfWork, actor: Actor, one: Case) -> tuple[IssueOfCase, ...]:
    """The issues that a case is under; none for an L3, which no issue may point at."""
    if one.sensitivity is Sensitivity.L3:
        return ()
    rows = uow.session.execute(
        select(issue.c.id, issue.c.title)
        .join(issue_case, issue_case.c.issue_id == issue.c.id)
        .where(issue_case.c.case_id == one.id)
        .order_by(issue.c.created_at, issue.c.id)
    ).all()
    refs = visible_refs(uow, actor, [row.id for row in rows]) if rows else {}
    return tuple(IssueOfCase(row.id, row.title, len(refs[row.id])) for row in rows)
