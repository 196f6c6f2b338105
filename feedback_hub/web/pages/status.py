"""Asking about a case with its two numbers: open to the public, and telling nothing.

Whoever holds the phone may ask: the answer is one sentence that is the same for every case,
whatever it is about and wherever it stands.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from typing import cast

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import TooManyRequests

from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads.views import FormView
from feedback_hub.services import enquiry
from feedback_hub.web.hub import current_hub
from feedback_hub.web.labels import gettext

status = Blueprint("status", __name__)

TRIES = 10
WITHIN = 600.0
"""So many tries an address in so many seconds: a secret has a million values."""
_MOST_ADDRESSES = 10_000


class Limiter:
    """Counts tries by address, in this process's memory; safe from several threads."""

    def __init__(self, tries: int, within: float) -> None:
        self._tries, self._within = tries, within
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_for(self, address: str, now: float) -> int:
        """Note a try at ``now`` (seconds); 0, or the seconds to wait where it is one too many."""
        with self._lock:
            tries = self._seen.setdefault(address, deque())
            self._seen.move_to_end(address)
            while len(self._seen) > _MOST_ADDRESSES:
                self._seen.popitem(last=False)
            while tries and tries[0] <= now - self._within:
                tries.popleft()
            if len(tries) >= self._tries:
                return int(tries[0] + self._within - now) + 1
            tries.append(now)
            return 0


def init_status(app: Flask) -> None:
    """One limiter an application."""
    app.extensions["feedback_hub_status"] = Limiter(TRIES, WITHIN)


@status.route("/status", methods=["GET", "POST"])
def ask() -> Response:
    """GET shows the form, POST takes reference and secret (never in a URL)."""
    if request.method == "GET":
        return make_response(render_template("status.html", answer=""))
    limiter = cast("Limiter", current_app.extensions["feedback_hub_status"])
    wait = limiter.wait_for(request.remote_addr or "", time.monotonic())
    if wait:
        raise TooManyRequests(retry_after=wait)
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
