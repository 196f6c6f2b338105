"""The first page."""

from __future__ import annotations

from flask import Blueprint, render_template

from feedback_hub.reads import home as reads
from feedback_hub.web.handlers_only import handlers_elsewhere
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import current_actor

home = Blueprint("home", __name__)


@home.get("/")
def index() -> str:
    """What must I do now?"""
    actor = current_actor()
    hub = current_hub()
    with hub.reading() as uow:
        kinds = {name: section.kind for name, section in hub.config.channels.items()}
        threshold = hub.config.loopback.small_number_threshold
        page = reads.page(uow, hub.rules, actor, hub.clock(), kinds, threshold)
    return render_template("home.html", page=page, handlers_at=handlers_elsewhere(hub))
