"""The administrator's pages: who may come in, what they may do, and other systems' tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog
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

from feedback_hub.adapters import invitations, people
from feedback_hub.adapters.desk_devices import of_account
from feedback_hub.adapters.people import By
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.message import DeliveryError
from feedback_hub.reads import people as reads
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import mailing
from feedback_hub.web.desk_devices import change_device
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt, text, word
from feedback_hub.web.security import require
from feedback_hub.web.words import LANGUAGES

log = structlog.get_logger(__name__)

users = Blueprint("users", __name__, url_prefix="/admin/users")
tokens = Blueprint("tokens", __name__, url_prefix="/admin/tokens")

LIVES = (30, 90, 365)
"""Days a token may be made for; one that never ends is made by command."""

Act = Callable[[SqlUnitOfWork, By, str], object]


@users.get("")
def index() -> str:
    """Everybody who may come in, and whom to invite."""
    require(Action.MANAGE_USERS)
    return _list(FormView())


@users.post("")
def invite() -> Response:
    """Somebody new: their code to print, shown this once, or sent to them."""
    made: list[people.Added] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        held = (_held(),)
        made.append(people.add(uow, By(actor.id, now), text("email"), held, name=text("name")))

    refused = attempt(Action.MANAGE_USERS, "invite", work)
    if refused is not None:
        form, status = refused
        return make_response(_list(form), status)
    return _hand_over(made[0].account_id, made[0].code)


@users.get("/<account_id>")
def show(account_id: str) -> str:
    """One person."""
    return _person(require(Action.MANAGE_USERS), account_id, FormView())


@users.post("/<account_id>/code")
def code(account_id: str) -> Response:
    """A new code to choose a password with, shown this once, or sent to them."""
    codes: list[str] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        codes.append(people.invite(uow, By(actor.id, now), account_id))

    attempt(Action.MANAGE_USERS, "code", work)
    return _hand_over(account_id, codes[0])


@users.post("/<account_id>/roles")
def give(account_id: str) -> Response:
    """One more role, here or there."""
    waits: list[bool] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        waits.append(people.give_roles(uow, By(actor.id, now), account_id, (_held(),)))

    refused = attempt(Action.MANAGE_USERS, "roles", work)
    said = gettext("A handler has to agree first: the question is on their account page.")
    return _done(account_id, refused, said if any(waits) else gettext("Given."))


@users.post("/<account_id>/withdraw")
def withdraw(account_id: str) -> Response:
    """Take one role away."""
    which = request.form.get("membership", "")
    return _act(
        account_id,
        lambda uow, by, account_id: people.withdraw(uow, by, account_id, which),
        gettext("Taken away; it counts at once."),
    )


@users.post("/<account_id>/reset-second-factor")
def reset_second_factor(account_id: str) -> Response:
    """The phone is lost, and the sheet too."""
    said = gettext("They set up a second factor anew at the next log-in.")
    return _act(account_id, people.reset_second_factor, said)


@users.post("/<account_id>/desk-devices")
def desk_device(account_id: str) -> Response:
    """Take a desk device of theirs out of use, or bring it back."""
    said: list[str] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        said.append(change_device(uow, By(actor.id, now), account_id))

    refused = attempt(Action.MANAGE_USERS, "desk-device", work)
    return _done(account_id, refused, "".join(said))


@users.post("/<account_id>/off")
def switch_off(account_id: str) -> Response:
    """Nobody comes in with this account any more."""
    return _act(account_id, people.switch_off, gettext("Switched off and logged out everywhere."))


@users.post("/<account_id>/on")
def switch_on(account_id: str) -> Response:
    """The account opens again."""
    return _act(account_id, people.switch_on, gettext("Switched on again."))


@users.post("/<account_id>/profile")
def profile(account_id: str) -> Response:
    """What they are called and speak, and until when they are away."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        spoken = request.form.getlist("languages")
        people.keep_profile(
            uow,
            By(actor.id, now),
            account_id,
            name=text("name"),
            languages=tuple(one for one in LANGUAGES if one in spoken),
            absent_until=_day(text("absent_until")),
        )

    refused = attempt(Action.MANAGE_USERS, "profile", work)
    return _done(account_id, refused, gettext("Kept."))


@tokens.get("")
def list_tokens() -> str:
    """Every token: for what, from when to when, last used."""
    require(Action.MANAGE_USERS)
    return _tokens(FormView())


