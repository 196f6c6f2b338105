"""Cases that are probably the same matter as one, and the issue that several of them may be.

Suggested, never merged; never across sensitivity, and nothing at all about a highly sensitive one.
Only what the reader may work on is there, or counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from feedback_hub.adapters import likenesses
from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import issue, issue_case
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, CaseFacts, Scope, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.likeness import ALIKE, likeness
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.related import links_of
from feedback_hub.reads.rows import Glimpse, code_of, glimpses
from feedback_hub.reads.views.related import Likely, LikelyCase, LikelyIssue, WhyLikely
from feedback_hub.reads.wire import Json, when
from feedback_hub.services.likeness import ISSUE
from feedback_hub.services.rules import Rules

MOST = 10
"""So many are shown of each kind, the likeliest first."""
REPORTERS = 3
"""So many people who report the same thing at one site are a problem of the site."""


def of_case(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, case: Case, facts: CaseFacts | None = None
) -> Likely:
    """What ``case`` probably belongs with; ``facts``: of it, where they are known already."""
    scope = scope_of(actor, Action.WORK_CASE)
    if case.sensitivity is Sensitivity.L3 or not scope.admits(facts or uow.facts(case)):
        return Likely()
    own = likenesses.kept_of(uow.session, case.id)
    near: Mapping[str, bytes] = {}
    if own is not None and case.sensitivity is Sensitivity.L1:
        near = likenesses.near(uow.session, case, own)
    theirs = set(likenesses.of_person(uow.session, case))
    not_these = likenesses.dismissed(uow.session, case.id)
    ids = ({*near, *theirs} - not_these) - {case.id}
    if not ids and not near:
        return Likely()
    # The level is asked of the case itself: it may have risen since.
    asked = {"ids": sorted(ids), "sensitivity": case.sensitivity}
    found = [Glimpse(*row) for row in uow.session.execute(_those(scope), asked)]
    alike = {
        one.id: likeness(own.minima, near[one.id]) if own and one.id in near else 0.0
        for one in found
    }
    linked = links_of(uow, case)
    cases = [
        _shown(one, why)
        for one in sorted(found, key=lambda one: (-alike[one.id], one.id))
        if one.id not in linked and (why := _why(case, one, alike[one.id], theirs))
    ]
    return Likely(tuple(cases[:MOST]), _issue(uow, rules, actor, case, found, near, not_these))


def likely_body(likely: Likely) -> Json:
    """The same on the wire."""

    def body(one: LikelyCase) -> Json:
        return {
            "ref": one.ref,
            "state": one.state,
            "code": one.code,
            "received_at": when(one.received_at),
            "why": one.why,
        }

    issue = likely.issue
    return {
        "cases": [body(one) for one in likely.cases],
        "issue": issue
        and {
            "reporters": issue.reporters,
            "cases": [body(one) for one in issue.cases],
            "issues": [{"id": one, "title": title} for one, title in issue.issues],
        },
    }


def _why(case: Case, one: Glimpse, alike: float, theirs: set[str]) -> WhyLikely | None:
    if one.id in theirs and (alike >= ALIKE or code_of(one) == code_of(case)):
        return WhyLikely.SAME_PERSON
    if alike >= ALIKE and (one.site == case.site or not one.site or not case.site):
        return WhyLikely.SAME_WORDS
    return None


def _issue(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    case: Case,
    found: Sequence[Glimpse],
    near: Mapping[str, bytes],
    not_these: set[str],
) -> LikelyIssue | None:
    """The issue that ``case`` and others at its site are of, one that stands or a new one."""
    code = code_of(case)
    if not near or ISSUE in not_these or not case.site or not actor.may(Action.WORK_ISSUE):
        return None
    if code not in rules.frame or rules.frame.sensitivity_of([code]) is Sensitivity.L3:
        return None
    if uow.session.scalar(
        select(issue_case.c.case_id).where(issue_case.c.case_id == case.id).limit(1)
    ):
        return None
    same = [one for one in found if one.site == case.site and code_of(one) == code]
    reporters = {case.contact_id or case.id, *(one.contact_id or one.id for one in same)}
    matter = {"site": case.site, "code": code, "sector": case.sector}
    standing = uow.session.execute(_standing(), matter).all()
    if len(reporters) < REPORTERS and not standing:
        return None
    latest = sorted(same, key=lambda one: (one.received_at, one.id), reverse=True)
    return LikelyIssue(
        len(reporters),
        tuple(_shown(one, WhyLikely.SAME_MATTER) for one in latest[:MOST]),
        tuple((one.id, one.title) for one in standing),
    )


def _shown(one: Glimpse, why: WhyLikely) -> LikelyCase:
    return LikelyCase(one.ref, one.state, code_of(one), one.received_at, why)


@lru_cache(maxsize=256)
def _those(scope: Scope) -> Select[*tuple[Any, ...]]:
    return glimpses().where(
        case_table.c.id.in_(bindparam("ids", expanding=True)),
        case_table.c.sensitivity == bindparam("sensitivity"),
        case_visible(scope),
    )


@cache
def _standing() -> Select[str, str]:
    of_sector = (issue.c.sector == bindparam("sector")) & (issue.c.sector != "")
    there = issue.c.site == bindparam("site"), issue.c.state != IssueState.ANSWERED
    same = or_(issue.c.code == bindparam("code"), (issue.c.code == "") & of_sector)
    newest = select(issue.c.id, issue.c.title).where(*there, same)
    return newest.order_by(issue.c.created_at.desc()).limit(MOST)
