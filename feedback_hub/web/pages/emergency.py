"""Opening a case that is not one's own, in an emergency, and closing it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import emergency as services
from feedback_hub.web import throttle
from feedback_hub.web.handlers_only import opens_sensitive
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.labels import exact
from feedback_hub.web.pages.acting import attempt, text
from feedback_hub.web.security import has_token, require

emergency = Blueprint("emergency", __name__)


@emergency.get("/emergency")
def ask() -> str:
    """What it means, and the form."""
    require(Action.BREAK_GLASS)
    return _page(FormView())


@emergency.post("/emergency")
def open_case() -> Response:
    """Open it, tell the others, go to the case."""
    actor = require(Action.BREAK_GLASS)
    if has_token():
        raise NotFound
    throttle.slow_down({f"emergency\0{actor.id}": throttle.EMERGENCY})
    hub = current_hub()
    lasts = timedelta(minutes=hub.config.security.emergency_minutes)
    ref = parse_reference(text("ref")) or ""
    until: list[datetime] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        try:
            made = services.open_case(
                uow,
                hub.rules,
                actor,
                ref,
                text("reason"),
                lasts,
                now,
                opens_sensitive=opens_sensitive(hub),
            )
        except NotFound:
            raise Invalid("ref", "is no case") from None
        if made is not None:
            until.append(made.until)

    refused = attempt(Action.BREAK_GLASS, "emergency", work)
    if refused is not None:
        form, status = refused
        return make_response(_page(form), status)
    if until:
        words = gettext("Open until %(when)s. Those who handle it were told.", when=exact(until[0]))
        flash(words, "warning")
    return make_response(redirect(url_for("cases.show", ref=ref), 303))


@emergency.post("/cases/<ref>/end-emergency")
def end(ref: str) -> Response:
    """Close it again to whoever opened it so."""
    known = parse_reference(ref) or ""
    attempt(
        Action.READ_HISTORY,
        "emergency",
        lambda uow, actor, now: services.end(uow, actor, known, now),
    )
    flash(gettext("Closed again to whoever opened it in an emergency."), "success")
    return make_response(redirect(url_for("home.index"), 303))


def _page(form: FormView) -> str:
    hub = current_hub()
    return render_template(
        "emergency.html",
        form=form,
        minutes=hub.config.security.emergency_minutes,
        handlers_at=None if opens_sensitive(hub) else hub.config.security.handlers_url,
    )
