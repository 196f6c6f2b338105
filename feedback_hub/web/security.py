"""Log-in and who is asking: Flask-Security for people, bearer tokens for other systems."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from flask import Flask, g, request, session
from flask_security import Security, SQLAlchemySessionUserDatastore, UserMixin, current_user
from flask_security.models.fsqla_v3 import FsRoleMixin
from flask_security.signals import user_authenticated
from sqlalchemy import select, update
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import Session, registry, scoped_session

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import (
    actor_by_id,
    actor_by_token,
    note_token_use,
    token_hash,
)
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import NotAllowed
from feedback_hub.web.hub import current_hub

_BEARER = "Bearer "
_TOKEN_USE_EVERY = timedelta(minutes=10)


class Unauthenticated(Exception):
    """Nobody is logged in and no valid token was given. API: 401; pages: the log-in."""


class Account(UserMixin):
    """A person who logs in. What they may do is in memberships, not in the library's roles."""

    id: str  # type: ignore[assignment]  # the library allows text, its annotation does not
    name: str
    locale: str
    created_at: datetime

    roles = []  # noqa: RUF012  # what the library expects; nothing ever writes to it

    def __init__(self, **values: object) -> None:
        self.id = uuid.uuid4().hex
        self.created_at = datetime.now(UTC)
        for name, value in values.items():
            setattr(self, name, value)


class NoRole(FsRoleMixin):
    """Flask-Security wants a role class; ours are memberships, so that each has its own place."""


def init_security(app: Flask, hub: Hub) -> None:
    """Log-in, log-out and password hashing (argon2id) on the final identity library."""
    _map_account()
    # The engine on first use, in the process that uses it: this runs before the fork.
    # Reading only: who is logged in is looked up in every request, and a transaction that could
    # write would hold SQLite's lock against the request's own work.
    sessions: scoped_session[Session] = scoped_session(
        lambda: Session(  # type: ignore[arg-type]
            hub.engine.execution_options(readonly=True), expire_on_commit=False
        )
    )
    app.config.update(
        SECRET_KEY=hub.session_key,
        SECURITY_PASSWORD_SALT=hub.keyring.index("password salt", "security"),
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  a scheme, no secret
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # argon2id brings its own salt; hashed once, the command line makes the same hashes.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_LENGTH_MIN=10,
        SECURITY_LOGIN_URL="/login",
        SECURITY_LOGOUT_URL="/logout",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_URL_PREFIX=None,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_LOGIN_USER_TEMPLATE="security/login_user.html",
        SECURITY_FLASH_MESSAGES=True,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_TRACKABLE=False,
        # Roles are memberships of ours, not a relation the library could join.
        SECURITY_JOIN_USER_ROLES=False,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=hub.config.hub.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=hub.config.security.session_idle_minutes),
    )
    datastore = SQLAlchemySessionUserDatastore(sessions, Account, NoRole)
    app.extensions["feedback_hub_security"] = Security(app, datastore)

    @app.teardown_appcontext
    def _close(_error: BaseException | None) -> None:
        sessions.remove()

    @user_authenticated.connect_via(app)
    def _logged_in(_app: Flask, user: Account, **_more: object) -> None:
        # Idle time-out: the permanent session's lifetime starts anew with each answer.
        session.permanent = True
        with hub.unit_of_work() as uow:
            uow.session.execute(
                update(tables.account)
                .where(tables.account.c.id == user.id)
                .values(last_login_at=hub.clock())
            )
            uow.audit(
                AuditAction.LOGGED_IN, user.id, hub.clock(), kind="account", object_id=user.id
            )
            uow.commit()

    app.extensions["feedback_hub_keep"] = (_close, _logged_in)


def current_actor() -> Actor:
    """Who asks: the token's holder or the logged-in account. Raises ``Unauthenticated``."""
    if "actor" not in g:
        g.actor = _find_actor(current_hub())
    actor: Actor | None = g.actor
    if actor is None:
        raise Unauthenticated
    return actor


def require(action: Action) -> Actor:
    """The current actor, if any role of theirs permits ``action``.

    Raises ``Unauthenticated``, ``NotAllowed``.
    """
    actor = current_actor()
    if not actor.may(action):
        raise NotAllowed(action.value)
    return actor


def has_token() -> bool:
    """Whether the request carries a bearer token: then no cookie speaks and CSRF cannot happen."""
    return request.headers.get("Authorization", "").startswith(_BEARER)


def _find_actor(hub: Hub) -> Actor | None:
    if has_token():
        secret = request.headers["Authorization"].removeprefix(_BEARER).strip()
        return _token_holder(hub, secret)
    if not current_user.is_authenticated:
        return None
    with hub.reading() as uow:
        return actor_by_id(uow.session, current_user.id)


def _token_holder(hub: Hub, secret: str) -> Actor | None:
    now = hub.clock()
    with hub.reading() as uow:
        actor = actor_by_token(uow.session, secret, now)
        used_at = uow.session.scalar(
            select(tables.token.c.last_used_at).where(
                tables.token.c.token_hash == token_hash(secret)
            )
        )
    # Not at every call: a write for each read would make readers wait for writers.
    if actor and (used_at is None or now - used_at > _TOKEN_USE_EVERY):
        with hub.unit_of_work() as uow:
            note_token_use(uow.session, actor.id, now)
            uow.commit()
    return actor


def _map_account() -> None:
    try:
        inspect(Account)
    except NoInspectionAvailable:
        registry(metadata=tables.metadata).map_imperatively(Account, tables.account)
