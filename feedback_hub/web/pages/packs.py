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
    send_file,
    url_for,
)

from feedback_hub.adapters.recordings import TYPES, digest_of, find_recording
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
        page = reads.page(uow, hub.rules, hub.config.hub.home, may_approve=True)
    return render_template("packs.html", page=page)


@packs.get("/recordings/<language>/<purpose>")
def listen(language: str, purpose: str) -> Response:
    """A recording, approved or not, for whoever approves it."""
    require(Action.APPROVE_WORDING)
    hub = current_hub()
    with hub.reading() as uow:
        wording = uow.wording(language, Purpose(purpose)) if purpose in set(Purpose) else None
    path = None
    if wording is not None:
        path = find_recording(hub.config.hub.home, wording.language, wording.purpose)
    if path is None:
        raise NotFound
    return send_file(path, mimetype=TYPES[path.suffix])


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
        wording = uow.wording(language, Purpose(purpose))
        if wording is None:
            raise NotFound
        recorded = find_recording(hub.config.hub.home, wording.language, wording.purpose)
        wordings.approve(
            uow, actor, language, wording.purpose, hub.clock(), recording=digest_of(recorded)
        )
        uow.commit()
    flash(gettext("Approved: %(wording)s", wording=word(Purpose(purpose))), "success")
    return make_response(redirect(url_for("packs.list"), 303))
