"""Log-in and who is asking: Flask-Security for people, bearer tokens for other systems."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_login import user_logged_out
from flask_security import Security, SQLAlchemySessionUserDatastore, UserMixin, current_user
from flask_security.models.fsqla_v3 import FsRoleMixin
from flask_security.signals import user_authenticated
from sqlalchemy import Select, Update, bindparam, select, update
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import Session, registry, scoped_session
from werkzeug.exceptions import Conflict

from feedback_hub.adapters import emergencies, tables
from feedback_hub.adapters.accounts import (
    actor_by_id,
    actor_by_token,
    note_token_use,
    token_hash,
)
from feedback_hub.adapters.engine import change, for_reading
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import NotAllowed
from feedback_hub.web import second_factor, sessions
from feedback_hub.web.handlers_only import seen_here
from feedback_hub.web.hub import current_hub, in_passing
from feedback_hub.web.passwords import take_turns
from feedback_hub.web.throttle import TOKEN, address, init_throttle, slow_down

_BEARER = "Bearer "
_TOKEN_USE_EVERY = timedelta(minutes=10)


class Unauthenticated(Exception):
    """Nobody is logged in and no valid token was given. API: 401; pages: the log-in."""


class SecondFactorOwed(Unauthenticated):
    """Logged in by password alone, with a role for which that is not enough."""


class Account(UserMixin):
    """A person who logs in. What they may do is in memberships, not in the library's roles."""

    id: str  # type: ignore[assignment]  # the library allows text, its annotation does not
    name: str
    locale: str
    tf_primary_method: str | None
    created_at: datetime

    roles = []  # noqa: RUF012  # what the library expects; nothing ever writes to it

    def __init__(self, **values: object) -> None:
        self.id = uuid.uuid4().hex
        self.created_at = datetime.now(UTC)
        for name, value in values.items():
            setattr(self, name, value)

    def check_tf_required(
        self,
        tf_setup_methods: list[tuple[str, str]],
        tf_fresh: bool,
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Asked at log-in: whether a second factor is needed, and which there are."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Whether this person's roles need a second factor: then it cannot be given up."""
        hub = current_hub()
        with hub.reading() as uow:
            actor = actor_by_id(uow.session, self.id)
        return actor is not None and second_factor.is_required(hub, actor)


class NoRole(FsRoleMixin):
    """Flask-Security wants a role class; ours are memberships, so that each has its own place."""


class AccountStore(SQLAlchemySessionUserDatastore):
    """Reads through a session that cannot hold up a writer; what changed is written apart."""

    def find_user(self, case_insensitive: bool = False, **kwargs: object) -> Account | None:
        """As the library does; whose cookie it is, which each request asks, in one made once."""
        if case_insensitive or set(kwargs) != {"fs_uniquifier"}:
            return cast("Account | None", super().find_user(case_insensitive, **kwargs))
        found = self.db.session.scalars(_by_uniquifier(), kwargs).one_or_none()
        return cast("Account | None", found)

    def commit(self) -> None:
        """Write what the library changed of accounts, and nothing else."""
        changed = [(one.id, _changes(one)) for one in self.db.session.dirty]
        self.db.session.rollback()
        hub = current_hub()
        with hub.unit_of_work() as uow:
            for account_id, values in changed:
                if values:
                    uow.session.execute(_account(account_id).values(**values))
                for column, action in _NOTED.items():
                    if column in values:
                        _note(uow, hub, action, account_id)
            uow.commit()

    def mf_delete_recovery_code(self, user: UserMixin, idx: int) -> bool:
        """A recovery code opens once, also when it comes twice at the same moment.

        Raises ``Conflict`` for the second of two.
        """
        kept = tuple(user.mf_recovery_codes or ())
        left = kept[:idx] + kept[idx + 1 :]
        hub = current_hub()
        with hub.unit_of_work() as uow:
            unchanged = tables.account.c.mf_recovery_codes == kept
            taken = change(
                uow.session, _account(str(user.id)).where(unchanged).values(mf_recovery_codes=left)
            )
            if taken:
                _note(uow, hub, AuditAction.RECOVERY_CODE_USED, str(user.id))
            uow.commit()
        if not taken:
            raise Conflict
        return True


@cache
def _by_uniquifier() -> Select[Account]:
    return select(Account).where(tables.account.c.fs_uniquifier == bindparam("fs_uniquifier"))


_NOTED = {
    "tf_totp_secret": AuditAction.SECOND_FACTOR_SET,
    "mf_recovery_codes": AuditAction.RECOVERY_CODES_MADE,
}
"""What the library changes of an account that belongs in the audit log."""


def _note(uow: SqlUnitOfWork, hub: Hub, action: AuditAction, account_id: str) -> None:
    uow.audit(action, account_id, hub.clock(), kind="account", object_id=account_id)


def _account(account_id: str) -> Update:
    return update(tables.account).where(tables.account.c.id == account_id)


def _changes(account: Account) -> dict[str, object]:
    state = inspect(account)
    return {
        name: getattr(account, name)
        for name in tables.account.c.keys()  # noqa: SIM118  a collection of columns, no mapping
        if state.attrs[name].history.has_changes()
    }


def init_security(app: Flask, hub: Hub) -> None:
    """Log-in, log-out and password hashing (argon2id) on the final identity library."""
    _map_account()
    # The engine on first use, in the process that uses it: this runs before the fork.
    # Reading only: who is logged in is looked up in every request, and a transaction that could
    # write would hold SQLite's lock against the request's own work.
    accounts: scoped_session[Session] = scoped_session(
        lambda: Session(  # type: ignore[arg-type]  # any callable makes one
            for_reading(hub.engine), autoflush=False, expire_on_commit=False
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
        # Its messages are in its own words and languages; our pages say what happened.
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_TRACKABLE=False,
        # Roles are memberships of ours, not a relation the library could join.
        SECURITY_JOIN_USER_ROLES=False,
        # Below a path of its own, a log-in is not sent to the host's other programs.
        SESSION_COOKIE_PATH=urlsplit(hub.config.hub.base_url).path.rstrip("/") or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=hub.config.hub.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=hub.config.security.session_idle_minutes),
        **second_factor.settings(hub),
    )
    datastore = AccountStore(accounts, Account, NoRole)
    app.session_interface = sessions.PagesOnly()
    security = app.extensions["feedback_hub_security"] = Security(
        app,
        datastore,
        totp_cls=second_factor.SingleUseTotp,
        two_factor_setup_form=second_factor.SetupForm,
        two_factor_rescue_form=second_factor.RescueForm,
    )
    take_turns(security)
    second_factor.init_second_factor(app)
    init_throttle(app)
    _only_live_log_ins(app, hub, accounts)

    @app.teardown_appcontext
    def _close(_error: BaseException | None) -> None:
        accounts.remove()

    @user_authenticated.connect_via(app)
    def _logged_in(
        _app: Flask, user: Account, authn_via: Sequence[str] | None = None, **_more: object
    ) -> None:
        sessions.begin(hub, str(user.id), by_passkey="webauthn" in (authn_via or ()))
        with hub.unit_of_work() as uow:
            uow.session.execute(_account(user.id).values(last_login_at=hub.clock()))
            _note(uow, hub, AuditAction.LOGGED_IN, user.id)
            uow.commit()

    app.extensions["feedback_hub_keep"] = (_close, _logged_in)


def _only_live_log_ins(app: Flask, hub: Hub, accounts: scoped_session[Session]) -> None:
    """A cookie counts as long as its log-in does; the library's own tokens never."""
    manager = app.login_manager  # type: ignore[attr-defined]  # Flask-Login puts it there
    by_uniquifier = manager._user_callback

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
    def _load(user_id: str) -> Account | None:
        user: Account | None = by_uniquifier(user_id)
        return user if user and sessions.is_alive(hub, accounts(), str(user.id)) else None

    @manager.request_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
    def _no_token(_request: object) -> None:
        """The library's tokens would pass by time-outs, device list and second factor."""

    @user_logged_out.connect_via(app)  # type: ignore[untyped-decorator]  # nor has that
    def _logged_out(_app: Flask, user: Account, **_more: object) -> None:
        with hub.unit_of_work() as uow:
            sessions.end(uow.session, str(user.id), sessions.own_id())
            _note(uow, hub, AuditAction.LOGGED_OUT, str(user.id))
            uow.commit()
        sessions.forget()

    app.extensions["feedback_hub_log_ins"] = (_load, _no_token, _logged_out)


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
        actor = actor_by_id(uow.session, current_user.id)
        opened = emergencies.opened_by(uow.session, current_user.id, hub.clock())
    has_both = current_user.tf_primary_method or sessions.is_by_passkey()
    if actor and not has_both and second_factor.is_required(hub, actor):
        raise SecondFactorOwed
    return seen_here(hub, replace(actor, opened=opened)) if actor else None


def _token_holder(hub: Hub, secret: str) -> Actor | None:
    now = hub.clock()
    with hub.reading() as uow:
        actor = actor_by_token(uow.session, secret, now)
        used_at = uow.session.scalar(
            select(tables.token.c.last_used_at).where(
                tables.token.c.token_hash == token_hash(secret)
            )
        )
    if actor is None:
        slow_down({f"token\0{address()}": TOKEN})
    # Not at every call: a write for each read would make readers wait for writers.
    if actor and (used_at is None or now - used_at > _TOKEN_USE_EVERY):
        with in_passing(hub) as uow:
            note_token_use(uow.session, actor.id, now)
    return seen_here(hub, actor) if actor else None


def _map_account() -> None:
    try:
        inspect(Account)
    except NoInspectionAvailable:
        registry(metadata=tables.metadata).map_imperatively(Account, tables.account)