@tokens.post("")
def add_token() -> Response:
    """Make a token and show it, this once."""
    made: list[people.NewToken] = []

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        days = request.form.get("days", "")
        if days not in {str(one) for one in LIVES}:
            raise Invalid("days", "is none of the choices")
        ends = now + timedelta(days=int(days))
        made.append(people.add_token(uow, By(actor.id, now), text("name"), _held(), ends))

    refused = attempt(Action.MANAGE_USERS, "token", work)
    if refused is not None:
        form, status = refused
        return make_response(_tokens(form), status)
    return make_response(_tokens(FormView(), made[0]))


@tokens.post("/<token_id>/revoke")
def revoke(token_id: str) -> Response:
    """A token opens nothing any more."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        people.revoke_token(uow, By(actor.id, now), token_id)

    attempt(Action.MANAGE_USERS, "revoke", work)
    flash(gettext("It opens nothing any more."), "success")
    return make_response(redirect(url_for("admin.tokens.list_tokens"), 303))


def _act(account_id: str, do: Act, said: str) -> Response:
    refused = attempt(
        Action.MANAGE_USERS,
        "person",
        lambda uow, actor, now: do(uow, By(actor.id, now), account_id),
    )
    return _done(account_id, refused, said)


def _done(account_id: str, refused: tuple[FormView, int] | None, said: str) -> Response:
    if refused is not None:
        form, status = refused
        return make_response(_person(require(Action.MANAGE_USERS), account_id, form), status)
    flash(said, "success")
    return make_response(redirect(url_for("admin.users.show", account_id=account_id), 303))


def _list(form: FormView) -> str:
    with current_hub().reading() as uow:
        found = reads.people(uow)
        choices = _choices(uow)
    return render_template("admin_users.html", people=found, form=form, **choices)


def _person(actor: Actor, account_id: str, form: FormView) -> str:
    with current_hub().reading() as uow:
        found = reads.people(uow, account_id)
        choices = _choices(uow)
        devices = of_account(uow.session, account_id)
    if not found:
        raise NotFound
    return render_template(
        "admin_user.html",
        person=found[0],
        is_oneself=actor.id == account_id,
        desk_devices=devices,
        known_languages=LANGUAGES,
        form=form,
        **choices,
    )


def _hand_over(account_id: str, code: str) -> Response:
    """By e-mail if the administrator wants that, else on paper; on paper too if no mail went."""
    hub = current_hub()
    if hub.post is None or request.form.get("by") != "email":
        return _code(account_id, code, not_mailed=False)
    with hub.reading() as uow:
        box = uow.mailbox(account_id)
    if box is None:
        raise NotFound
    now = hub.clock()
    try:
        mailing.send_invitation(hub.post, hub.rules, box, code, now + invitations.LASTS, now)
    except DeliveryError as error:
        log.warning("invitation not mailed", fault=error.fault.value)
        return _code(account_id, code, not_mailed=True)
    flash(gettext("Sent to their e-mail address. Older codes no longer work."), "success")
    return make_response(redirect(url_for("admin.users.show", account_id=account_id), 303))


def _code(account_id: str, code: str, *, not_mailed: bool) -> Response:
    hub = current_hub()
    with hub.reading() as uow:
        (found,) = reads.people(uow, account_id)
    page = render_template(
        "admin_code.html",
        person=found,
        code=code,
        address=f"{hub.config.hub.base_url}/welcome/",
        until=hub.clock() + invitations.LASTS,
        not_mailed=not_mailed,
    )
    return make_response(page)


def _tokens(form: FormView, made: people.NewToken | None = None) -> str:
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.tokens(uow, hub.clock())
        choices = _choices(uow)
    return render_template(
        "admin_tokens.html", tokens=found, made=made, lives=LIVES, form=form, **choices
    )


def _choices(uow: SqlUnitOfWork) -> dict[str, object]:
    names = names_for(uow).organisations
    return {
        "empty_form": FormView(),
        "mails": current_hub().post is not None,
        "roles": tuple(Role),
        "organisation_names": names,
        "organisations": sorted(names.items(), key=lambda one: one[1]),
        "sites": tuple(site_names(uow).items()),
        "sectors": tuple(Sector),
    }


def _held() -> Membership:
    return Membership(word("role", Role), text("organisation"), text("site"), text("sector"))


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Invalid("absent_until", "is no day") from None
