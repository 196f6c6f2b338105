"""What every application of the hub has around it: limits, trusted hosts and headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from feedback_hub.bootstrap import Hub

LARGEST_BODY = 2 * 1024 * 1024

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; media-src 'self'; manifest-src 'self'; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(self), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def make_shell(hub: Hub) -> Flask:
    """An application without a single route. Opens no connection: safe before a fork."""
    app = Flask("feedback_hub.web", template_folder=None)
    app.extensions["feedback_hub"] = hub
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        TRUSTED_HOSTS=_hosts(hub),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    proxies = hub.config.security.trusted_proxies
    if proxies:
        behind = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)
        app.wsgi_app = behind  # type: ignore[method-assign]  # as Flask documents it
    app.after_request(_harden)
    return app


def _hosts(hub: Hub) -> list[str]:
    own = urlsplit(hub.config.hub.base_url).hostname or "localhost"
    return [own, "localhost", "127.0.0.1", "[::1]", *hub.config.security.trusted_hosts]


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
