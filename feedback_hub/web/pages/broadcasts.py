"""Broadcasts: preview, cost, start, stop."""

from __future__ import annotations

from datetime import datetime

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
from feedback_hub.domain.bank import Standing
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads import bank
from feedback_hub.reads import broadcasts as reads
from feedback_hub.reads.bank import BankFilters
from feedback_hub.reads.names import site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import broadcasts as services
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt, version
from feedback_hub.web.security import require

broadcasts = Blueprint("broadcasts", __name__, url_prefix="/broadcasts")


@broadcasts.get("")
def index() -> Response:
    """What was sent to many, and the form for another; ``?answer=`` is chosen from the start."""
    return _list(FormView(), 200)


@broadcasts.post("")
def draft() -> Response:
    """Choose what is said and where; the preview follows."""
    made = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        answers, sites = request.form.getlist("answers"), request.form.getlist("sites")
        made.append(services.draft(uow, current_hub().rules, actor, answers, sites, now).id)

    refused = attempt(Action.BROADCAST, "broadcast", work)
    if refused is not None:
        return _list(*refused)
    return make_response(redirect(url_for("broadcasts.show", broadcast_id=made[0]), 303))


@broadcasts.get("/<broadcast_id>")
def show(broadcast_id: str) -> Response:
    """Who hears what, what it costs, and what became of it so far."""
    return _page(broadcast_id, FormView(), 200)


@broadcasts.post("/<broadcast_id>/start")
def start(broadcast_id: str) -> Response:
    """Begin with few people."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        services.start(uow, current_hub().rules, actor, broadcast_id, now, version())

    refused = attempt(Action.BROADCAST, "start", work)
    return _done(broadcast_id, refused, gettext("It has begun, with few people first."))


@broadcasts.post("/<broadcast_id>/stop")
def stop(broadcast_id: str) -> Response:
    """Stop at once. Whatever changed meanwhile: nobody presses stop in vain."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        services.stop(uow, actor, broadcast_id, now)

    refused = attempt(Action.BROADCAST, "stop", work)
    return _done(broadcast_id, refused, gettext("Stopped. What still waited does not go."))


def _done(broadcast_id: str, refused: tuple[FormView, int] | None, said: str) -> Response:
    if refused is not None:
        return _page(broadcast_id, *refused)
    flash(said, "success")
    return make_response(redirect(url_for("broadcasts.show", broadcast_id=broadcast_id), 303))


def _list(form: FormView, status: int) -> Response:
    require(Action.BROADCAST)
    hub = current_hub()
    with hub.reading() as uow:
        lines = bank.page(uow, hub.rules, BankFilters(standing=Standing.CURRENT), hub.clock())
        found = reads.listed(uow)
        names = site_names(uow)
        known = {one: uow.bank_answer(one) for line in found for one in line.answers}
    page = render_template(
        "broadcasts.html",
        form=form,
        broadcasts=found,
        known=known,
        answers=[line.answer for line in lines if line.answer.by_text],
        sites=tuple(names),
        chosen=request.form.getlist("answers") or [request.args.get("answer", "")],
    )
    return make_response(page, status)


def _page(broadcast_id: str, form: FormView, status: int) -> Response:
    require(Action.BROADCAST)
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.page(uow, hub.rules, broadcast_id, hub.clock())
    if found is None:
        raise NotFound
    return make_response(render_template("broadcast.html", page=found, form=form), status)
