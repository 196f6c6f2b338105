"""Where other hubs hand their letters over: proven, once, and answered when it is durable."""

from __future__ import annotations

import json

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.domain import exchange_wire
from feedback_hub.domain.errors import DomainError, Invalid, StaleVersion
from feedback_hub.services import exchange as service
from feedback_hub.services import exchange_in
from feedback_hub.services.records.exchange import SeenKind
from feedback_hub.web.hub import current_hub

exchange = Blueprint("exchange", __name__, url_prefix="/exchange")
log = structlog.get_logger()


@exchange.post("/<name>/letters")
def receive(name: str) -> Response:
    """One letter: 403 unproven, stale or repeated, 422 unreadable, 500 to be sent again."""
    hub = current_hub()
    now = hub.clock()
    body = request.get_data(cache=False)
    headers = {key.lower(): value for key, value in request.headers.items()}
    nonce = hub.peers.proven(name, headers, body, now)
    peer = service.peer_named(hub.rules, name)
    if not nonce or peer is None:
        log.warning("letter not verified", peer=name if peer else "")
        abort(403)
    try:
        with hub.unit_of_work() as uow:
            uow.exchange.forget_nonces(name, now - hub.peers.window(name))
            if not uow.exchange.first_time(name, SeenKind.NONCE, nonce, now):
                log.warning("letter repeated", peer=name)
                abort(403)
            letter = exchange_wire.load(_document(body))
            receipt = exchange_in.receive(uow, hub.rules, hub.classifier, peer, letter, now)
            uow.commit()
    except Invalid as refused:
        log.warning("letter not understood", peer=name, field=refused.field)
        return _said({"field": refused.field, "problem": refused.problem}, 422)
    except (SQLAlchemyError, StaleVersion, DomainError) as error:
        # Nothing was kept: the other hub sends it again.
        log.error("letter not stored", peer=name, fault=type(error).__name__)
        return Response(status=500)
    return _said(exchange_wire.dump_receipt(receipt), 200)


def _document(body: bytes) -> object:
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("letter", "is not JSON") from None
    return document


def _said(document: dict[str, object], status: int) -> Response:
    response = jsonify(document)
    response.status_code = status
    return response
