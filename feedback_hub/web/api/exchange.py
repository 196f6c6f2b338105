"""``/api/v1/cases/<ref>/passages`` and ``/ask``: where a case came from and went."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, Response, jsonify

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import exchange as reads
from feedback_hub.services import exchange
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_exchange = Blueprint("api_exchange", __name__, url_prefix="/api/v1")


@api_exchange.get("/cases/<ref>/passages")
def show(ref: str) -> Response:
    """The mechanisms that a case came from and went to, with its numbers there."""
    actor = require(Action.READ_HISTORY)
    hub = current_hub()
    with hub.reading() as uow:
        case = uow.visible_case(actor, Action.READ_HISTORY, parse_reference(ref) or "")
        if case is None:
            raise NotFound
        found = reads.of_case(uow, hub.rules.peers, case)
    return jsonify({"items": [asdict(line) for line in found]})


@api_exchange.post("/cases/<ref>/ask")
def ask(ref: str) -> Response:
    """Ask the mechanism that the case came from."""
    question = Body.of_request().text("question", needed=True)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        case = exchange.ask(uow, actor, parse_reference(ref) or "", question, now)
        return {"ref": case.ref}, 200

    return act(Action.WORK_CASE, work)
