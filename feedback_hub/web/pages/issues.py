"""Issues, and what each puts on a site's board."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.board import BoardEntry, BoardWords
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import board as reads
from feedback_hub.reads import issue_list
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import board as services
from feedback_hub.services import casework
from feedback_hub.services import issues as issue_services
from feedback_hub.services.issues import NewIssue
from feedback_hub.web.asked_issues import asked_issues, kept_words
from feedback_hub.web.hub import current_hub, own_language
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.pages.acting import attempt, text, version
from feedback_hub.web.security import current_actor, require

issues = Blueprint("issues", __name__, url_prefix="/issues")


@issues.get("", endpoint="list")
def show_all() -> str:
    """Every issue, the newest first, narrowed as the address says."""
    actor = require(Action.READ_ISSUE)
    filters = asked_issues()
    with current_hub().reading() as uow:
        found, cursor = issue_list.page(uow, filters, cursor=request.args.get("cursor", ""))
    return render_template(
        "issues.html",
        issues=found,
        older=cursor,
        asked=kept_words(),
        may_write=actor.may(Action.WORK_ISSUE),
    )


@issues.get("/new")
def new() -> Response:
    """The form; ``?case=`` puts a case under it from the start."""
    actor = require(Action.WORK_ISSUE)
    values = {"cases": ""}
    ref = parse_reference(request.args.get("case", "")) or ""
    with current_hub().reading() as uow:
        case = uow.visible_case(actor, Action.WORK_CASE, ref) if ref else None
    if case is not None:
        values = {"cases": case.ref, "site": case.site, "sector": case.sector}
    return _form(FormView("issue", values), 200)


@issues.post("/new")
def open_one() -> Response:
    """Say that many cases are one problem."""
    made = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        new = NewIssue(
            title=text("title"),
            site=text("site"),
            sector=text("sector"),
            owner=issue_services.OWN,
            cases=_refs("cases"),
        )
        made.append(issue_services.open_issue(uow, current_hub().rules, actor, new, now).id)

    refused = attempt(Action.WORK_ISSUE, "issue", work)
    if refused is not None:
        return _form(*refused)
    flash(gettext("The issue is open, and it is yours."), "success")
    return make_response(redirect(url_for("issues.show", issue_id=made[0]), 303))


@issues.post("/<issue_id>/cases")
def link(issue_id: str) -> Response:
    """Put more cases under it."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        for ref in _refs("cases"):
            casework.link_issue(uow, actor, ref, issue_id, now)

    refused = attempt(Action.WORK_ISSUE, "link", work)
    return _done(issue_id, refused, gettext("Put under this issue."))


@issues.post("/<issue_id>/cases/<ref>/unlink")
def unlink(issue_id: str, ref: str) -> Response:
    """Take a case from under it; the case itself stays as it is."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        known = parse_reference(ref)
        if known is None:
            raise NotFound
        casework.unlink_issue(uow, actor, known, issue_id, now)

    refused = attempt(Action.WORK_ISSUE, "link", work)
    return _done(issue_id, refused, gettext("Taken from under this issue. The case stays."))


@issues.post("/<issue_id>/<verb>")
def act(issue_id: str, verb: str) -> Response:
    """Decide, answer in public, tell who reported it, or open it again."""
    if verb not in _VERBS:
        raise NotFound
    said = [gettext(_VERBS[verb])]

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        rules = current_hub().rules
        if verb == "take":
            issue_services.assign(uow, actor, issue_id, issue_services.OWN, version())
        elif verb == "decide":
            issue_services.decide(uow, issue_id, text("decision"), version())
        elif verb == "answer":
            issue_services.answer(uow, issue_id, text("public_answer"), version())
        elif verb == "reopen":
            issue_services.reopen(uow, issue_id, version())
        else:
            told = issue_services.tell_reporters(uow, rules, actor, issue_id, now)
            said[0] = gettext(
                "%(texts)s are texted, %(people)s are called or found, %(left)s wait.",
                texts=told.texts,
                people=told.people,
                left=told.left,
            )

    refused = attempt(Action.WORK_ISSUE, verb, work)
    return _done(issue_id, refused, said[0])


_VERBS = {
    "take": N_("This issue is yours now."),
    "decide": N_("The decision is kept."),
    "answer": N_("The public answer is kept."),
    "tell": N_("Everybody is told in their own safe way."),
    "reopen": N_("Open again."),
}


@issues.get("/<issue_id>")
def show(issue_id: str) -> Response:
    """One issue and its entries on boards."""
    return _page(require(Action.READ_ISSUE), issue_id, FormView(), 200)


@issues.post("/<issue_id>/entries")
def write(issue_id: str) -> Response:
    """Draft an entry."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        language = own_language(text("language"))
        words = BoardWords(text("said"), text("did"), text("not_yet"))
        services.write(uow, hub.rules, actor, issue_id, text("site"), language, words, now)

    refused = attempt(Action.WORK_ISSUE, "entry", work)
    return _done(issue_id, refused, gettext("Kept as a draft. Somebody has to approve it."))


