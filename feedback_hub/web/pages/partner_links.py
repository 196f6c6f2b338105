"""A partner's page without a log-in: one referral, by the link in an e-mail.

Whatever is wrong with a link, the answer is the same 404. A use that changes something needs no
forgery token: no cookie speaks here, and whoever could forge the address already holds it.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    url_for,
)
from sqlalchemy.exc import IntegrityError

from feedback_hub.domain.errors import IllegalMove, Invalid, StaleVersion
from feedback_hub.reads import referral_inbox
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import links
from feedback_hub.services.links import Opened
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import refused_form, version
from feedback_hub.web.pages.partner_verbs import PARTNER_VERBS
from feedback_hub.web.throttle import LINK, address, slow_down

partner_links = Blueprint("partner_links", __name__, url_prefix="/r")


@partner_links.before_request
def _slow() -> None:
    slow_down({f"link\0{address()}": LINK})


@partner_links.after_request
def _keep_quiet(response: Response) -> Response:
    # The address is the key: nobody it leads to may learn it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@partner_links.get("/<token>")
def show(token: str) -> Response:
    """The referral, exactly as its partner may see it."""
    hub = current_hub()
    now = hub.clock()
    with hub.reading() as uow:
        opened = links.open_link(uow, token, now)
        known = links.is_same_visit(opened, now)
    if not known:
        with hub.unit_of_work() as uow:
            links.note_visit(links.open_link(uow, token, now), now)
            uow.commit()
    return _show(token, FormView(), 200)


@partner_links.post("/<token>/<verb>")
def act(token: str, verb: str) -> Response:
    """The partner's press."""
    if verb not in PARTNER_VERBS:
        abort(404)
    do, done = PARTNER_VERBS[verb]
    hub = current_hub()
    now = hub.clock()
    refused: tuple[FormView, int] | None = None
    try:
        with hub.unit_of_work() as uow:
            opened = links.open_link(uow, token, now)
            uow.expect(opened.referral, version())
            do(uow, opened.actor, opened.referral.id, now)
            uow.commit()
    except (Invalid, IllegalMove, StaleVersion, IntegrityError) as error:
        refused = refused_form(verb, error)
    if refused is not None:
        return _show(token, *refused)
    if verb == "decline":
        # With it the link has ended.
        return make_response(render_template("link_done.html", words=gettext(done)))
    flash(gettext(done), "success")
    return make_response(redirect(url_for("partner_links.show", token=token), 303))


def _show(token: str, form: FormView, status: int) -> Response:
    hub = current_hub()
    now = hub.clock()
    with hub.reading() as uow:
        opened = links.open_link(uow, token, now)
        referral = referral_inbox.view(
            uow, opened.actor, opened.referral.id, now, hub.config.hub.name
        )
    page = render_template(
        "referral.html",
        referral=referral,
        form=form,
        organisations=(),
        link=token,
        until=_day(opened),
    )
    return make_response(page, status)


def _day(opened: Opened) -> str:
    zone = current_hub().config.hub.timezone
    return opened.link.expires_at.astimezone(zone).date().isoformat()
