"""``/api/v1/openapi.json``: the API's description in OpenAPI 3.1, from the table."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from importlib.metadata import version

from flask import Blueprint, Response, jsonify

from feedback_hub.web.acting import KEY
from feedback_hub.web.api.schemas import ANSWERS, ASKED
from feedback_hub.web.api.schemas.shapes import TEXT, Schema, named
from feedback_hub.web.api.table import OPERATIONS
from feedback_hub.web.api.table.operation import Operation

openapi = Blueprint("openapi", __name__, url_prefix="/api/v1")

BASE = "/api/v1"
_PLACE = re.compile(r"{(\w+)}")


@openapi.get("/openapi.json")
def show() -> Response:
    """The description; no log-in is needed."""
    return jsonify(document())


@cache
def document() -> Schema:
    """The whole description. The same for every hub: it tells nothing of this one."""
    paths: dict[str, dict[str, Schema]] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"{BASE}{operation.path}", {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "feedback_hub",
            "version": version("feedback_hub"),
            "description": "Times are RFC 3339 with offset. What you may not see does not exist.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": ANSWERS | ASKED,
        },
    }


def _operation(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": _id(operation),
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            **{str(status): _answer(status, operation) for status in operation.answers},
            **{str(status): _refusal(status) for status in operation.refusals},
        },
    }
    if operation.body:
        needed = "required" in ASKED[operation.body]
        content = {operation.sent_as: {"schema": named(operation.body)}}
        described["requestBody"] = {"required": needed, "content": content}
    if operation.public:
        described["security"] = []
    return described


def _id(operation: Operation) -> str:
    words = [word for word in re.split(r"\W+", _PLACE.sub("", operation.path)) if word]
    one = operation.path.endswith("}")
    return "_".join([operation.method, *(["one"] if one else []), *words])


def _parameters(operation: Operation) -> list[Schema]:
    places: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in _PLACE.findall(operation.path)
    ]
    queries: list[Schema] = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in operation.queries
    ]
    repeatable: list[Schema] = []
    if operation.body:
        says = "The same request with the same key is done once."
        header = {"name": KEY, "in": "header", "required": False, "description": says}
        repeatable = [{**header, "schema": {"type": "string", "maxLength": 200}}]
    return [*places, *queries, *repeatable]


def _answer(status: int, operation: Operation) -> Schema:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {operation.media_type: {"schema": operation.answer}},
    }


def _refusal(status: int) -> Schema:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": named("Problem")}},
    }
