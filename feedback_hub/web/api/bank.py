"""``/api/v1/answers``: the information bank; thin over the services (CONTRACT, HTTP)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.bank import (
    LONGEST_QUESTION,
    BankAnswer,
    BankWords,
    Standing,
)
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import bank as reads
from feedback_hub.reads import wire
from feedback_hub.reads.bank import BankFilters
from feedback_hub.services import bank
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub, own_language
from feedback_hub.web.security import require

api_bank = Blueprint("api_bank", __name__, url_prefix="/api/v1")

Verb = Callable[[SqlUnitOfWork, Actor, datetime], BankAnswer]


@api_bank.get("/answers")
def list_answers() -> Response:
    """Every answer that is not withdrawn; what expired stays listed for a month."""
    require(Action.READ_BANK)
    hub = current_hub()
    written = request.args.get("standing", "")
    if written and written not in set(Standing):
        raise Invalid("standing", f"must be one of {', '.join(Standing)}")
    filters = BankFilters(
        site=request.args.get("site", ""),
        sector=request.args.get("sector", ""),
        language=request.args.get("language", ""),
        standing=Standing(written) if written else None,
    )
    with hub.reading() as uow:
        lines = reads.page(uow, hub.rules, filters, hub.clock())
        return jsonify({"items": [wire.bank_body(line) for line in lines]})


@api_bank.get("/answers/<answer_id>")
def show_answer(answer_id: str) -> Response:
    """One answer, whatever its standing."""
    require(Action.READ_BANK)
    hub = current_hub()
    with hub.reading() as uow:
        answer = uow.bank_answer(answer_id)
        if answer is None:
            raise NotFound
        return jsonify(_shown(answer, hub.clock()))


@api_bank.post("/answers")
def write_answer() -> Response:
    """Draft an answer; without a first day it is good from today."""
    body, hub = Body.of_request(), current_hub()
    words = BankWords(
        question=body.text("question", needed=True, most=LONGEST_QUESTION).strip(),
        text=body.text("text", needed=True).strip(),
        language=own_language(body.text("language", needed=True, most=8)),
        valid_from=body.day("valid_from") or local_day(hub.clock(), hub.rules.calendar),
        valid_to=body.need_day("valid_to"),
        site=body.text("site", most=64),
        sector=body.text("sector", most=64),
        by_text=body.flag("by_text") or False,
    )
    replaces = body.text("replaces", most=40)
    return _verb(
        Action.WRITE_BANK,
        lambda uow, actor, now: bank.write(uow, hub.rules, actor, words, now, replaces=replaces),
        status=201,
    )


@api_bank.post("/answers/<answer_id>/approve")
def approve_answer(answer_id: str) -> Response:
    """Let people be given it."""
    version = Body.of_request().number("version")
    return _verb(
        Action.APPROVE_WORDING,
        lambda uow, actor, now: bank.approve(
            uow, current_hub().rules, actor, answer_id, now, version
        ),
    )


@api_bank.post("/answers/<answer_id>/withdraw")
def withdraw_answer(answer_id: str) -> Response:
    """Give it to nobody any more."""
    version = Body.of_request().number("version")
    return _verb(
        Action.APPROVE_WORDING,
        lambda uow, _actor, now: bank.withdraw(uow, answer_id, now, version),
    )


@api_bank.get("/cases/<ref>/answers")
def suggest_answers(ref: str) -> Response:
    """What the bank has for one case's question."""
    actor = require(Action.READ_BANK)
    hub = current_hub()
    now = hub.clock()
    with hub.reading() as uow:
        case = uow.visible_case(actor, Action.READ_CASE, parse_reference(ref) or "")
        if case is None:
            raise NotFound
        found = reads.suggested(uow, hub.rules, case, now)
        return jsonify({"items": [_shown(answer, now) for answer in found]})


def _verb(action: Action, verb: Verb, *, status: int = 200) -> Response:
    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        answer = verb(uow, actor, now)
        uow.session.flush()
        return _shown(answer, now), status

    return act(action, work)


def _shown(answer: BankAnswer, now: datetime) -> wire.Json:
    today = local_day(now, current_hub().rules.calendar)
    return wire.bank_body(reads.line(answer, today))
