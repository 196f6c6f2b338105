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
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.reads import board as reads
from feedback_hub.reads import issue_list
from feedback_hub.reads.issue_list import IssueFilters
from feedback_hub.reads.views import FormView
from feedback_hub.services import board as services
from feedback_hub.web.hub import current_hub
from feedback_hub.web.labels import gettext
from feedback_hub.web.pages.acting import attempt, text, version
from feedback_hub.web.security import current_actor, require

issues = Blueprint("issues", __name__, url_prefix="/issues")


@issues.get("", endpoint="list")
def show_all() -> str:
    """Every issue, the newest first."""
    require(Action.READ_ISSUE)
    with current_hub().reading() as uow:
        found, cursor = issue_list.page(uow, IssueFilters(), cursor=request.args.get("cursor", ""))
        return render_template("issues.html", issues=found, older=cursor)


@issues.get("/<issue_id>")
def show(issue_id: str) -> Response:
    """One issue and its entries on boards."""
    return _page(require(Action.READ_ISSUE), issue_id, FormView(), 200)


@issues.post("/<issue_id>/entries")
def write(issue_id: str) -> Response:
    """Draft an entry."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        language = text("language")
        if language not in hub.config.hub.languages:
            raise Invalid("language", "is none of this hub's")
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
            languages_written=hub.config.hub.languages,
            now=hub.clock(),
            may_write=actor.may(Action.WORK_ISSUE),
            may_approve=actor.may(Action.APPROVE_WORDING),
        )
    return make_response(page, status)
