"""What every application of the hub has around it: limits, trusted hosts and headers."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

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
    known = _LiteralHosts(app.wsgi_app, _own(hub))
    app.wsgi_app = known  # type: ignore[method-assign]  # the same
    app.after_request(_harden)
    return app


def _own(hub: Hub) -> str:
    return urlsplit(hub.config.hub.base_url).hostname or "localhost"


def _hosts(hub: Hub) -> list[str]:
    return [_own(hub), "localhost", "127.0.0.1", *hub.config.security.trusted_hosts]


class _LiteralHosts:
    """Lets in who asks by this machine's IPv6 address, or by the hub's own if that is one.

    Werkzeug cuts every trusted host at its first colon, so that its list can hold no such address:
    to it they are ``localhost``. Any other is left as it came, and refused.
    """

    def __init__(self, app: WSGIApplication, own: str) -> None:
        self._app = app
        self._trusted = {_address("::1"), _address(own)} - {None}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        host, _, port = environ.get("HTTP_HOST", "").partition("]")
        if host.startswith("[") and _address(host[1:]) in self._trusted:
            environ["HTTP_HOST"] = f"localhost{port}"
        return self._app(environ, start_response)


def _address(text: str) -> IPv6Address | None:
    try:
        return IPv6Address(text)
    except ValueError:
        return None


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
