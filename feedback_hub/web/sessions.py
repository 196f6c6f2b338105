"""Who is logged in where: a row for each log-in, so that each can be ended from elsewhere.

The cookie carries a secret that is new at every log-in; the row its hash. A cookie without a row
is nobody's, whatever it says: a log-out from another device, of a stolen one too, counts at once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import log_in
from feedback_hub.bootstrap import Hub
from feedback_hub.web.hub import in_passing

_COOKIE = "log_in"
_PASSKEY = "by_passkey"
BY_ITSELF = "X-Asked-By-Itself"
"""Sent by a page that looks for news on its own: a left desk must still be logged out."""
_SEEN_EVERY = timedelta(minutes=1)
_FILES = frozenset({"static", "desk_app.file", "desk_app.shell", "desk_app.worker"})


class PagesOnly(SecureCookieSessionInterface):
    """Files of the application leave the cookie alone.

    They are asked for beside a page or a call that writes into it, and would put the older one
    back: a new forgery token would be gone before it was used.
    """

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Whether this answer renews the cookie."""
        return request.endpoint not in _FILES and super().should_set_cookie(app, session)


@dataclass(frozen=True)
class Device:
    """One log-in as its owner sees it. Times are UTC."""

    id: str
    name: str
    started_at: datetime
    seen_at: datetime
    is_this: bool


def begin(hub: Hub, account_id: str, *, by_passkey: bool = False) -> None:
    """Note this log-in under a secret of its own; a forgery token from before is void."""
    secret = secrets.token_urlsafe(32)
    session[_COOKIE] = secret
    session[_PASSKEY] = by_passkey
    session.pop("csrf_token", None)
    # Idle time-out: the permanent session's lifetime starts anew with each answer.
    session.permanent = True
    now = hub.clock()
    with hub.unit_of_work() as uow:
        uow.session.execute(delete(log_in).where(log_in.c.started_at < now - _longest(hub)))
        uow.session.execute(
            insert(log_in).values(
                id=_hash(secret),
                account_id=account_id,
                device=device_name(request.user_agent.string),
                started_at=now,
                seen_at=now,
            )
        )
        uow.commit()


def is_alive(hub: Hub, db: Session, account_id: str) -> bool:
    """Whether this browser's log-in still stands: not ended, not idle, not too old."""
    own = own_id()
    if not own:
        return False
    now = hub.clock()
    row = db.execute(_times(), {"own": own, "account_id": account_id}).one_or_none()
    idle = timedelta(minutes=hub.config.security.session_idle_minutes)
    if row is None or now - row.seen_at > idle or now - row.started_at > _longest(hub):
        return False
    # What a page asks by itself is nobody's click.
    asked_by_itself = request.endpoint == "handset.lines" or BY_ITSELF in request.headers
    if now - row.seen_at > _SEEN_EVERY and not asked_by_itself:
        with in_passing(hub) as uow:
            uow.session.execute(update(log_in).where(log_in.c.id == own).values(seen_at=now))
    return True


@cache
def _times() -> Select[datetime, datetime]:
    this = log_in.c.id == bindparam("own"), log_in.c.account_id == bindparam("account_id")
    return select(log_in.c.started_at, log_in.c.seen_at).where(*this)


def own_id() -> str:
    """The id of this browser's log-in; empty without one."""
    secret = session.get(_COOKIE)
    return _hash(secret) if isinstance(secret, str) else ""


def is_by_passkey() -> bool:
    """Whether this log-in was with a passkey, which is both factors."""
    return session.get(_PASSKEY) is True


def devices(db: Session, account_id: str, own: str) -> list[Device]:
    """Where this person is logged in, the latest seen first."""
    rows = db.execute(
        select(log_in).where(log_in.c.account_id == account_id).order_by(log_in.c.seen_at.desc())
    )
    return [
        Device(row.id, row.device, row.started_at, row.seen_at, is_this=row.id == own)
        for row in rows
    ]


def end(db: Session, account_id: str, which: str) -> None:
    """Log one device of this person out; another's is not touched."""
    db.execute(delete(log_in).where(log_in.c.id == which, log_in.c.account_id == account_id))


def end_all(db: Session, account_id: str, but: str = "") -> None:
    """Log this person out everywhere, ``but`` for one device."""
    db.execute(delete(log_in).where(log_in.c.account_id == account_id, log_in.c.id != but))


def forget() -> None:
    """This browser carries no log-in any more."""
    session.pop(_COOKIE, None)
    session.pop(_PASSKEY, None)


def device_name(agent: str) -> str:
    """What somebody calls the thing they sit at, from its User-Agent; no version, no more."""
    browsers = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome"}
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Windows": "Windows",
        "Mac OS": "Mac",
        "Linux": "Linux",
    }
    found = [
        next((name for mark, name in table.items() if mark in agent), "")
        for table in (browsers | {"Safari": "Safari"}, systems)
    ]
    return ", ".join(part for part in found if part)


def _longest(hub: Hub) -> timedelta:
    return timedelta(hours=hub.config.security.session_hours)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
