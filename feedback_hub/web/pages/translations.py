"""What waits for a speaker: the original beside the place for its translation."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads import translations as reads
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import casework
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext, reader_language
from feedback_hub.web.pages.acting import attempt, text
from feedback_hub.web.pages.frame import may_see_cases
from feedback_hub.web.security import require
from feedback_hub.web.words import LANGUAGES

translations = Blueprint("translations", __name__, url_prefix="/translations")


@translations.get("")
def index() -> Response:
    """What the reader can translate."""
    return _page(_reader(), "", FormView(), 200)


@translations.post("/<ref>")
def write(ref: str) -> Response:
    """Put a translation beside the original."""
    reader = _reader()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        words = text("text", needed=True)
        casework.translate(uow, actor, ref, words, reader_language(), now)

    refused = attempt(Action.NOTE, "translate", work)
    if refused is not None:
        return _page(reader, ref, *refused)
    flash(gettext("Kept beside the original. Thank you."), "success")
    return make_response(redirect(url_for("translations.index"), 303))


def _reader() -> Actor:
    actor = require(Action.NOTE)
    if not may_see_cases(actor):
        raise NotFound
    return actor


def _page(actor: Actor, ref: str, form: FormView, status: int) -> Response:
    with current_hub().reading() as uow:
        page = reads.page(uow, actor)
    shown = render_template(
        "translations.html", page=page, ref=ref, form=form, known_languages=LANGUAGES
    )
    return make_response(shown, status)
