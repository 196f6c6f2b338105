"""The roster of who is on call, where one is rung, and what rings now."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from channels.base import phone_address
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, ActorKind
from feedback_hub.domain.errors import Invalid, NotAllowed
from feedback_hub.domain.on_call import HandlerGroup
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import on_call as reads
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import on_call as services
from feedback_hub.services.on_call import RingAddress
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt, text, word
from feedback_hub.web.security import require

on_call = Blueprint("on_call", __name__, url_prefix="/on-call")


@on_call.get("")
def show() -> Response:
    """Who is on call now and later, and what rings."""
    return _page(FormView(), 200)


@on_call.post("/shifts")
def put_on() -> Response:
    """Put somebody on the roster."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        position = text("position") or "1"
        if not position.isdecimal() or len(position) > 3:
            raise Invalid("position", "must be a number")
        services.put_on(
            uow,
            actor,
            text("account", needed=True),
            word("group", HandlerGroup),
            now,
            position=int(position),
            begins=_moment("begins"),
            ends=_moment("ends"),
        )

    return _done(attempt(Action.KEEP_ROSTER, "shift", work), gettext("On the roster."))


@on_call.post("/shifts/<shift_id>/remove")
def take_off(shift_id: str) -> Response:
    """Take somebody off the roster."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        services.take_off(uow, actor, shift_id, now)

    return _done(attempt(Action.KEEP_ROSTER, "shift", work), gettext("Taken off the roster."))


@on_call.post("/address")
def keep_address() -> Response:
    """Where the reader is rung."""
    country = current_hub().config.hub.default_country

    def work(uow: SqlUnitOfWork, actor: Actor, _now: datetime) -> None:
        if actor.kind is not ActorKind.ACCOUNT:
            raise NotAllowed("ring")
        written = RingAddress(text("phone"), text("telegram"))
        services.keep_address(uow, actor.id, written, lambda raw: phone_address(raw, country))

    return _done(attempt(Action.KEEP_ROSTER, "address", work), gettext("Kept."))


@on_call.post("/take/<ref>")
def take(ref: str) -> Response:
    """The reader takes what rings."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        services.take_case(uow, actor, parse_reference(ref) or "", now)

    refused = attempt(Action.WORK_CASE, "take", work)
    if refused is not None:
        return _page(*refused)
    flash(gettext("It is yours. Nobody else is rung."), "success")
    return make_response(redirect(url_for("cases.show", ref=ref), 303))


def _moment(name: str) -> datetime | None:
    """A day and a time as typed, in the hub's time zone. Raises ``Invalid``."""
    written = text(name)
    if not written:
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=current_hub().rules.calendar.zone)
    except ValueError:
        raise Invalid(name, "is no day and time") from None


def _done(refused: tuple[FormView, int] | None, said: str) -> Response:
    if refused is not None:
        return _page(*refused)
    flash(said, "success")
    return make_response(redirect(url_for("on_call.show"), 303))


def _page(form: FormView, status: int) -> Response:
    actor = require(Action.KEEP_ROSTER)
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.roster(uow, actor, hub.clock())
    page = render_template(
        "on_call.html",
        roster=found,
        form=form,
        groups=tuple(HandlerGroup),
        ways=hub.channels.ringers(),
        every=hub.rules.ring_every,
    )
    return make_response(page, status)
