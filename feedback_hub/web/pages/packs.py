"""The wordings: what people get from us, and approving it."""

from __future__ import annotations

from datetime import datetime

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
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.reads import wordings as reads
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import wordings
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt, text
from feedback_hub.web.security import current_actor, require
from feedback_hub.web.words import word

packs = Blueprint("packs", __name__, url_prefix="/packs")


@packs.get("", endpoint="list")
def show() -> str:
    """Every wording."""
    require(Action.APPROVE_WORDING)
    hub = current_hub()
    with hub.reading() as uow:
        page = reads.page(
            uow, hub.rules, hub.config.hub.home, hub.config.hub.languages, may_approve=True
        )
    return render_template("packs.html", page=page)


@packs.get("/<language>/<purpose>")
def edit(language: str, purpose: str) -> Response:
    """One wording, to be written or translated back."""
    return _one(language, _purpose(language, purpose), FormView(), 200)


@packs.post("/<language>/<purpose>")
def write(language: str, purpose: str) -> Response:
    """Keep it as a draft."""
    found = _purpose(language, purpose)
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, _now: datetime) -> None:
        wordings.write(uow, hub.rules.renderer, actor.id, language, found, text("text"))

    refused = attempt(Action.APPROVE_WORDING, "wording", work)
    said = gettext("Kept as a draft: it is not sent before somebody approves it.")
    return _done(language, found, refused, said)


@packs.post("/<language>/<purpose>/understood")
def translate_back(language: str, purpose: str) -> Response:
    """Keep what somebody else understood."""
    found = _purpose(language, purpose)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        wordings.translate_back(uow, actor, language, found, text("understood"), now)

    refused = attempt(Action.APPROVE_WORDING, "understood", work)
    return _done(language, found, refused, gettext("Kept beside the wording."))


@packs.post("/measure")
def measure() -> str:
    """What the text in the form takes on the air, while it is written."""
    require(Action.APPROVE_WORDING)
    hub = current_hub()
    try:
        measured = wordings.measure(hub.rules.renderer, text("text"))
    except Invalid:
        measured = None
    return render_template("_wording_length.html", measured=measured, price=hub.rules.price)


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


def _purpose(language: str, purpose: str) -> Purpose:
    """Raises ``NotFound`` for a purpose or a language that this hub has not."""
    require(Action.APPROVE_WORDING)
    hub = current_hub()
    with hub.reading() as uow:
        known = language in hub.config.hub.languages or (
            purpose in set(Purpose) and uow.wording(language, Purpose(purpose)) is not None
        )
    if purpose not in set(Purpose) or not known:
        raise NotFound
    return Purpose(purpose)


def _done(
    language: str, purpose: Purpose, refused: tuple[FormView, int] | None, said: str
) -> Response:
    if refused is not None:
        return _one(language, purpose, *refused)
    flash(said, "success")
    address = url_for("packs.edit", language=language, purpose=purpose.value)
    return make_response(redirect(address, 303))


def _one(language: str, purpose: Purpose, form: FormView, status: int) -> Response:
    hub = current_hub()
    reader = current_actor().id
    with hub.reading() as uow:
        page = reads.one(uow, hub.rules, hub.config.hub.home, reader, language, purpose)
        return make_response(render_template("wording.html", page=page, form=form), status)


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
