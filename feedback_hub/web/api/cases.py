"""``/api/v1/cases``: what there is (CONTRACT, HTTP and Bodies); ``api_case_verbs`` acts."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from feedback_hub.adapters import meetings
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, CaseFacts, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.referral import Referral
from feedback_hub.reads import case_list, likely, related, wire
from feedback_hub.web.asked_cases import asked_cases
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_cases = Blueprint("api_cases", __name__, url_prefix="/api/v1")


@api_cases.get("/cases")
def list_cases() -> Response:
    """A keyset page of the cases that exist for the caller, newest first."""
    actor = require(Action.READ_CASE)
    hub = current_hub()
    now = hub.clock()
    limit = _limit()
    with hub.reading() as uow:
        found = case_list.page(
            uow, actor, asked_cases(), now, cursor=request.args.get("cursor", ""), limit=limit
        )
        own = wire.own_questions(uow, hub.rules, found.cases)
        facts = uow.facts_of(found.cases)
        items = [
            _shown(actor, case, facts[case.id], now, found.referrals.get(case.id, ()), own[case.id])
            for case in found.cases
        ]
    return jsonify({"items": items, "next": found.older or None})


@api_cases.get("/cases/<ref>")
def show_case(ref: str) -> Response:
    """One case."""
    actor = require(Action.READ_CASE)
    hub = current_hub()
    with hub.reading() as uow:
        case = _reach(uow, actor, Action.READ_CASE, ref)
        return jsonify(whole(uow, actor, case, hub.clock()))


@api_cases.get("/cases/<ref>/events")
def show_events(ref: str) -> Response:
    """A case's history."""
    actor = require(Action.READ_HISTORY)
    with current_hub().reading() as uow:
        case = _reach(uow, actor, Action.READ_HISTORY, ref)
        return jsonify({"items": wire.events_body(uow, case)})


@api_cases.get("/cases/<ref>/messages")
def show_messages(ref: str) -> Response:
    """A case's conversation, as far as the caller may read it."""
    actor = require(Action.READ_CASE)
    with current_hub().reading() as uow:
        case = _reach(uow, actor, Action.READ_CASE, ref)
        body: dict[str, object] = {"items": wire.messages_body(uow, actor, case)}
        if actor.may(Action.READ_HISTORY):
            body["translations"] = wire.translations_body(uow, case)
        return jsonify(body)


@api_cases.get("/cases/<ref>/related")
def show_related(ref: str) -> Response:
    """The cases it is linked with, and those that came from the same number or account."""
    actor = require(Action.READ_HISTORY)
    with current_hub().reading() as uow:
        case = _reach(uow, actor, Action.READ_HISTORY, ref)
        held = meetings.of_case(uow.session, case.id)
        return jsonify(related.related_body(related.of_case(uow, actor, case), held))


@api_cases.get("/cases/<ref>/likely")
def show_likely(ref: str) -> Response:
    """What the case probably belongs with: suggested, never done."""
    actor = require(Action.WORK_CASE)
    hub = current_hub()
    with hub.reading() as uow:
        case = _reach(uow, actor, Action.WORK_CASE, ref)
        return jsonify(likely.likely_body(likely.of_case(uow, hub.rules, actor, case)))


@api_cases.get("/cases/<ref>/judgements")
def show_judgements(ref: str) -> Response:
    """What people decided of it, each beside what the machine had suggested."""
    actor = require(Action.READ_HISTORY)
    with current_hub().reading() as uow:
        case = _reach(uow, actor, Action.READ_HISTORY, ref)
        return jsonify({"items": wire.judgements_body(uow, case)})


def whole(uow: SqlUnitOfWork, actor: Actor, case: Case, now: datetime) -> wire.Json:
    """A case as ``actor`` is answered it."""
    referrals = case_list.referrals_of(uow, actor, [case.id]).get(case.id, ())
    own = wire.own_questions(uow, current_hub().rules, [case])
    return _shown(actor, case, uow.facts(case), now, referrals, own[case.id])


def _shown(
    actor: Actor,
    case: Case,
    facts: CaseFacts,
    now: datetime,
    referrals: tuple[Referral, ...],
    own: wire.Own,
) -> wire.Json:
    if actor.may(Action.READ_HISTORY) and scope_of(actor, Action.READ_HISTORY).admits(facts):
        return wire.case_body(case, referrals, now) | own.for_team()
    return wire.partner_case_body(case, referrals, now) | own.for_others(case)


def _reach(uow: SqlUnitOfWork, actor: Actor, action: Action, ref: str) -> Case:
    case = uow.visible_case(actor, action, ref_of(ref))
    if case is None:
        raise NotFound
    return case


def ref_of(written: str) -> str:
    """The reference, or one that no case has: what is no reference does not exist either."""
    return parse_reference(written) or ""


def _limit() -> int:
    try:
        limit = int(request.args.get("limit", "50"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= case_list.MOST:
        raise Invalid("limit", f"must be between 1 and {case_list.MOST}")
    return limit
