"""Whether the process lives and whether the hub can work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.migrations import is_current
from feedback_hub.web.hub import current_hub

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@health.get("/readyz")
def ready() -> Response:
    """The database answers and has this version's shape: what is sent here can be kept.

    Redis is no part of it: without it messages are still kept, only later worked on.
    """
    try:
        current = is_current(current_hub().engine)
    except SQLAlchemyError:
        return _answer("unavailable", 503)
    return _answer("ok", 200) if current else _answer("to be migrated", 503)


def _answer(database: str, status: int) -> Response:
    response = jsonify({"status": "ok" if status == 200 else "not ready", "database": database})
    response.status_code = status
    return response
