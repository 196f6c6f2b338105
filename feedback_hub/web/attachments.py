"""Files that people sent, for the case's page and over the API.

Always as something to save, never shown by the browser as a page of ours; a voice message plays in
the case page's own player.
"""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, send_file, url_for

from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import attachments as reads
from feedback_hub.services import attachments as services
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt
from feedback_hub.web.security import require

case_files = Blueprint("case_files", __name__, url_prefix="/cases")
api_files = Blueprint("api_files", __name__, url_prefix="/api/v1/cases")


@case_files.get("/<ref>/attachments/<attachment_id>")
def show(ref: str, attachment_id: str) -> Response:
    """One file, to save or to play."""
    return _file(ref, attachment_id)


@case_files.post("/<ref>/attachments/<attachment_id>/retry")
def retry(ref: str, attachment_id: str) -> Response:
    """Ask the provider once more for a file that did not come."""
    known = _ref(ref)
    refused = attempt(
        Action.WORK_CASE,
        "retry",
        lambda uow, actor, now: services.retry(uow, actor, known, attachment_id, now),
    )
    if refused is None:
        flash(gettext("Asked for again. It appears here once it has come."), "success")
    return make_response(redirect(url_for("cases.show", ref=known), 303))


@api_files.get("/<ref>/attachments")
def list_files(ref: str) -> Response:
    """The files of a case and what became of each."""
    actor = require(Action.READ_HISTORY)
    with current_hub().reading() as uow:
        case = reads.reach(uow, actor, _ref(ref))
        return jsonify({"items": reads.list_body(uow, case)})


@api_files.get("/<ref>/attachments/<attachment_id>")
def download(ref: str, attachment_id: str) -> Response:
    """One file."""
    return _file(ref, attachment_id)


def _file(ref: str, attachment_id: str) -> Response:
    actor = require(Action.READ_HISTORY)
    hub = current_hub()
    with hub.reading() as uow:
        store = hub.attachments.store
        opened = reads.open_file(uow, store, actor, _ref(ref), attachment_id)
    response = send_file(
        BytesIO(opened.content),
        opened.media_type,
        as_attachment=True,
        download_name=opened.name,
        conditional=True,
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _ref(written: str) -> str:
    ref = parse_reference(written)
    if ref is None:
        raise NotFound
    return ref
