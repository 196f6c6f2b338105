"""What a person's request begins is followed through the log by one id (``adapters.tracing``)."""

from __future__ import annotations

import uuid

import structlog
from flask import Flask, Response, request

from feedback_hub.adapters import tracing

_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
_PROVIDERS = "/channels/"

log = structlog.get_logger()


def init_traces(app: Flask) -> None:
    """Give each request an id, and say which one each act began with.

    Looking is no act. What a provider brings is said where it is kept (``together``).
    """

    @app.before_request
    def _begin() -> None:
        tracing.go_on_with(uuid.uuid4().hex)

    @app.after_request
    def _say(response: Response) -> Response:
        if request.method not in _LOOKS and not request.path.startswith(_PROVIDERS):
            # The name of the page and never its address, which says whose case it was.
            asked = {"endpoint": request.endpoint, "status": response.status_code}
            log.info("asked", trace=tracing.current(), **asked)
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        tracing.go_on_with("")

    app.extensions["feedback_hub_traces"] = (_begin, _say, _end)
