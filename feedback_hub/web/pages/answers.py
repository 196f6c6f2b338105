"""The information bank: what people may be told at once, and writing and approving it."""

from __future__ import annotations

from datetime import date, datetime

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
from feedback_hub.domain.bank import BankAnswer, BankWords, Standing
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.gsm7 import sms_length
from feedback_hub.reads import bank as reads
from feedback_hub.reads.bank import BankFilters
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import bank
from feedback_hub.web.hub import current_hub, own_language
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.pages.acting import attempt, text, version
from feedback_hub.web.security import require

answers = Blueprint("answers", __name__, url_prefix="/answers")

_FILTERS = ("site", "sector", "language")


@answers.get("", endpoint="list")
def show_all() -> Response:
    """What the bank holds; ``?standing=current`` is what may be told now."""
    return _list(require(Action.READ_BANK), FormView(), 200)


@answers.get("/new")
def new() -> Response:
    """The form, empty or with the words of an answer to be written anew."""
    require(Action.WRITE_BANK)
    before = request.args.get("replaces", "")
    values = {"replaces": ""}
    if before:
        with current_hub().reading() as uow:
            answer = uow.bank_answer(before)
        if answer is None:
            raise NotFound
        values = _typed_of(answer)
    return _form(FormView("answer", values), 200)


@answers.post("/new")
def write() -> Response:
    """Keep a draft."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        language = own_language(text("language"))
        words = BankWords(
            question=text("question"),
            text=text("text"),
            language=language,
            valid_from=_day("valid_from"),
            valid_to=_day("valid_to"),
            site=text("site"),
            sector=text("sector"),
            by_text=text("by_text") == "yes",
        )
        bank.write(uow, hub.rules, actor, words, now, replaces=text("replaces"))

    refused = attempt(Action.WRITE_BANK, "answer", work)
    if refused is not None:
        return _form(*refused)
    flash(gettext("Kept as a draft. Somebody has to approve it."), "success")
    return make_response(redirect(url_for("answers.list"), 303))


@answers.post("/<answer_id>/<verb>")
def act(answer_id: str, verb: str) -> Response:
    """Approve or withdraw one."""
    if verb not in _DONE:
        raise NotFound
    reader = require(Action.APPROVE_WORDING)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        if verb == "approve":
            bank.approve(uow, current_hub().rules, actor, answer_id, now, version())
        else:
            bank.withdraw(uow, answer_id, now, version())

    refused = attempt(Action.APPROVE_WORDING, verb, work)
    if refused is not None:
        return _list(reader, *refused)
    flash(gettext(_DONE[verb]), "success")
    return make_response(redirect(url_for("answers.list"), 303))


_DONE = {
    "approve": N_("Approved: people may be told it on its days."),
    "withdraw": N_("Withdrawn: nobody is told it any more."),
}


def _list(actor: Actor, form: FormView, status: int) -> Response:
    hub = current_hub()
    standing = request.args.get("standing", "")
    chosen = {name: request.args.get(name, "") for name in _FILTERS}
    filters = BankFilters(
        **chosen, standing=Standing(standing) if standing in set(Standing) else None
    )
    with hub.reading() as uow:
        lines = reads.page(uow, hub.rules, filters, hub.clock())
        names = names_for(uow, {who for line in lines for who in _people(line.answer)})
        sites = tuple(site_names(uow))
    page = render_template(
        "answers.html",
        lines=lines,
        filters=filters,
        form=form,
        sites=sites,
        sectors=tuple(Sector),
        tongues=hub.config.hub.languages,
        person=names.person,
        may_write=actor.may(Action.WRITE_BANK),
        may_approve=actor.may(Action.APPROVE_WORDING),
        texts=lambda answer: sms_length(answer.text).segments,
    )
    return make_response(page, status)


def _people(answer: BankAnswer) -> set[str]:
    return {answer.written_by, answer.approved_by} - {""}


def _form(form: FormView, status: int) -> Response:
    hub = current_hub()
    with hub.reading() as uow:
        sites = tuple(site_names(uow))
    page = render_template(
        "answer_new.html",
        form=form,
        sites=sites,
        sectors=tuple(Sector),
        tongues=hub.config.hub.languages,
        today=local_day(hub.clock(), hub.rules.calendar),
    )
    return make_response(page, status)


def _typed_of(answer: BankAnswer) -> dict[str, str]:
    return {
        "replaces": answer.id,
        "question": answer.question,
        "text": answer.text,
        "language": answer.language,
        "site": answer.site,
        "sector": answer.sector,
        "by_text": "yes" if answer.by_text else "",
    }


def _day(name: str) -> date:
    try:
        return date.fromisoformat(text(name))
    except ValueError:
        raise Invalid(name, "is no day") from None
