"""The queue, one case, and everything that is done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from feedback_hub.domain.case import SCORES
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.safeguarding import ConsentWay
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads import case_page, likely
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import (
    bank,
    casework,
    exchange,
    issues,
    learning,
    likeness,
    loopback,
    referrals,
    safeguarding,
    triage,
)
from feedback_hub.services.issues import LONGEST_TITLE, OWN, NewIssue
from feedback_hub.services.loopback import Method
from feedback_hub.services.reaching import reach
from feedback_hub.services.safeguarding import Explained
from feedback_hub.services.triage import Decision
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_, gettext, reader_language
from feedback_hub.web.pages.acting import attempt, text, version, word
from feedback_hub.web.pages.frame import know_sites, may_see_cases
from feedback_hub.web.pages.notices import seen
from feedback_hub.web.security import require

cases = Blueprint("cases", __name__, url_prefix="/cases")

Verb = Callable[[SqlUnitOfWork, Actor, str, datetime], object]


@cases.get("/<ref>")
def show(ref: str) -> Response:
    """One case."""
    reader, ref = case_reader(Action.READ_CASE), _ref(ref)
    seen(reader, ref=ref)
    return show_case(reader, ref, FormView(), 200)


@cases.post("/<ref>/<verb>")
def act(ref: str, verb: str) -> Response:
    """One press on one form: done and back to the case, or the form again with what is wrong."""
    if verb not in _VERBS:
        abort(404)
    action, do, done = _VERBS[verb]
    reader = case_reader(action)
    ref = _ref(ref)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        case = case_page.reach(uow, actor, ref)
        if verb not in _BESIDE:
            uow.expect(case, version())
        do(uow, actor, ref, now)

    refused = attempt(action, _FORMS.get(verb, verb), work)
    if refused is not None:
        return show_case(reader, ref, *refused)
    with current_hub().reading() as uow:
        still_there = uow.visible_case(reader, Action.READ_CASE, ref) is not None
        # Asked, not shown.
        uow.seen.clear()
    if still_there:
        flash(gettext(done), "success")
        return make_response(redirect(url_for("cases.show", ref=ref), 303))
    # It was raised or moved out of the reader's sight by this very press.
    flash(gettext("It has left your list. Only those who handle such cases see it now."), "success")
    return make_response(redirect(url_for("cases.queue"), 303))


def show_case(actor: Actor, ref: str, form: FormView, status: int) -> Response:
    """The page of a case, with a form that was refused, if one was."""
    hub = current_hub()
    now = hub.clock()
    sure_from = hub.config.classifier.confidence_threshold
    with hub.reading() as uow:
        case, choices = case_page.page(uow, hub.rules, actor, ref, now, sure_from)
    know_sites(choices.sites)
    page = render_template("case.html", case=case, choices=choices, form=form)
    return make_response(page, status)


def case_reader(action: Action) -> Actor:
    """The reader, if they work with cases at all. For a partner no case page exists."""
    actor = require(action)
    if not may_see_cases(actor):
        raise NotFound
    return actor


def _ref(written: str) -> str:
    """The reference. Raises ``NotFound``: what is no reference does not exist either."""
    ref = parse_reference(written)
    if ref is None:
        raise NotFound
    return ref


def _triage(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    codes = tuple(dict.fromkeys(code for code in request.form.getlist("codes") if code))
    decision = Decision(
        codes=codes,
        sector=text("sector"),
        sensitivity=word("sensitivity", Sensitivity),
        priority=word("priority", Priority),
        site=text("site"),
        reason=text("reason"),
    )
    return triage.triage(uow, current_hub().rules, actor, ref, decision, now)


def _place(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    site = text("site", needed=True)
    return triage.set_place(uow, current_hub().rules, actor, ref, site, now)


def _confirm(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return triage.confirm(uow, current_hub().rules, actor, ref, Decision(), now)


def _sensitivity(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    level, reason = word("level", Sensitivity), text("reason", needed=True)
    return triage.change_sensitivity(uow, current_hub().rules, actor, ref, level, reason, now)


def refer(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> Referral:
    """Refer it as the form says: what is previewed is what is sent."""
    return referrals.refer(
        uow,
        current_hub().rules,
        actor,
        ref,
        text("organisation", needed=True),
        now,
        share=word("share", Share),
        note=text("note"),
    )


def _consent(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    case = reach(uow, actor, Action.WORK_CASE, ref)
    after = replace(
        case.consent,
        share=word("share", Share),
        contact=word("contact", Answered),
        content_in_text=word("content_in_text", Answered),
    )
    return casework.review_consent(uow, actor, ref, after, now)


def _interim(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    told = text("told") == "yes"
    return loopback.give_interim_notice(uow, current_hub().rules, actor, ref, told, now)


def _hand_off(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.hand_off(uow, current_hub().rules, actor, ref, "", now)


def _answer(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    words, outcome = text("text", needed=True), word("outcome", Outcome)
    return casework.answer(uow, current_hub().rules, actor, ref, words, outcome, now)


def _told(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    words, outcome = text("text", needed=True), word("outcome", Outcome)
    rules = current_hub().rules
    return casework.answer(uow, rules, actor, ref, words, outcome, now, on_the_spot=True)


def _inform(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    told = text("told") == "yes"
    answer = text("answer", needed=True)
    return bank.inform(uow, current_hub().rules, actor, ref, answer, now, told=told)


def _report_conduct(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    channel, named = text("channel", needed=True), text("with_name") == "yes"
    return safeguarding.report_conduct(
        uow, actor, ref, channel, now, with_name=named, reference=text("reference")
    )


def _refer_to_service(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    organisation, sector = text("organisation", needed=True), text("sector", needed=True)
    explained = Explained(text("explained", needed=True), word("how", ConsentWay))
    return safeguarding.refer_to_service(uow, actor, ref, organisation, sector, explained, now)


def _loop_back(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return loopback.loop_back(uow, current_hub().rules, actor, ref, word("method", Method), now)


def _close(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    outcome, reason = word("outcome", Outcome), text("reason", needed=True)
    return casework.close(uow, current_hub().rules, actor, ref, outcome, reason, now)


def _reopen(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    reason = text("reason", needed=True)
    return casework.reopen(uow, current_hub().rules, actor, ref, reason, now)


def _appeal(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    reason = text("reason", needed=True)
    return casework.appeal(uow, current_hub().rules, actor, ref, reason, now)


def _satisfaction(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    written = text("score")
    score = int(written) if written in {str(one) for one in SCORES} else None
    return casework.judge(uow, current_hub().rules, actor, ref, None, now, score=score)


def _learn(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return learning.allow(uow, actor, ref, True, now)


def _forget(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return learning.allow(uow, actor, ref, False, now)


def _note(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.note(uow, actor, ref, text("text", needed=True), now)


def _translation(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.translate(uow, actor, ref, text("text", needed=True), reader_language(), now)


def _split(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    message = text("message", needed=True)
    return casework.split(uow, current_hub().rules, actor, ref, (message,), now)


def _move(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    message, to = text("message", needed=True), _ref(text("to", needed=True))
    return casework.move(uow, current_hub().rules, actor, ref, (message,), to, now)


def _take(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.assign(uow, actor, ref, actor.id, now)


def _ask_origin(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return exchange.ask(uow, actor, ref, text("question", needed=True), now)


def _tag(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.tag(uow, actor, ref, text("tags", needed=True), now)


def _untag(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.untag(uow, actor, ref, text("tags", needed=True), now)


def _link(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.link(uow, actor, ref, _ref(text("other", needed=True)), now)


def _unlink(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.unlink(uow, actor, ref, _ref(text("other", needed=True)), now)


def _leave_issue(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    return casework.unlink_issue(uow, actor, ref, text("issue", needed=True), now)


def _dismiss(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    other = text("other")
    return likeness.dismiss(uow, actor, ref, _ref(other) if other else likeness.ISSUE, now)


def _join_issue(uow: SqlUnitOfWork, actor: Actor, ref: str, now: datetime) -> object:
    """Put it under an issue that stands, or under a new one with those it is suggested with."""
    if known := text("issue"):
        return casework.link_issue(uow, actor, ref, known, now)
    hub = current_hub()
    case = case_page.reach(uow, actor, ref)
    suggested = likely.of_case(uow, hub.rules, actor, case).issue
    if suggested is None:
        raise Invalid("issue", "is not suggested any more")
    code = case.codes[0]
    named = hub.rules.frame[code].label.in_language(hub.rules.default_language)
    where = {site.code: site.name for site in uow.sites()}[case.site]
    new = NewIssue(
        title=f"{named}, {where}"[:LONGEST_TITLE],
        site=case.site,
        sector=case.sector,
        code=code,
        owner=OWN,
        cases=(ref, *(one.ref for one in suggested.cases)),
    )
    return issues.open_issue(uow, hub.rules, actor, new, now)


_VERBS: dict[str, tuple[Action, Verb, str]] = {
    "triage": (Action.TRIAGE, _triage, N_("Triaged.")),
    "place": (Action.TRIAGE, _place, N_("The site is set.")),
    "confirm": (Action.CHANGE_SENSITIVITY, _confirm, N_("Confirmed. Only handlers see it.")),
    "sensitivity": (Action.CHANGE_SENSITIVITY, _sensitivity, N_("Changed.")),
    "learn": (
        Action.CHANGE_SENSITIVITY,
        _learn,
        N_("The machine may learn from it the next time it is trained."),
    ),
    "forget": (
        Action.CHANGE_SENSITIVITY,
        _forget,
        N_("The machine learns from it no longer, once it is trained again."),
    ),
    "refer": (Action.WORK_CASE, refer, N_("Referred. The answer will appear here.")),
    "hand-off": (Action.WORK_CASE, _hand_off, N_("Handed to the handlers.")),
    "answer": (Action.WORK_CASE, _answer, N_("The answer is ready. Now tell the person.")),
    "told": (Action.WORK_CASE, _told, N_("Noted. Close the case when it is over.")),
    "inform": (Action.INFORM, _inform, N_("The answer from the bank is noted.")),
    "conduct-report": (Action.WORK_CASE, _report_conduct, N_("The report is noted.")),
    "service-referral": (
        Action.WORK_CASE,
        _refer_to_service,
        N_("The referral and the consent are noted."),
    ),
    "loop-back": (Action.WORK_CASE, _loop_back, N_("Noted. Close the case when it is over.")),
    "consent": (Action.WORK_CASE, _consent, N_("Kept what the person agrees to.")),
    "interim": (Action.WORK_CASE, _interim, N_("Noted: the answer is due later now.")),
    "close": (Action.WORK_CASE, _close, N_("Closed.")),
    "reopen": (Action.WORK_CASE, _reopen, N_("Open again.")),
    "appeal": (Action.WORK_CASE, _appeal, N_("Open again: somebody else decides now.")),
    "satisfaction": (Action.CALL_BACK, _satisfaction, N_("Noted what the person says.")),
    "ask-origin": (Action.WORK_CASE, _ask_origin, N_("Asked. The reply will appear here.")),
    "tag": (Action.NOTE, _tag, N_("The tag is on.")),
    "untag": (Action.NOTE, _untag, N_("The tag is off.")),
    "translation": (Action.NOTE, _translation, N_("Kept beside the original. Thank you.")),
    "note": (Action.NOTE, _note, N_("The note is kept.")),
    "split": (Action.WORK_CASE, _split, N_("Set apart: it is a case of its own now.")),
    "move": (Action.WORK_CASE, _move, N_("Moved to the other case.")),
    "link": (Action.WORK_CASE, _link, N_("Linked. Both stay.")),
    "unlink": (Action.WORK_CASE, _unlink, N_("They are linked no longer. Both stay.")),
    "dismiss": (Action.WORK_CASE, _dismiss, N_("It is not suggested again.")),
    "join-issue": (Action.WORK_ISSUE, _join_issue, N_("It is under the issue now.")),
    "leave-issue": (Action.WORK_ISSUE, _leave_issue, N_("It is under the issue no longer.")),
    "take": (Action.WORK_CASE, _take, N_("This case is yours now.")),
}
_BESIDE = frozenset(
    {
        *("note", "translation", "tag", "untag", "dismiss", "learn", "forget"),
        *("link", "unlink", "join-issue", "leave-issue"),
    }
)
"""Verbs that change nothing which somebody else may be deciding: no version is asked for."""
_FORMS = {"told": "answer"}
"""Verbs that are a second button of another's form."""
