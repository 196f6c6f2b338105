"""``/api/v1/handovers``: open cases to whoever goes on, and what the person agreed to anew."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.consent import Consent, Share
from feedback_hub.domain.reference import parse_reference
from feedback_hub.services import casework, handover
from feedback_hub.services.handover import Handover, Wanted
from feedback_hub.services.reaching import reach
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_handover = Blueprint("api_handover", __name__, url_prefix="/api/v1")


@api_handover.post("/handovers/preview")
def preview() -> Response:
    """What would become of each case; nothing is kept."""
    wanted = _wanted(Body.of_request())
    actor = require(Action.WORK_CASE)
    hub = current_hub()
    with hub.unit_of_work() as uow:  # never committed
        return jsonify(_body(handover.hand_over(uow, hub.rules, actor, wanted, hub.clock())))


@api_handover.post("/handovers")
def hand_over() -> Response:
    """Hand the open cases over; those that may not go are listed, and why."""
    wanted = _wanted(Body.of_request())

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        made = handover.hand_over(uow, current_hub().rules, actor, wanted, now)
        return _body(made), 201

    return act(Action.WORK_CASE, work)


@api_handover.post("/cases/<ref>/consent")
def review_consent(ref: str) -> Response:
    """What the person says now, each question on its own; what is left out stays."""
    body = Body.of_request()
    share = body.word("share", Share)
    asked = {name: body.answered(name) for name in ("record", "contact", "content_in_text")}
    given = {name for name in ("record", "contact", "content_in_text") if body.has(name)}

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        case = reach(uow, actor, Action.NOTE, parse_reference(ref) or "")
        before = case.consent
        after = Consent(
            record=asked["record"] if "record" in given else before.record,
            share=share or before.share,
            contact=asked["contact"] if "contact" in given else before.contact,
            content_in_text=(
                asked["content_in_text"] if "content_in_text" in given else before.content_in_text
            ),
        )
        casework.review_consent(uow, actor, case.ref, after, now)
        return {"ref": case.ref, "share": after.share}, 200

    return act(Action.NOTE, work)


def _wanted(body: Body) -> Wanted:
    return Wanted(
        reason=body.text("reason", needed=True),
        site=body.text("site", most=64),
        from_owner=body.text("from_owner", most=254),
        from_organisation=body.text("from_organisation", most=64),
        to_owner=body.text("to_owner", most=254),
        to_organisation=body.text("to_organisation", most=64),
        named=frozenset(parse_reference(one) or "" for one in body.texts("named", most=500)),
    )


def _body(made: Handover) -> dict[str, object]:
    return {
        "moved": made.moved,
        "left": len(made.lines) - made.moved,
        "more": made.more,
        "cases": [
            {
                "ref": line.ref,
                "consent": line.asked_share,
                "share": line.share,
                "why_left": line.why,
            }
            for line in made.lines
        ],
    }
