"""Slowing down whoever guesses: passwords, codes, tokens, case numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, g, request, session
from werkzeug.exceptions import TooManyRequests

from feedback_hub.adapters import attempts
from feedback_hub.adapters.attempts import Limit
from feedback_hub.bootstrap import Hub
from feedback_hub.web.hub import current_hub

HERE = Limit(5)
"""Wrong passwords for one account from one address."""
ADDRESS = Limit(40)
"""Wrong passwords from one address, whoever they are for: a whole desk shares one."""
CODE = Limit(5, first=timedelta(seconds=30))
"""Wrong codes of one account, from anywhere: who gets this far knows the password."""
EMERGENCY = Limit(5, within=timedelta(days=1), first=timedelta(minutes=10))
"""Cases opened in an emergency by one account: more is looking around."""
STATUS = Limit(10, within=timedelta(minutes=10), first=timedelta(minutes=1))
TOKEN = Limit(60, within=timedelta(minutes=10))
LINK = Limit(60, within=timedelta(minutes=10))
WELCOME = Limit(20, within=timedelta(minutes=10))

Keys = Mapping[str, Limit]


def address() -> str:
    """Who asks, as far as the network tells: of IPv6 the network, which one household has whole."""
    given = request.remote_addr or ""
    try:
        parsed = ip_address(given)
    except ValueError:
        return given
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"{int(parsed) >> 64:x}/64"
    return given


def slow_down(keys: Keys) -> None:
    """Note a try under each key. Raises ``TooManyRequests`` where one has to wait, noting nothing.

    Noted before it is known whether it was right: many at once count as many.
    """
    hub = current_hub()
    now = hub.clock()
    hashed = {_hash(hub, name): limit for name, limit in keys.items()}
    with hub.unit_of_work() as uow:
        wait = max(attempts.wait_for(uow.session, key, limit, now) for key, limit in hashed.items())
        if wait:
            raise TooManyRequests(retry_after=wait)
        noted = {key: attempts.note(uow.session, key, now) for key in hashed}
        uow.commit()
    g.noted = g.get("noted", {}) | noted


def forgive(keys: Keys) -> None:
    """It was right: what was noted under these keys no longer counts.

    Of an address this one try only, which ``slow_down`` noted: a whole office logs in from one, and
    one's own log-in must not wipe out what was guessed at others before it.
    """
    hub = current_hub()
    with hub.unit_of_work() as uow:
        for name, limit in keys.items():
            key = _hash(hub, name)
            if limit is ADDRESS:
                attempts.take_back(uow.session, g.noted[key])
            else:
                attempts.forget(uow.session, key)
        uow.commit()


def init_throttle(app: Flask) -> None:
    """Watch the forms at which something is guessed."""
    watched: dict[str, Callable[[], dict[str, Limit]]] = {
        "security.login": _log_in,
        "security.two_factor_token_validation": _code,
        "security.mf_recovery": _code,
    }

    @app.before_request
    def _before() -> None:
        keys_of = watched.get(request.endpoint or "")
        if keys_of and request.method == "POST":
            g.tried = keys_of()
            slow_down(g.tried)

    @app.after_request
    def _after(response: Response) -> Response:
        tried = g.get("tried")
        # A form that comes back is a page; asked in JSON, the library says 400 instead.
        done = response.status_code == 302 or (response.status_code == 200 and response.is_json)
        if tried and done:
            forgive(tried)
        return response

    app.extensions["feedback_hub_throttle"] = (_before, _after)


def _log_in() -> dict[str, Limit]:
    email = _given("email").strip().lower()
    return {f"log-in\0{email}\0{address()}": HERE, f"log-in\0{address()}": ADDRESS}


def _code() -> dict[str, Limit]:
    return {f"code\0{session.get('tf_user_id', '')}": CODE}


def _given(name: str) -> str:
    body = request.get_json(silent=True) if request.is_json else request.form
    value = body.get(name, "") if isinstance(body, Mapping) else ""
    return value if isinstance(value, str) else ""


def _hash(hub: Hub, name: str) -> str:
    return hub.keyring.index(name, "attempt")
