"""What people asked of what is kept about them: to see, correct or erase it, and until when."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from feedback_hub.adapters import erasing, person_copy
from feedback_hub.adapters import person_requests as kept
from feedback_hub.adapters.person_requests import RequestEnd, Wish
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads.views.case import FormView
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt, text, word
from feedback_hub.web.security import require

person_requests = Blueprint("person_requests", __name__, url_prefix="/person-requests")


@person_requests.get("")
def index() -> str:
    """What waits, of the cases that the reader works on; what is due first comes first."""
    return _page(FormView())


@person_requests.post("")
def note() -> Response:
    """Write down what somebody asked for."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        about = uow.visible_case(actor, Action.WORK_CASE, parse_reference(text("ref")) or "")
        if about is None:
            raise Invalid("own_case", "is none that the reader works on")
        days = hub.config.retention.request_days
        kept.note(uow, actor, about, word("wish", Wish), _asked_at(now), days, now)

    refused = attempt(Action.WORK_CASE, "note", work)
    if refused is not None:
        form, status = refused
        return make_response(_page(form), status)
    flash(gettext("Written down."), "success")
    return _back()


@person_requests.post("/<ref>/answer")
def answer(ref: str) -> Response:
    """End a request: corrected, refused or withdrawn.

    A copy and erasing end theirs by themselves: nobody says "erased" of what is still there.
    """

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        about = _reach(uow, actor, ref)
        wish, outcome = word("wish", Wish), word("outcome", RequestEnd)
        if outcome is RequestEnd.DONE and wish is not Wish.CORRECT:
            raise Invalid("outcome", "comes of the copy or of erasing")
        if not kept.answer(uow, actor, about, wish, outcome, now):
            raise NotFound

    refused = attempt(Action.WORK_CASE, "answer", work)
    if refused is not None:
        form, status = refused
        return make_response(_page(form), status)
    flash(gettext("Noted."), "success")
    return _back()


@person_requests.post("/<ref>/copy")
def copy(ref: str) -> Response:
    """What is kept of the person, as a file to hand over in person; it ends their request."""
    actor = require(Action.WORK_CASE)
    hub = current_hub()
    with hub.unit_of_work() as uow:
        about = _reach(uow, actor, ref)
        held = person_copy.copy_of(uow, actor, about, hub.clock())
        uow.commit()
    answer = make_response(json.dumps(held, ensure_ascii=False, indent=1))
    answer.content_type = "application/json"
    answer.headers["Content-Disposition"] = 'attachment; filename="copy.json"'
    return answer


@person_requests.post("/<ref>/erase")
def erase(ref: str) -> Response:
    """Erase who the person is and what was said, for good: the second of two people does it."""
    hub = current_hub()
    files: list[str] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        about = _reach(uow, actor, ref)
        if parse_reference(text("again")) != about.ref:
            raise Invalid("again", "is not the case's number")
        if not kept.may_erase(uow.session, about, actor):
            raise Invalid("second", "is written down by the reader, or by nobody")
        gone = person_copy.erase(uow, actor, about, now)
        home, secrets = hub.config.hub.home, hub.config.secrets_directory
        # Before the commit: a key too many in the ledger is one that is gone next time.
        erasing.write_ledger(erasing.ledgers(home, secrets), gone.keys)
        files.extend(gone.files)

    refused = attempt(Action.WORK_CASE, f"erase-{parse_reference(ref)}", work)
    if refused is not None:
        form, status = refused
        return make_response(_page(form), status)
    for name in files:
        hub.attachments.store.remove(name)
    flash(gettext("Erased. Nobody can read it any more, here or in a copy."), "success")
    return _back()


def _reach(uow: SqlUnitOfWork, actor: Actor, ref: str) -> Case:
    about = uow.visible_case(actor, Action.WORK_CASE, parse_reference(ref) or "")
    if about is None:
        raise NotFound
    return about


def _page(form: FormView) -> str:
    actor = require(Action.WORK_CASE)
    hub = current_hub()
    with hub.reading() as uow:
        waiting = kept.open_ones(uow.session, scope_of(actor, Action.WORK_CASE))
    return render_template(
        "person_requests.html",
        waiting=waiting,
        reader_id=actor.id,
        now=hub.clock(),
        today=local_day(hub.clock(), hub.rules.calendar),
        days=hub.config.retention.request_days,
        form=form,
    )


def _asked_at(now: datetime) -> datetime:
    written = text("asked_on")
    if not written:
        return now
    try:
        # As the command reads it: the day from its beginning, UTC.
        asked = datetime.combine(date.fromisoformat(written), time(), UTC)
    except ValueError:
        raise Invalid("asked_on", "is no day") from None
    if asked > now:
        raise Invalid("asked_on", "is a day to come")
    return asked


def _back() -> Response:
    return make_response(redirect(url_for("person_requests.index"), 303))
