"""Errors as RFC 9457 problem JSON, without a word of anybody's content."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, json
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from feedback_hub.domain.errors import (
    DomainError,
    IllegalMove,
    Invalid,
    NotAllowed,
    NotFound,
    StaleVersion,
    UsedByAnother,
)
from feedback_hub.services.ports import VaultSealed
from feedback_hub.web.body import Malformed
from feedback_hub.web.security import Unauthenticated

STATUS_OF: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (Malformed, HTTPStatus.BAD_REQUEST),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (VaultSealed, HTTPStatus.NOT_FOUND),
    (IllegalMove, HTTPStatus.CONFLICT),
    (StaleVersion, HTTPStatus.CONFLICT),
    (UsedByAnother, HTTPStatus.CONFLICT),
    (StaleDataError, HTTPStatus.CONFLICT),
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DomainError, HTTPStatus.BAD_REQUEST),
)
"""Which answer a refusal becomes, the first that fits."""

BUSY = 5
"""Seconds after which to ask again where the database had no turn for us."""

_DETAIL = {
    HTTPStatus.BAD_REQUEST: "The body must be a JSON object.",
    HTTPStatus.UNAUTHORIZED: "A valid token or a session is needed.",
    HTTPStatus.FORBIDDEN: "Your roles do not permit this.",
    HTTPStatus.NOT_FOUND: "There is nothing here for you.",
}


def status_of(error: Exception) -> HTTPStatus:
    """The HTTP status for a refusal."""
    return next(status for kind, status in STATUS_OF if isinstance(error, kind))


def problem(error: Exception) -> Response:
    """A refusal as problem JSON. What may not be known exists no more than what never did: the
    same body, whatever the path.
    """
    status = status_of(error)
    more: dict[str, object] = {}
    detail = _DETAIL.get(status, str(error))
    if isinstance(error, Invalid):
        more["errors"] = [{"field": error.field, "problem": error.problem}]
    if isinstance(error, IllegalMove):
        more |= {"verb": error.verb, "state": error.state}
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    return _response(status, status.phrase, detail, headers, more)


def http_problem(error: HTTPException) -> Response:
    """What Werkzeug refuses (404, 405, 413, 429 …) as problem JSON."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = _DETAIL.get(status, status.description)
    headers = {
        name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
    }
    return _response(status, status.phrase, detail, headers, {})


def _response(
    status: HTTPStatus,
    title: str,
    detail: str,
    headers: dict[str, str],
    more: dict[str, object],
) -> Response:
    body = {"type": "about:blank", "title": title, "status": status.value, "detail": detail} | more
    return Response(
        json.dumps(body), status.value, headers, content_type="application/problem+json"
    )


def busy(error_id: str) -> Response:
    """The database had no turn or no room for it: nothing was done, and it may be asked again."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    detail = "The database did not answer in time; nothing was done. Please send it again."
    return _response(
        status, status.phrase, detail, {"Retry-After": str(BUSY)}, {"error_id": error_id}
    )


def unexpected(error_id: str) -> Response:
    """A fault of ours: nothing but an id that the operator finds in the log."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "Something went wrong here; nothing you sent before was lost."
    return _response(status, status.phrase, detail, {}, {"error_id": error_id})
