"""The Flask application, made for one hub."""

from __future__ import annotations

import uuid

import structlog
from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from feedback_hub.adapters import tracing
from feedback_hub.adapters.engine import is_away
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import DomainError
from feedback_hub.services.ports import VaultSealed
from feedback_hub.web import api, problems
from feedback_hub.web.attachments import api_files, case_files
from feedback_hub.web.body import Malformed
from feedback_hub.web.calls import prompts
from feedback_hub.web.desk_devices import init_desk_devices
from feedback_hub.web.exchange import exchange
from feedback_hub.web.handlers_only import init_handlers_only
from feedback_hub.web.health import health
from feedback_hub.web.lean import init_lean
from feedback_hub.web.metrics import init_metrics, metrics
from feedback_hub.web.pages import init_pages, page_error
from feedback_hub.web.rates import init_rates
from feedback_hub.web.security import Unauthenticated, has_token, init_security
from feedback_hub.web.shell import make_shell
from feedback_hub.web.timings import Timings
from feedback_hub.web.traces import init_traces
from feedback_hub.web.trail import init_trail
from feedback_hub.web.webhooks import webhooks

_API = "/api/"
_MACHINES = ("/channels/", "/exchange/")
"""Providers and other hubs call there: they read no page."""

log = structlog.get_logger()


def create_app(hub: Hub, timings: Timings | None = None) -> Flask:
    """The application for ``hub``. Opens no connection: safe to make before a fork.

    ``timings``: what ``/metrics`` says of requests, where somebody counts them.
    """
    app = make_shell(hub)
    init_traces(app)
    init_metrics(app, hub, timings)
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    init_lean(app)
    init_security(app, hub)
    init_rates(app, hub)
    init_handlers_only(app, hub)
    init_trail(app, hub)
    init_desk_devices(app, hub)
    _guard_against_forgery(app)
    for blueprint in (
        *api.BLUEPRINTS,
        webhooks,
        prompts,
        exchange,
        api_files,
        case_files,
        health,
        metrics,
    ):
        app.register_blueprint(blueprint)
    init_pages(app, hub)
    for kind in (DomainError, Malformed, Unauthenticated, StaleDataError, VaultSealed):
        app.register_error_handler(kind, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _broken)
    app.register_error_handler(Exception, _broken)
    return app


def _guard_against_forgery(app: Flask) -> None:
    csrf = CSRFProtect(app)

    @app.before_request
    def _check() -> None:
        # A provider proves itself by signature, a token is sent by no browser on its own, and a
        # partner's link is its own proof: it must send no referrer, which the check would want.
        # Asking after a case changes nothing and says the same to everybody.
        if request.path.startswith((*_MACHINES, "/r/")) or request.path == "/status" or has_token():
            return
        csrf.protect()

    app.extensions["feedback_hub_csrf"] = _check


def _refused(error: Exception) -> Response:
    if request.path.startswith(_API):
        return problems.problem(error)
    return page_error(error, problems.status_of(error))


def _http_error(error: HTTPException) -> Response:
    if request.path.startswith(_API):
        if isinstance(error, CSRFError):
            return problems.problem(Unauthenticated())
        return problems.http_problem(error)
    if request.path.startswith(_MACHINES):
        return Response(status=error.code or 500)
    response = error.get_response()
    if response.status_code < 400:
        return Response(response.get_data(), response.status_code, list(response.headers))
    return page_error(error, response.status_code)


def _broken(error: Exception) -> Response:
    """Something we did not expect: an id for the operator, no content for anybody.

    Where the database only had no turn or no room for it, whoever asked may ask again: 503.
    """
    error_id = uuid.uuid4().hex[:12]
    log.error(
        "request failed",
        trace=tracing.current(),
        error_id=error_id,
        fault=type(error).__name__,
        endpoint=request.endpoint,
        where=_where(error),
    )
    if request.path.startswith(_API):
        return problems.busy(error_id) if is_away(error) else problems.unexpected(error_id)
    if request.path.startswith(_MACHINES):
        return Response(status=500)
    if is_away(error):
        return page_error(ServiceUnavailable(retry_after=problems.BUSY), 503, error_id)
    return page_error(error, 500, error_id)


def _where(error: Exception) -> str:
    """Where it was raised: file and line; a message could carry content, a place cannot."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "site-packages" not in code.co_filename:
            place = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
