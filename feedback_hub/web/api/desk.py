"""What the desk app asks the hub for; what it hands in goes to ``/api/v1/intake``."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify, request
from flask_security import current_user
from flask_wtf.csrf import generate_csrf

from feedback_hub.adapters import desk_devices
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import NotAllowed, NotFound
from feedback_hub.reads import desk_kit
from feedback_hub.reads.wire import Json
from feedback_hub.services import uploads
from feedback_hub.services.uploads import Upload
from feedback_hub.web import desk_assets, sessions
from feedback_hub.web.acting import act
from feedback_hub.web.desk_devices import at_the_desk, this_device
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import has_token, require
from feedback_hub.web.words import LANGUAGES

api_desk = Blueprint("api_desk", __name__, url_prefix="/api/v1")

_SEEN_EVERY = timedelta(minutes=1)


@api_desk.get("/desk/hello")
def hello() -> Response:
    """Whether the hub is there, who is logged in, what time it is, and which app it has."""
    actor = at_the_desk()
    hub = current_hub()
    now = hub.clock()
    device = this_device(actor.id)
    if device is not None and now - device.seen_at > _SEEN_EVERY:
        with hub.unit_of_work() as uow:
            desk_devices.note_use(uow.session, device.id, sessions.own_id(), now)
            uow.commit()
    return jsonify(
        {
            "now": now.isoformat(timespec="milliseconds"),
            "account": {
                "id": hub.keyring.index(actor.id, "desk account")[:16],
                "name": "" if has_token() else current_user.name or current_user.email,
            },
            "device": device.id if device else None,
            "csrf": "" if has_token() else generate_csrf(),
            "version": desk_assets.version(),
        }
    )


@api_desk.post("/desk/devices")
def register() -> Response:
    """A new device: its secret and the key that opens it without its PIN, this once."""
    at_the_desk()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        if has_token():
            raise NotAllowed("device")
        name = sessions.device_name(request.user_agent.string)
        made = desk_devices.register(uow.session, uow.vault, actor.id, name, sessions.own_id(), now)
        noted = {"kind": "desk_device", "object_id": made.id}
        uow.audit(AuditAction.DEVICE_REGISTERED, actor.id, now, **noted)
        return {"id": made.id, "secret": made.secret, "rescue": made.rescue}, 201

    return act(Action.SUBMIT, work)


@api_desk.post("/desk/devices/rescue")
def rescue() -> Response:
    """The key that opens this device without its PIN, for its owner who has logged in anew."""
    at_the_desk()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        device = this_device(actor.id)
        key = desk_devices.rescue_of(uow.session, uow.vault, device.id) if device else ""
        if device is None or not key:
            raise NotFound
        noted = {"kind": "desk_device", "object_id": device.id}
        uow.audit(AuditAction.DEVICE_RESCUED, actor.id, now, **noted)
        return {"rescue": key}, 200

    return act(Action.SUBMIT, work)


@api_desk.get("/desk/kit")
def kit() -> Response:
    """What the form needs while there is no network."""
    actor = at_the_desk()
    hub = current_hub()
    own = [code for code in hub.config.hub.languages if code in LANGUAGES]
    spoken = {code: LANGUAGES[code] for code in dict.fromkeys([*own, *LANGUAGES])}
    with hub.reading() as uow:
        home = hub.config.hub.home
        body = desk_kit.kit(uow, hub.rules, actor, home, spoken, hub.clock())
    return jsonify(body | {"hub": hub.config.hub.name})


@api_desk.get("/desk/today")
def today() -> Response:
    """Whom to find or expect today at the desk's own sites."""
    actor = at_the_desk()
    hub = current_hub()
    with hub.reading() as uow:
        return jsonify(desk_kit.today(uow, hub.rules, actor, hub.clock()))


@api_desk.get("/intake/<submission_id>/files/<position>")
def uploaded(submission_id: str, position: str) -> Response:
    """How far a file has come."""
    actor = require(Action.SUBMIT)
    with current_hub().reading() as uow:
        return jsonify(_body(uploads.state(uow, actor, *_which(submission_id, position))))


@api_desk.put("/intake/<submission_id>/files/<position>")
def upload(submission_id: str, position: str) -> Response:
    """One piece of a file, as bytes, which begins at ``?start=``."""
    start = request.args.get("start", 0, type=int)
    content = request.get_data(cache=False)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        which = _which(submission_id, position)
        return _body(uploads.take(uow, actor, *which, start, content, now)), 200

    return act(Action.SUBMIT, work)


def _body(one: Upload) -> Json:
    return {"received": one.received, "size": one.size, "complete": one.complete}


def _which(submission_id: str, position: str) -> tuple[str, int]:
    """Which file is meant. Raises ``NotFound``: what is no id is nobody's."""
    try:
        return str(uuid.UUID(submission_id)), int(position)
    except ValueError:
        raise NotFound from None
