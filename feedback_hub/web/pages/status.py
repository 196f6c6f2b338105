"""Asking about a case with its two numbers: open to the public, and telling nothing.

Whoever holds the phone may ask: the answer is one sentence that is the same for every case,
whatever it is about and wherever it stands.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import enquiry
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.throttle import STATUS, address, slow_down

status = Blueprint("status", __name__)


@status.route("/status", methods=["GET", "POST"])
def ask() -> Response:
    """GET shows the form, POST takes reference and secret (never in a URL)."""
    if request.method == "GET":
        return make_response(render_template("status.html", answer=""))
    slow_down({f"status\0{address()}": STATUS})
    written, secret = request.form.get("reference", ""), _digits(request.form.get("secret", ""))
    ref = parse_reference(written)
    errors = {}
    if ref is None:
        errors["reference"] = gettext("This is no case number. Look at its 9 digits again.")
    if len(secret) != 6:
        errors["secret"] = gettext("The secret number has 6 digits.")
    if ref is None or errors:
        form = FormView("status", {"reference": written[:20]}, errors)
        return make_response(render_template("status.html", answer="", form=form), 422)
    return make_response(render_template("status.html", answer=_answer(ref, secret)))


def _answer(ref: str, secret: str) -> str:
    hub = current_hub()
    with hub.unit_of_work() as uow:
        fits = enquiry.fits(uow, ref, secret, "", hub.clock())
        uow.commit()
    if fits:
        return gettext(
            "We have your message. For news come to the help desk, or call %(hotline)s (free).",
            hotline=hub.rules.hotline,
        )
    return gettext(
        "These two numbers do not belong together. Look at them again, come to the help desk, or "
        "call %(hotline)s (free).",
        hotline=hub.rules.hotline,
    )


def _digits(written: str) -> str:
    """The secret without spaces and dashes; empty if there is anything else in it."""
    plain = written.replace(" ", "").replace("-", "")
    return plain if plain.isascii() and plain.isdigit() else ""