@issues.post("/<issue_id>/entries/<entry_id>/approve")
def approve(issue_id: str, entry_id: str) -> Response:
    """Let an entry be public."""
    require(Action.READ_ISSUE)
    hub = current_hub()
    delay = timedelta(hours=hub.config.loopback.board_delay_hours)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        _under(uow, issue_id, entry_id)
        services.approve(uow, hub.rules, actor, entry_id, now, delay, version())

    refused = attempt(Action.APPROVE_WORDING, "entry", work)
    return _done(issue_id, refused, gettext("Approved for the board."))


@issues.post("/<issue_id>/entries/<entry_id>/archive")
def archive(issue_id: str, entry_id: str) -> Response:
    """Take an entry off the board."""
    require(Action.READ_ISSUE)

    def work(uow: SqlUnitOfWork, _actor: Actor, now: datetime) -> None:
        _under(uow, issue_id, entry_id)
        services.archive(uow, entry_id, now, version())

    refused = attempt(Action.APPROVE_WORDING, "entry", work)
    return _done(issue_id, refused, gettext("Taken off the board."))


def _under(uow: SqlUnitOfWork, issue_id: str, entry_id: str) -> BoardEntry:
    entry = uow.board_entry(entry_id)
    if entry is None or entry.issue_id != issue_id:
        raise NotFound
    return entry


def _done(issue_id: str, refused: tuple[FormView, int] | None, said: str) -> Response:
    if refused is not None:
        return _page(current_actor(), issue_id, *refused)
    flash(said, "success")
    return make_response(redirect(url_for("issues.show", issue_id=issue_id), 303))


def _refs(name: str) -> tuple[str, ...]:
    """The references that were typed, by spaces, commas or lines. Raises ``Invalid``."""
    found = []
    for written in text(name).replace(",", " ").replace(";", " ").split():
        ref = parse_reference(written)
        if ref is None:
            raise Invalid(name, "has something that is no case number")
        found.append(ref)
    return tuple(dict.fromkeys(found))


def _form(form: FormView, status: int) -> Response:
    with current_hub().reading() as uow:
        sites = tuple(site_names(uow))
    page = render_template("issue_new.html", form=form, sites=sites, sectors=tuple(Sector))
    return make_response(page, status)


def _page(actor: Actor, issue_id: str, form: FormView, status: int) -> Response:
    hub = current_hub()
    with hub.reading() as uow:
        found = uow.issue(issue_id)
        if found is None:
            raise NotFound
        refs = issue_list.visible_refs(uow, actor, [issue_id])[issue_id]
        page = render_template(
            "issue.html",
            page=reads.work(uow, found, refs),
            form=form,
            mine=found.owner == actor.id,
            owner=names_for(uow, [found.owner]).person(found.owner) if found.owner else "",
            languages_written=hub.config.hub.languages,
            now=hub.clock(),
            may_write=actor.may(Action.WORK_ISSUE),
            may_approve=actor.may(Action.APPROVE_WORDING),
        )
    return make_response(page, status)
