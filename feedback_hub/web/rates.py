"""Whoever asks too often waits: by token and by account, whatever they ask for.

Guessing is slowed down elsewhere (``throttle``), and a provider's webhooks never are: what people
send must get in.
"""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import TooManyRequests

from feedback_hub.adapters.accounts import token_hash
from feedback_hub.adapters.rates import Rates
from feedback_hub.bootstrap import Hub
from feedback_hub.web import sessions
from feedback_hub.web.security import has_token

_FREE = frozenset({"static", "health.alive", "health.ready", "metrics.show"})


def init_rates(app: Flask, hub: Hub) -> None:
    """Count before anything is looked up."""
    security = hub.config.security
    rates = Rates(hub.config.queue.url)

    @app.before_request
    def _count() -> None:
        if request.endpoint in _FREE:
            return
        if has_token():
            key, most = (
                "t" + token_hash(request.headers["Authorization"]),
                security.token_per_minute,
            )
        elif own := sessions.own_id():
            key, most = "s" + own, security.account_per_minute
        else:
            return
        if most and (wait := rates.wait(key[:40], most)):
            raise TooManyRequests(retry_after=wait)

    app.extensions["feedback_hub_rates"] = _count
