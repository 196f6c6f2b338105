"""A partner's page without a log-in: one referral, by the link in an e-mail.

Whatever is wrong with a link, the answer is the same 404. A use that changes something needs no
forgery token: no cookie speaks here, and whoever could forge the address already holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

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

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Outcome
from feedback_hub.domain.errors import IllegalMove, Invalid, StaleVersion
from feedback_hub.domain.referral import DeclineReason
from feedback_hub.reads import referral_inbox
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import links
from feedback_hub.services import referrals as services
from feedback_hub.services.links import Opened
from feedback_hub.web.hub import current_hub
from feedback_hub.web.pages.acting import refused_form, text, version, word
from feedback_hub.web.throttle import LINK, address, slow_down
from feedback_hub.web.words import N_, gettext

partner_links = Blueprint("partner_links", __name__, url_prefix="/r")

Verb = Callable[[SqlUnitOfWork, Actor, str, datetime], object]


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
    if verb not in _VERBS:
        abort(404)
    do, done = _VERBS[verb]
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


def _accept(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    return services.accept(uow, current_hub().rules, actor, referral_id, now)


def _decline(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    reason, words = word("reason", DeclineReason), text("text")
    return services.decline(uow, current_hub().rules, actor, referral_id, reason, words, now)


def _return(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    question = text("question", needed=True)
    return services.give_back(uow, current_hub().rules, actor, referral_id, question, now)


def _start(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    return services.start(uow, current_hub().rules, actor, referral_id, now)


def _answer(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    words, outcome = text("text", needed=True), word("outcome", Outcome)
    return services.answer(uow, current_hub().rules, actor, referral_id, words, outcome, now)


_VERBS: Mapping[str, tuple[Verb, str]] = {
    "accept": (_accept, N_("Accepted. Say here what was done.")),
    "decline": (_decline, N_("The feedback team looks for another.")),
    "return": (_return, N_("Asked. Your time stops until they answer.")),
    "start": (_start, N_("The feedback team sees that you work on it.")),
    "answer": (_answer, N_("Answered. The feedback team checks it.")),
}
