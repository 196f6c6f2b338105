"""``/api/v1/on-call``: the roster, where one is rung, and taking what rings."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from channels.base import phone_address
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, ActorKind
from feedback_hub.domain.errors import NotAllowed, NotFound
from feedback_hub.domain.on_call import HandlerGroup, Shift
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import on_call as reads
from feedback_hub.services import on_call
from feedback_hub.services.on_call import RingAddress
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_on_call = Blueprint("api_on_call", __name__, url_prefix="/api/v1")

Json = dict[str, object]


@api_on_call.get("/on-call")
def show() -> Response:
    """Who is on call, whenever, and what rings now of the cases that exist for the caller."""
    actor = require(Action.KEEP_ROSTER)
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.roster(uow, actor, hub.clock())
    return jsonify(
        {
            "items": [
                _shift(line.shift)
                | {"name": line.name, "phone": line.phone, "telegram": line.telegram}
                | {"now": line.now}
                for line in found.lines
            ],
            "ringing": [
                {
                    "ref": ring.ref,
                    "group": ring.group,
                    "since": ring.since.isoformat(),
                    "turns": ring.turns,
                }
                for ring in found.rings
            ],
        }
    )


@api_on_call.post("/on-call")
def put_on() -> Response:
    """Put somebody on the roster: an account's id or e-mail."""
    body = Body.of_request()
    account = body.text("account", needed=True, most=254)
    group = body.need("group", HandlerGroup)
    begins, ends = body.when("begins"), body.when("ends")
    position = body.number("position") or 1

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        if uow.actor(account) is None:
            raise NotFound
        made = on_call.put_on(
            uow, actor, account, group, now, position=position, begins=begins, ends=ends
        )
        return _shift(made), 201

    return act(Action.KEEP_ROSTER, work)


@api_on_call.post("/on-call/<shift_id>/remove")
def take_off(shift_id: str) -> Response:
    """Take a shift off the roster."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        on_call.take_off(uow, actor, shift_id, now)
        return {"id": shift_id}, 200

    return act(Action.KEEP_ROSTER, work)


@api_on_call.post("/on-call/address")
def keep_address() -> Response:
    """Where somebody is rung: oneself, or by whoever manages the users anybody."""
    body = Body.of_request()
    written = RingAddress(body.text("phone", most=40), body.text("telegram", most=40))
    account = body.text("account", most=254)
    country = current_hub().config.hub.default_country

    def work(uow: SqlUnitOfWork, actor: Actor, _now: datetime) -> tuple[object, int]:
        whose = uow.actor(account) if account else actor
        if whose is None:
            raise NotFound
        if whose.kind is not ActorKind.ACCOUNT:
            raise NotAllowed("ring")
        if whose.id != actor.id and not actor.may(Action.MANAGE_USERS):
            raise NotAllowed("ring")
        kept = on_call.keep_address(uow, whose.id, written, lambda raw: phone_address(raw, country))
        return {"phone": bool(kept.phone), "telegram": bool(kept.telegram)}, 200

    return act(Action.KEEP_ROSTER, work)


@api_on_call.post("/cases/<ref>/take")
def take(ref: str) -> Response:
    """Whoever is rung about a case takes it: nobody else is."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        case = on_call.take_case(uow, actor, parse_reference(ref) or "", now)
        return {"ref": case.ref, "taken_by": actor.id}, 200

    return act(Action.WORK_CASE, work)


def _shift(shift: Shift) -> Json:
    return {
        "id": shift.id,
        "group": shift.group,
        "account": shift.account_id,
        "position": shift.position,
        "begins": shift.begins.isoformat() if shift.begins else None,
        "ends": shift.ends.isoformat() if shift.ends else None,
    }
