"""``/api/v1/calls``: people to reach by telephone or at the desk; thin over the services."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import CallBack, CallResult, Way
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.reads import call_list as reads
from feedback_hub.reads.views.calls import CallRow
from feedback_hub.services import call_list
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_calls = Blueprint("api_calls", __name__, url_prefix="/api/v1/calls")

Json = dict[str, object]


@api_calls.get("")
def index() -> Response:
    """Whom to reach, the most urgent first, then whose time is agreed for later."""
    actor = require(Action.CALL_BACK)
    hub = current_hub()
    written = request.args.get("way", "")
    if written and written not in set(Way):
        raise Invalid("way", f"must be one of {', '.join(Way)}")
    with hub.reading() as uow:
        page = reads.page(
            uow,
            actor,
            hub.clock(),
            way=Way(written) if written else None,
            site=request.args.get("site", ""),
        )
    return jsonify({"items": [_row(row) for row in (*page.now, *page.later)]})


@api_calls.get("/<line_id>")
def show(line_id: str) -> Response:
    """One of them; the number and what to say only for whoever has claimed it."""
    actor = require(Action.CALL_BACK)
    hub = current_hub()
    with hub.reading() as uow:
        sheet = reads.sheet(uow, hub.rules, actor, line_id, hub.clock())
        line = uow.call_back(line_id)
    if line is None:
        raise NotFound
    return jsonify(
        _row(sheet.row, is_open=line.is_open)
        | {
            "number": sheet.number,
            "name": sheet.name,
            "safe_time": sheet.safe_time,
            "private_phone": sheet.private_phone,
            "may_leave_message": sheet.may_leave_message,
            "answer": sheet.answer,
            "script": [
                {"purpose": said.purpose, "text": said.text, "language": said.language}
                for said in sheet.script
            ],
        }
    )


@api_calls.post("/<line_id>/claim")
def claim(line_id: str) -> Response:
    """Take it on, so that nobody else calls."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        return _shown(uow, actor, call_list.claim(uow, actor, line_id, now), now), 200

    return act(Action.CALL_BACK, work)


@api_calls.post("/<line_id>/release")
def release(line_id: str) -> Response:
    """Give it back to the list."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        return _shown(uow, actor, call_list.release(uow, actor, line_id, now), now), 200

    return act(Action.CALL_BACK, work)


@api_calls.post("/<line_id>/result")
def note_result(line_id: str) -> Response:
    """What the try brought."""
    body = Body.of_request()
    result, text, until = body.need("result", CallResult), body.text("text"), body.when("until")
    if result is CallResult.DROPPED:
        raise Invalid("result", "is not one that a try brings")

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        line, _ = call_list.note_result(
            uow, current_hub().rules, actor, line_id, result, now, text=text, until=until
        )
        return _shown(uow, actor, line, now), 200

    return act(Action.CALL_BACK, work)


def _shown(uow: SqlUnitOfWork, actor: Actor, line: CallBack, now: datetime) -> Json:
    case = uow.case(line.case_id)
    if case is None:
        raise NotFound
    return _row(reads.row_of(uow, actor, line, case, now), is_open=line.is_open)


def _row(row: CallRow, *, is_open: bool = True) -> Json:
    return {
        "id": row.id,
        "ref": row.ref,
        "way": row.way,
        "reason": row.reason,
        "priority": row.priority,
        "language": row.language,
        "site": row.site,
        "place": row.place,
        "not_before": row.not_before.isoformat(),
        "agreed": row.agreed,
        "tries": row.tries,
        "tried_at": row.tried_at.isoformat() if row.tried_at else None,
        "claimed": bool(row.holder),
        "mine": row.mine,
        "open": is_open,
    }
