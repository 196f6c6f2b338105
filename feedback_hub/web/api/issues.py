"""``/api/v1/issues``: thin over the services (CONTRACT, HTTP)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import issue_list, wire
from feedback_hub.services import issues
from feedback_hub.services.issues import LONGEST_TITLE, NewIssue
from feedback_hub.web.acting import act
from feedback_hub.web.asked_issues import asked_issues
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_issues = Blueprint("api_issues", __name__, url_prefix="/api/v1/issues")

LONGEST_ANSWER = 4000
MOST = 200

Verb = Callable[[SqlUnitOfWork, Actor, datetime], Issue]


@api_issues.get("")
def list_issues() -> Response:
    """A page of issues, newest first."""
    actor = require(Action.READ_ISSUE)
    with current_hub().reading() as uow:
        found, cursor = issue_list.page(
            uow, asked_issues(), cursor=request.args.get("cursor", ""), limit=_limit()
        )
        refs = issue_list.visible_refs(uow, actor, [issue.id for issue in found])
        items = [wire.issue_body(issue, refs[issue.id]) for issue in found]
    return jsonify({"items": items, "next": cursor or None})


@api_issues.post("")
def open_issue() -> Response:
    """Say that many cases are one problem."""
    body = Body.of_request()
    new = NewIssue(
        title=body.text("title", needed=True, most=LONGEST_TITLE),
        site=body.text("site", most=64),
        sector=body.text("sector", most=64),
        code=body.text("code", most=64),
        owner=body.text("owner", most=64),
        cases=tuple(parse_reference(ref) or "" for ref in body.texts("cases", most=MOST)),
    )
    return _verb(
        lambda uow, actor, now: issues.open_issue(uow, current_hub().rules, actor, new, now),
        status=201,
    )


@api_issues.get("/<issue_id>")
def show_issue(issue_id: str) -> Response:
    """One issue."""
    actor = require(Action.READ_ISSUE)
    with current_hub().reading() as uow:
        issue = uow.issue(issue_id)
        if issue is None:
            raise NotFound
        return jsonify(_shown(uow, actor, issue))


@api_issues.post("/<issue_id>/assign")
def assign(issue_id: str) -> Response:
    """Give it to an account that works on issues; empty takes it from whoever has it."""
    body = Body.of_request()
    if not body.has("owner"):
        raise Invalid("owner", "is needed; empty takes the issue from whoever has it")
    owner, version = body.text("owner", most=254), body.number("version")
    return _verb(lambda uow, actor, _now: issues.assign(uow, actor, issue_id, owner, version))


@api_issues.post("/<issue_id>/decide")
def decide(issue_id: str) -> Response:
    """What will be done."""
    body = Body.of_request()
    decision = body.text("decision", needed=True, most=LONGEST_ANSWER)
    version = body.number("version")
    return _verb(lambda uow, _actor, _now: issues.decide(uow, issue_id, decision, version))


@api_issues.post("/<issue_id>/answer")
def answer(issue_id: str) -> Response:
    """What people will read."""
    body = Body.of_request()
    said = body.text("public_answer", needed=True, most=LONGEST_ANSWER)
    version = body.number("version")
    return _verb(lambda uow, _actor, _now: issues.answer(uow, issue_id, said, version))


@api_issues.post("/<issue_id>/tell")
def tell(issue_id: str) -> Response:
    """Tell everybody who reported it, each in their own safe way."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        told = issues.tell_reporters(uow, current_hub().rules, actor, issue_id, now)
        return asdict(told), 200

    return act(Action.WORK_ISSUE, work)


@api_issues.post("/<issue_id>/reopen")
def reopen(issue_id: str) -> Response:
    """It came back."""
    version = Body.of_request().number("version")
    return _verb(lambda uow, _actor, _now: issues.reopen(uow, issue_id, version))


def _verb(verb: Verb, *, status: int = 200) -> Response:
    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        issue = verb(uow, actor, now)
        uow.session.flush()
        return _shown(uow, actor, issue), status

    return act(Action.WORK_ISSUE, work)


def _shown(uow: SqlUnitOfWork, actor: Actor, issue: Issue) -> wire.Json:
    return wire.issue_body(issue, issue_list.visible_refs(uow, actor, [issue.id])[issue.id])


def _limit() -> int:
    try:
        limit = int(request.args.get("limit", "50"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= MOST:
        raise Invalid("limit", f"must be between 1 and {MOST}")
    return limit
