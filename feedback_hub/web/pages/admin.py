"""How the machine is."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, render_template

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action
from feedback_hub.reads import health
from feedback_hub.web.hub import current_hub
from feedback_hub.web.labels import gettext
from feedback_hub.web.pages.channels import channels
from feedback_hub.web.pages.exchange import exchange
from feedback_hub.web.pages.users import tokens, users
from feedback_hub.web.security import require

admin = Blueprint("admin", __name__)
for rooms in (channels, exchange, users, tokens):
    admin.register_blueprint(rooms)


@admin.get("/health", endpoint="health")
def show() -> str:
    """Channels, queues and what this hub runs on."""
    require(Action.CONFIGURE)
    hub = current_hub()
    kinds = {name: section.kind for name, section in hub.config.channels.items()}
    with hub.reading() as uow:
        page = health.page(uow, kinds, hub.clock(), _facts(hub))
    return render_template("admin_health.html", page=page)


def _facts(hub: Hub) -> tuple[tuple[str, str], ...]:
    """No address of a database or queue: it may carry a password."""
    postgresql = hub.config.database.url.startswith("postgresql")
    return (
        (gettext("Version"), version("feedback-hub")),
        (gettext("Database"), "PostgreSQL" if postgresql else "SQLite"),
        (gettext("Queue"), "Redis" if hub.config.queue.url else gettext("embedded Valkey")),
        (gettext("Suggestions by"), hub.classifier.version.partition("/")[0]),
    )
