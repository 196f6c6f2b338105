"""A partner's referrals, and the case team's part in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case_states import MOVES, CaseVerb, Outcome
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound, StaleVersion
from feedback_hub.domain.referral import Referral
from feedback_hub.reads import case_page, referral_inbox, referral_preview
from feedback_hub.reads.views.case import FormView
from feedback_hub.reads.views.referrals import InboxTab, ReferralView
from feedback_hub.services import casework, links, remarks
from feedback_hub.services import referrals as services
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.pages.acting import attempt, refused_form, text, version
from feedback_hub.web.pages.cases import refer, show_case
from feedback_hub.web.pages.notices import seen
from feedback_hub.web.pages.partner_verbs import PARTNER_VERBS, Verb
from feedback_hub.web.security import current_actor, require

referrals = Blueprint("referrals", __name__, url_prefix="/referrals")


@referrals.get("")
def inbox() -> str:
    """What was referred to the reader's organisation."""
    actor = require(Action.ANSWER_REFERRAL)
    hub = current_hub()
    tab = request.args.get("tab", "")
    chosen = InboxTab(tab) if tab in set(InboxTab) else None
    with hub.reading() as uow:
        page = referral_inbox.page(uow, actor, chosen, hub.clock(), request.args.get("cursor", ""))
    return render_template("referrals.html", page=page)


@referrals.get("/<referral_id>")
def show(referral_id: str) -> Response:
    """One referral, with exactly what was shared."""
    actor = require(Action.ANSWER_REFERRAL)
    seen(actor, referral_id=referral_id)
    return _show(actor, referral_id, FormView(), 200)


@referrals.post("/preview/<ref>")
def preview(ref: str) -> Response:
    """Exactly what the partner will see, before it is sent."""

    def make(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Referral:
        uow.expect(case_page.reach(uow, actor, ref), version())
        return refer(uow, actor, ref, now)

    shown = _previewed(Action.WORK_CASE, make)
    if not isinstance(shown, ReferralView):
        return show_case(current_actor(), ref, *shown)
    sent_by = url_for("cases.act", ref=ref, verb="refer")
    return _preview(shown, sent_by, url_for("cases.show", ref=ref))


@referrals.post("/<referral_id>/refer/preview")
def preview_on(referral_id: str) -> Response:
    """The same for whoever passes it on."""

    def make(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Referral:
        return _refer(uow, actor, referral_id, now)

    shown = _previewed(Action.ANSWER_REFERRAL, make)
    if not isinstance(shown, ReferralView):
        return _show(current_actor(), referral_id, *shown)
    sent_by = url_for("referrals.act", referral_id=referral_id, verb="refer")
    return _preview(shown, sent_by, url_for("referrals.show", referral_id=referral_id))


def _previewed(
    action: Action, make: Callable[[SqlUnitOfWork, Actor, datetime], Referral]
) -> ReferralView | tuple[FormView, int]:
    """Their page of a referral that is made and not kept, or the form with what is wrong."""
    actor, hub = require(action), current_hub()
    now = hub.clock()
    try:
        with hub.unit_of_work() as uow:
            receiver = referral_preview.receiver_of(uow, make(uow, actor, now))
            return referral_preview.page(uow, receiver, now, hub.config.hub.name)
    except (Invalid, IllegalMove, StaleVersion) as error:
        return refused_form("refer", error)


def _preview(shown: ReferralView, sent_by: str, back: str) -> Response:
    typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
    with current_hub().reading() as uow:
        others = referral_inbox.others(uow, shown.organisation)
    page = render_template(
        "referral.html",
        referral=shown,
        form=FormView(),
        organisations=others,
        preview={"action": sent_by, "back": back, "typed": typed},
    )
    return make_response(page)


@referrals.post("/<referral_id>/<verb>")
def act(referral_id: str, verb: str) -> Response:
    """A partner's press, or the case team's on its case page."""
    if verb not in _VERBS:
        abort(404)
    action, do, done = _VERBS[verb]
    by_partner = action is Action.ANSWER_REFERRAL

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        found = uow.visible_referral(actor, action, referral_id)
        if found is None:
            raise NotFound
        uow.expect(found[0], version())
        do(uow, actor, referral_id, now)

    refused = attempt(action, verb, work)
    actor = current_actor()
    ref = "" if by_partner else _case_of(actor, action, referral_id)
    if refused is None:
        flash(gettext(done), "success")
        back = url_for("cases.show", ref=ref) if ref else url_for("referrals.inbox")
        if by_partner and verb in {"accept", "start"}:
            back = url_for("referrals.show", referral_id=referral_id)
        return make_response(redirect(back, 303))
    if by_partner:
        return _show(actor, referral_id, *refused)
    return show_case(actor, ref, *refused)


def _show(actor: Actor, referral_id: str, form: FormView, status: int) -> Response:
    hub = current_hub()
    with hub.reading() as uow:
        referral = referral_inbox.view(uow, actor, referral_id, hub.clock(), hub.config.hub.name)
        others = referral_inbox.others(uow, referral.organisation)
    page = render_template("referral.html", referral=referral, form=form, organisations=others)
    return make_response(page, status)


def _case_of(actor: Actor, action: Action, referral_id: str) -> str:
    with current_hub().reading() as uow:
        found = uow.visible_referral(actor, action, referral_id)
    if found is None:
        raise NotFound
    return found[1].ref


def _resume(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    words = text("text", needed=True)
    return services.resume(uow, current_hub().rules, actor, referral_id, words, now)


def _refer(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> Referral:
    organisation, note = text("organisation", needed=True), text("note")
    return services.refer_on(
        uow, current_hub().rules, actor, referral_id, organisation, now, note=note
    )


def _verify(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    """Good: the person is told these words, or the partner's. Not enough: say what is missing."""
    rules, words, good = current_hub().rules, text("text"), request.form.get("ok") == "yes"
    if not good and not words:
        raise Invalid("text", "say what is missing")
    referral = services.verify(uow, rules, actor, referral_id, good, words, now)
    case = uow.case(referral.case_id)
    if good and case is not None and case.state in MOVES[CaseVerb.RESPOND]:
        told = words or remarks.read(uow, referral.answer_id)
        outcome = referral.answer_outcome or Outcome.INFORMATION_GIVEN
        casework.answer(uow, rules, actor, case.ref, told, outcome, now)
    return referral


def _revoke(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    return links.revoke(uow, actor, referral_id, now)


_VERBS: dict[str, tuple[Action, Verb, str]] = {
    **{verb: (Action.ANSWER_REFERRAL, do, done) for verb, (do, done) in PARTNER_VERBS.items()},
    "refer": (
        Action.ANSWER_REFERRAL,
        _refer,
        N_("Passed on. Their answer will come through you."),
    ),
    "resume": (Action.WORK_CASE, _resume, N_("Sent back to the partner.")),
    "verify": (Action.WORK_CASE, _verify, N_("Noted.")),
    "revoke": (Action.WORK_CASE, _revoke, N_("The links are stopped.")),
}
