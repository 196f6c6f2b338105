"""One route for every channel: verify, store, answer (ARCHITECTURE, durable messages)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TypeGuard

import structlog
from flask import Blueprint, Response, abort, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import SQLAlchemyError

from channels.base import (
    Channel,
    Converses,
    Item,
    Unparseable,
    Unverified,
    WebhookReply,
    WebhookRequest,
)
from feedback_hub.adapters import tracing
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import DomainError
from feedback_hub.services import callbacks, intake
from feedback_hub.services.intake import Arrival
from feedback_hub.web.calls import HubDesk
from feedback_hub.web.hub import current_hub
from feedback_hub.web.together import Together

webhooks = Blueprint("webhooks", __name__, url_prefix="/channels")
log = structlog.get_logger()


@webhooks.record
def _commit_together(registered: BlueprintSetupState) -> None:
    """Every application that takes in messages commits those of one moment together."""
    extensions = registered.app.extensions
    extensions["feedback_hub_together"] = Together(extensions["feedback_hub"])


@webhooks.route("/<name>/<path:endpoint>", methods=["GET", "POST"])
def receive(name: str, endpoint: str) -> Response:
    """A provider's call: 403 unproven, 200 once durable (unreadable too), 500 to be repeated."""
    hub = current_hub()
    channel = hub.channels.accounts.get(name)
    if channel is None or endpoint not in channel.methods:
        abort(404)
    if request.method not in channel.methods[endpoint]:
        abort(405)
    asked = _plain(f"{hub.config.hub.base_url}/channels/{name}/{endpoint}", endpoint)
    now = hub.clock()
    try:
        channel.verify(asked)
    except Unverified:
        log.warning("webhook not verified", channel=name)
        abort(403)
    try:
        items = channel.parse(asked, now)
    except Unparseable as refused:
        with hub.unit_of_work() as uow:
            intake.reject(uow, name, _raw(asked), refused.reason, now)
            uow.commit()
        log.warning("webhook not understood", channel=name, reason=refused.reason)
        return _answer(channel.reply(()))
    try:
        _keep(hub, channel, asked, items, now)
        if _converses(channel):
            return _answer(channel.converse(asked, items, HubDesk(hub, name, now), now))
    except SQLAlchemyError as error:
        # Not durable: say so, and the provider calls again.
        log.error("webhook not stored", channel=name, fault=type(error).__name__)
        return Response(status=500)
    return _answer(channel.reply(items))


def _keep(
    hub: Hub, channel: Channel, asked: WebhookRequest, items: Sequence[Item], now: datetime
) -> None:
    """One commit. Raises ``SQLAlchemyError``."""
    raw = _raw(asked)
    name = channel.name
    if _converses(channel):
        try:
            with tracing.traced(uuid.uuid4().hex), hub.unit_of_work() as uow:
                intake.accept(uow, name, items, raw, now, at_once=hub.rules)
                uow.commit()
                if any(map(callbacks.is_awaited, items)):
                    # Registered within this request.
                    log.info("accepted", trace=tracing.current(), channel=name)
        except DomainError as refused:
            # Kept all the same; a worker tries again, and the caller goes without the numbers.
            log.warning("not registered at once", channel=name, fault=str(refused))
        else:
            return
    together: Together = current_app.extensions["feedback_hub_together"]
    together.keep(Arrival(name, items, raw, now))


def _converses(channel: Channel) -> TypeGuard[Converses]:
    return _is_conversing(type(channel))


@cache
def _is_conversing(kind: type[Channel]) -> bool:
    # Once a kind: a protocol is slow to ask, and each call of a provider would ask it twice.
    return issubclass(kind, Converses)


def _plain(url: str, endpoint: str) -> WebhookRequest:
    query = request.query_string.decode("latin-1")
    return WebhookRequest(
        endpoint=endpoint,
        method=request.method,
        url=f"{url}?{query}" if query else url,
        headers={key.lower(): value for key, value in request.headers.items()},
        body=request.get_data(cache=False),
        remote_address=request.remote_addr or "",
    )


def _raw(asked: WebhookRequest) -> bytes:
    """What the provider sent, whole: a GET says it in its address."""
    return asked.body or asked.url.encode("utf-8", "replace")


def _answer(reply: WebhookReply) -> Response:
    response = Response(reply.body, status=reply.status, content_type=reply.content_type)
    response.headers.update(dict(reply.headers))
    return response
