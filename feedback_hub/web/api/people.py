"""``/api/v1/users`` and ``/api/v1/tokens``: the administrator's pages, for other systems."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, Response, jsonify

from feedback_hub.adapters import people
from feedback_hub.adapters.people import By
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.reads import people as reads
from feedback_hub.reads.people import AccountView, TokenView
from feedback_hub.reads.wire import Json, when
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_people = Blueprint("api_people", __name__, url_prefix="/api/v1")

Act = Callable[[SqlUnitOfWork, By, str], object]


@api_people.get("/users")
def list_users() -> Response:
    """Everybody who may come in."""
    require(Action.MANAGE_USERS)
    with current_hub().reading() as uow:
        return jsonify({"items": [_person(one) for one in reads.people(uow)]})


@api_people.post("/users")
def invite() -> Response:
    """Somebody new; the address to choose a password at is in this answer only."""
    body = Body.of_request()
    email, name = body.text("email", needed=True, most=254), body.text("name", most=200)
    held = (_held(body),)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        made = people.add(uow, By(actor.id, now), email, held, name=name)
        return _shown(uow, made.account_id) | {"welcome": _welcome(made.code)}, 201

    return act(Action.MANAGE_USERS, work)


@api_people.get("/users/<account_id>")
def show_user(account_id: str) -> Response:
    """One person."""
    require(Action.MANAGE_USERS)
    with current_hub().reading() as uow:
        return jsonify(_shown(uow, account_id))


@api_people.post("/users/<account_id>/invite")
def invite_again(account_id: str) -> Response:
    """A new address to choose a password at; an older one is void."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        code = people.invite(uow, By(actor.id, now), account_id)
        return _shown(uow, account_id) | {"welcome": _welcome(code)}, 200

    return act(Action.MANAGE_USERS, work)


@api_people.post("/users/<account_id>/grant")
def grant(account_id: str) -> Response:
    """One more role."""
    held = _held(Body.of_request())
    return _act(account_id, lambda uow, by, who: people.give_roles(uow, by, who, (held,)))


@api_people.post("/users/<account_id>/withdraw")
def withdraw(account_id: str) -> Response:
    """Take one role away."""
    which = Body.of_request().text("membership", needed=True, most=64)
    return _act(account_id, lambda uow, by, who: people.withdraw(uow, by, who, which))


@api_people.post("/users/<account_id>/reset-second-factor")
def reset_second_factor(account_id: str) -> Response:
    """Forget a lost second factor."""
    return _act(account_id, people.reset_second_factor)


@api_people.post("/users/<account_id>/disable")
def disable(account_id: str) -> Response:
    """Shut somebody out, at once and everywhere."""
    return _act(account_id, people.switch_off)


@api_people.post("/users/<account_id>/enable")
def enable(account_id: str) -> Response:
    """Let them in again."""
    return _act(account_id, people.switch_on)


@api_people.post("/users/<account_id>/profile")
def profile(account_id: str) -> Response:
    """Name, languages and absence, as a whole."""
    body = Body.of_request()
    name, languages = body.text("name", most=200), body.texts("languages")
    absent_until = _day(body.text("absent_until", most=10))

    def do(uow: SqlUnitOfWork, by: By, who: str) -> None:
        people.keep_profile(uow, by, who, name=name, languages=languages, absent_until=absent_until)

    return _act(account_id, do)


@api_people.get("/tokens")
def list_tokens() -> Response:
    """Every token, without its secret."""
    require(Action.MANAGE_USERS)
    hub = current_hub()
    with hub.reading() as uow:
        return jsonify({"items": [_token(one) for one in reads.tokens(uow, hub.clock())]})


@api_people.post("/tokens")
def add_token() -> Response:
    """Make a token; its secret is in this answer only."""
    body = Body.of_request()
    name = body.text("name", needed=True, most=people.LONGEST_TOKEN_NAME)
    held, ends = _held(body), body.when("expires_at")

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        if ends is None or ends <= now:
            raise Invalid("expires_at", "must be a time to come")
        made = people.add_token(uow, By(actor.id, now), name, held, ends)
        return _one_token(uow, made.token_id, now) | {"token": made.secret}, 201

    return act(Action.MANAGE_USERS, work)


@api_people.post("/tokens/<token_id>/revoke")
def revoke_token(token_id: str) -> Response:
    """It opens nothing any more."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        people.revoke_token(uow, By(actor.id, now), token_id)
        return _one_token(uow, token_id, now), 200

    return act(Action.MANAGE_USERS, work)


def _act(account_id: str, do: Act) -> Response:
    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        do(uow, By(actor.id, now), account_id)
        return _shown(uow, account_id), 200

    return act(Action.MANAGE_USERS, work)


def _held(body: Body) -> Membership:
    return Membership(
        body.need("role", Role),
        body.text("organisation", most=64),
        body.text("site", most=64),
        body.text("sector", most=64),
    )


def _welcome(code: str) -> str:
    return f"{current_hub().config.hub.base_url}/welcome/{code}"


def _shown(uow: SqlUnitOfWork, account_id: str) -> Json:
    found = reads.people(uow, account_id)
    if not account_id or not found:
        raise NotFound
    return _person(found[0])


def _one_token(uow: SqlUnitOfWork, token_id: str, now: datetime) -> Json:
    return next(_token(one) for one in reads.tokens(uow, now) if one.id == token_id)


def _person(one: AccountView) -> Json:
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "roles": [_where(role.held) | {"id": role.id, "waits": role.waits} for role in one.roles],
        "active": one.active,
        "has_password": one.has_password,
        "has_second_factor": one.has_second_factor,
        "languages": list(one.languages),
        "absent_until": one.absent_until.isoformat() if one.absent_until else None,
        "last_login_at": when(one.last_login_at),
    }


def _token(one: TokenView) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        **_where(one.held),
        "state": one.state.value,
        "created_at": when(one.created_at),
        "expires_at": when(one.expires_at),
        "last_used_at": when(one.last_used_at),
    }


def _where(held: Membership) -> Json:
    return {
        "role": held.role.value,
        "organisation": held.organisation,
        "site": held.site,
        "sector": held.sector,
    }


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Invalid("absent_until", "must be a day, as in 2026-12-24") from None
