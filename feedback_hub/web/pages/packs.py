"""The wordings: what people get from us, and approving it."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from feedback_hub.domain.access import Action
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads import wordings as reads
from feedback_hub.services import wordings
from feedback_hub.web.hub import current_hub
from feedback_hub.web.labels import gettext, word
from feedback_hub.web.security import require

packs = Blueprint("packs", __name__, url_prefix="/packs")


@packs.get("", endpoint="list")
def show() -> str:
    """Every wording."""
    require(Action.APPROVE_WORDING)
    hub = current_hub()
    with hub.reading() as uow:
        page = reads.page(uow, hub.rules, may_approve=True)
    return render_template("packs.html", page=page)


@packs.post("/approve")
def approve() -> Response:
    """Let one wording be sent from now on."""
    actor = require(Action.APPROVE_WORDING)
    hub = current_hub()
    purpose = request.form.get("purpose", "")
    if purpose not in set(Purpose):
        raise NotFound
    with hub.unit_of_work() as uow:
        language = request.form.get("language", "")
        wordings.approve(uow, actor, language, Purpose(purpose), hub.clock())
        uow.commit()
    flash(gettext("Approved: %(wording)s", wording=word(Purpose(purpose))), "success")
    return make_response(redirect(url_for("packs.list"), 303))
