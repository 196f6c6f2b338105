"""What the case team does with an issue: open, decide, answer in public, reopen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES, CaseState, CaseVerb, Outcome
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.issue import Issue, IssueState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, loopback, triage
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules

LONGEST_TITLE = 200
OWN = "me"


@dataclass(frozen=True)
class NewIssue:
    """What an issue is opened with. ``owner``: an account's id or ``me``; ``cases``: references."""

    title: str
    site: str = ""
    sector: str = ""
    code: str = ""
    owner: str = ""
    cases: tuple[str, ...] = ()


def open_issue(uow: UnitOfWork, rules: Rules, actor: Actor, new: NewIssue, now: datetime) -> Issue:
    """Open an issue, over the cases it is drawn from.

    Raises ``Invalid``; ``NotFound`` for a case that does not exist for the actor or is an L3.
    """
    title = new.title.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid("title", f"say in up to {LONGEST_TITLE} characters what the problem is")
    if new.site and not uow.site_exists(new.site):
        raise Invalid("site", "is no site we know")
    if new.sector and new.sector not in set(Sector):
        raise Invalid("sector", f"must be one of {', '.join(Sector)}")
    if new.code:
        _check_code(rules, new.code)
    issue = Issue(
        id=new_id(),
        title=title,
        created_at=now,
        created_by=actor.id,
        site=new.site,
        sector=new.sector,
        code=new.code,
        owner=_owner(uow, actor, new.owner),
    )
    uow.add(issue)
    for ref in new.cases:
        casework.link_issue(uow, actor, ref, issue.id, now)
    return issue


def decide(uow: UnitOfWork, issue_id: str, decision: str, version: int | None = None) -> Issue:
    """Say what will be done.

    Raises ``NotFound``, ``IllegalMove``, ``Invalid``, ``StaleVersion``.
    """
    issue = _reach(uow, issue_id, version)
    issue.decide(decision)
    return issue


def answer(uow: UnitOfWork, issue_id: str, public_answer: str, version: int | None = None) -> Issue:
    """Say in public what came of it. Raises as ``decide``."""
    issue = _reach(uow, issue_id, version)
    issue.answer(public_answer)
    return issue


@dataclass(frozen=True)
class Telling:
    """How the reporters of an issue hear of its answer: by text, by people, or not yet.

    ``left`` are cases that wait for something else first, or hold an answer already.
    """

    texts: int = 0
    people: int = 0
    left: int = 0


def tell_reporters(
    uow: UnitOfWork, rules: Rules, actor: Actor, issue_id: str, now: datetime
) -> Telling:
    """Tell everybody who reported it the public answer, each in their own safe way.

    Of the cases that exist for the actor, those that wait for an answer get this one and are
    looped back. Pressed again, nobody is told twice. Raises ``NotFound``, ``IllegalMove`` before
    there is an answer.
    """
    issue = _reach(uow, issue_id, None)
    if issue.state is not IssueState.ANSWERED:
        raise IllegalMove("issue", "tell", issue.state.value)
    texts = people = left = 0
    for ref in uow.issue_refs(issue_id):
        case = uow.visible_case(actor, Action.WORK_CASE, ref)
        if case is None or case.sensitivity is Sensitivity.L3:
            continue
        coded = bool(case.codes) and not case.entered_by.startswith("channel:")
        if case.state is CaseState.RECEIVED and coded:
            _count_as_triaged(uow, rules, issue, case, actor, now)
        waits = case.state in MOVES[CaseVerb.RESPOND]
        if not waits or not case.may_decide(actor.id):
            left += 1
            continue
        said, given = issue.public_answer, Outcome.INFORMATION_GIVEN
        casework.answer(uow, rules, actor, ref, said, given, now)
        tried = loopback.loop_back(uow, rules, actor, ref, None, now)
        texts, people = texts + (tried.line is None), people + (tried.line is not None)
    return Telling(texts, people, left)


def _count_as_triaged(
    uow: UnitOfWork, rules: Rules, issue: Issue, case: Case, actor: Actor, now: datetime
) -> None:
    """Somebody of ours wrote it down and said what it is about; another put it under the issue."""
    codes = case.codes
    case.triage(
        codes,
        rules.frame.type_of(codes),
        case.sector or rules.frame.sector_of(codes) or issue.sector,
        case.sensitivity,
        case.priority,
        actor.id,
        now,
    )
    triage.after_decision(uow, rules, case, now)


def assign(
    uow: UnitOfWork, actor: Actor, issue_id: str, owner: str, version: int | None = None
) -> Issue:
    """Give it to somebody who works on issues; empty takes it from whoever has it.

    Raises ``NotFound``, ``Invalid``, ``StaleVersion``.
    """
    issue = _reach(uow, issue_id, version)
    issue.owner = _owner(uow, actor, owner)
    return issue


def reopen(uow: UnitOfWork, issue_id: str, version: int | None = None) -> Issue:
    """It came back. Raises ``NotFound``, ``IllegalMove``, ``StaleVersion``."""
    issue = _reach(uow, issue_id, version)
    issue.reopen()
    return issue


def _reach(uow: UnitOfWork, issue_id: str, version: int | None) -> Issue:
    issue = uow.issue(issue_id)
    if issue is None:
        raise NotFound
    uow.expect(issue, version)
    return issue


def _check_code(rules: Rules, code: str) -> None:
    if code not in rules.frame:
        raise Invalid("code", "is not in the coding frame")
    if rules.frame.sensitivity_of([code]) is Sensitivity.L3:
        # Its title and answer are public: at one site it would say what nobody may learn.
        raise Invalid("code", "is handled in confidence, never as an issue")


def _owner(uow: UnitOfWork, actor: Actor, owner: str) -> str:
    if owner in {"", OWN, actor.id}:
        return actor.id if owner else ""
    colleague = uow.actor(owner)
    if colleague is None or not colleague.may(Action.WORK_ISSUE):
        raise Invalid("owner", "is nobody who works on issues")
    return colleague.id
