"""Whether the process lives and whether the hub can work."""

from __future__ import annotations

import shutil

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters.engine import takes_no_writes
from feedback_hub.adapters.queue_server import queue_state
from feedback_hub.bootstrap import Hub
from feedback_hub.migrations import Shape, shape_of
from feedback_hub.reads.machine import LEAST_ROOM
from feedback_hub.web.hub import current_hub

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@health.get("/readyz")
def ready() -> Response:
    """Whether what is sent here can be kept: 200, or 503 so that nothing is sent here.

    The database answers, takes writes and has a shape that this program can write; there is room.
    How the queue is and who works by it are said too, but without them messages are still kept,
    only later worked on: to turn providers away for that would lose what they do not repeat.
    """
    hub = current_hub()
    database, room, queue = _database(hub), _room(hub), queue_state(hub.config)
    well = database in {"ok", "newer"} and room == "ok"

    def alive(number: int) -> str:
        return ("ok" if number else "away") if queue.answers else "unknown"

    said = {
        "status": "ok" if well else "not ready",
        "database": database,
        "disk": room,
        "queue": "ok" if queue.answers else "away",
        "workers": alive(queue.workers),
        "scheduler": alive(queue.schedulers),
    }
    response = jsonify(said)
    response.status_code = 200 if well else 503
    return response


def _database(hub: Hub) -> str:
    try:
        shape = shape_of(hub.engine)
        if takes_no_writes(hub.engine):
            return "read only"
    except SQLAlchemyError:
        return "unavailable"
    return _SHAPES[shape]


_SHAPES = {
    Shape.NONE: "to be migrated",
    Shape.OLDER: "to be migrated",
    Shape.CURRENT: "ok",
    Shape.NEWER: "newer",
}


def _room(hub: Hub) -> str:
    """Of the home's disk: the database's own where it is a file there."""
    if hub.engine.dialect.name == "postgresql":
        return "ok"
    try:
        free = shutil.disk_usage(hub.config.hub.home).free
    except OSError:
        return "unavailable"
    return "ok" if free >= LEAST_ROOM else "full"
