"""``/api/v1/broadcasts``: approved information to people who opted in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, jsonify

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads import broadcasts as reads
from feedback_hub.services import broadcasts
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_broadcasts = Blueprint("api_broadcasts", __name__, url_prefix="/api/v1/broadcasts")

Verb = Callable[[SqlUnitOfWork, Actor, datetime], Broadcast]


@api_broadcasts.get("")
def index() -> Response:
    """The latest first."""
    require(Action.BROADCAST)
    with current_hub().reading() as uow:
        return jsonify({"items": [reads.line(one) for one in reads.listed(uow)]})


@api_broadcasts.get("/<broadcast_id>")
def show(broadcast_id: str) -> Response:
    """Who would hear what and what it costs, and what became of those who were told."""
    require(Action.BROADCAST)
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.page(uow, hub.rules, broadcast_id, hub.clock())
        if found is None:
            raise NotFound
        return jsonify(reads.body(found))


@api_broadcasts.post("")
def draft() -> Response:
    """Choose what is said and where: nothing is sent yet, and the preview comes back."""
    body = Body.of_request()
    answers, sites = body.texts("answers"), body.texts("sites", most=500)
    return _verb(
        lambda uow, actor, now: broadcasts.draft(
            uow, current_hub().rules, actor, answers, sites, now
        ),
        status=201,
    )


@api_broadcasts.post("/<broadcast_id>/start")
def start(broadcast_id: str) -> Response:
    """Begin, with few people first; after a stop, go on with those who were not told."""
    version = Body.of_request().number("version")
    return _verb(
        lambda uow, actor, now: broadcasts.start(
            uow, current_hub().rules, actor, broadcast_id, now, version
        )
    )


@api_broadcasts.post("/<broadcast_id>/stop")
def stop(broadcast_id: str) -> Response:
    """Stop at once: what waits to be sent does not go either."""
    version = Body.of_request().number("version")
    return _verb(lambda uow, actor, now: broadcasts.stop(uow, actor, broadcast_id, now, version))


def _verb(verb: Verb, *, status: int = 200) -> Response:
    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        broadcast = verb(uow, actor, now)
        uow.session.flush()
        found = reads.page(uow, current_hub().rules, broadcast.id, now)
        if found is None:
            raise NotFound
        return reads.body(found), status

    return act(Action.BROADCAST, work)
