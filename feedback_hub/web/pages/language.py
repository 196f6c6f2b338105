"""The switch between the languages of the pages."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_security import current_user
from sqlalchemy import update

from feedback_hub.adapters.tables import account
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import LOCALES, keep_language

language = Blueprint("language", __name__)


@language.post("/language", endpoint="set")
def choose() -> Response:
    """Keep the choice, in the account too, and go back to where it was made."""
    wanted = request.form.get("language", "")
    keep_language(wanted)
    if wanted in LOCALES and current_user.is_authenticated:
        hub = current_hub()
        with hub.unit_of_work() as uow:
            kept = update(account).where(account.c.id == current_user.id)
            uow.session.execute(kept.values(locale=LOCALES[wanted].partition("_")[0]))
            uow.commit()
    return make_response(redirect(_within(request.form.get("next", "")), 303))


def _within(path: str) -> str:
    """A path of this hub and nothing else: a link must not send a reader elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    printable = path.isprintable() and path.isascii()
    return path if plain and printable else url_for("home.index")
