"""Other mechanisms: whether letters travel, and trying again."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads import exchange as reads
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import require

# Not under /exchange, where other hubs hand their letters over.
exchange = Blueprint("exchange", __name__, url_prefix="/admin/exchange")


@exchange.get("")
def index() -> str:
    """Every mechanism: last heard, waiting, failed."""
    require(Action.CONFIGURE)
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.lines(uow, hub.rules.peers)
    return render_template("admin_exchange.html", lines=found)


@exchange.post("/<name>/retry")
def retry(name: str) -> Response:
    """Let everything that waits or failed leave now."""
    require(Action.CONFIGURE)
    hub = current_hub()
    if name not in hub.exchanges:
        raise NotFound
    with hub.unit_of_work() as uow:
        count = uow.exchange.try_again(name, hub.clock())
        uow.commit()
    flash(gettext("Tried again: %(count)s.", count=count), "success")
    return make_response(redirect(url_for("admin.exchange.index"), 303))
