"""How the machine is."""

from __future__ import annotations

import shutil
from importlib.metadata import version

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from feedback_hub.adapters import outbox
from feedback_hub.adapters.certificate import Shown, certificate_ends, shown_host
from feedback_hub.adapters.queue_server import queue_state
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads import health, machine
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.channels import channels
from feedback_hub.web.pages.exchange import exchange
from feedback_hub.web.pages.users import tokens, users
from feedback_hub.web.security import require

_LOOK_SECONDS = 1.0

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
        disk = shutil.disk_usage(hub.config.hub.home)
        beside = machine.page(uow, hub.clock(), (disk.free, disk.total))
        alerts = uow.lasting_alerts()
    queue = queue_state(hub.config)
    at_work = bool(queue.answers and queue.workers and queue.schedulers)
    return render_template(
        "admin_health.html",
        page=page,
        well=page.well and at_work and not alerts,
        work=queue,
        own_queue=bool(hub.config.queue.url),
        low_disk=disk.free < hub.config.alerts.disk_free_mb * 1_000_000,
        machine=beside,
        alerts=alerts,
        certificate=_certificate(hub),
    )


@admin.post("/health/<row_id>/retry", endpoint="retry")
def retry(row_id: str) -> Response:
    """Try again what was set aside, now that its cause is gone."""
    require(Action.CONFIGURE)
    hub = current_hub()
    with hub.unit_of_work() as uow:
        if not outbox.try_one_again(uow.session, row_id, hub.clock()):
            raise NotFound
        uow.commit()
    flash(gettext("It is tried again."), "success")
    return make_response(redirect(url_for("admin.health")))


def _certificate(hub: Hub) -> Shown | None:
    """Asked for now, outside any transaction; the operator waits 2 s at most. None without TLS."""
    host = shown_host(hub.config.hub.base_url)
    return Shown(host[0], certificate_ends(*host, seconds=_LOOK_SECONDS)) if host else None


def _facts(hub: Hub) -> tuple[tuple[str, str], ...]:
    """No address of a database or queue: it may carry a password."""
    postgresql = hub.config.database.url.startswith("postgresql")
    return (
        (gettext("Version"), version("feedback-hub")),
        (gettext("Database"), "PostgreSQL" if postgresql else "SQLite"),
        (gettext("Queue"), "Redis" if hub.config.queue.url else gettext("embedded Valkey")),
        (gettext("Suggestions by"), hub.classifier.version.partition("/")[0]),
    )
