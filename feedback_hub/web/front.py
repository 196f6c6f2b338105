"""The part that must never keep a provider waiting: webhooks and health, and nothing else."""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from feedback_hub.bootstrap import Hub
from feedback_hub.web.health import health
from feedback_hub.web.shell import make_shell
from feedback_hub.web.webhooks import webhooks

log = structlog.get_logger()


def create_front(hub: Hub) -> Flask:
    """The application for providers and probes; it loads neither log-in nor pages."""
    app = make_shell(hub)
    if not hub.handlers_only:
        app.register_blueprint(webhooks)
    app.register_blueprint(health)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    return app


def _refused(error: HTTPException) -> Response:
    return Response(status=error.code or 500)


def _broken(error: Exception) -> Response:
    """Not durable: the provider calls again. The kind of fault is logged, never its content."""
    log.error("request failed", fault=type(error).__name__, endpoint=request.endpoint)
    return Response(status=500)
