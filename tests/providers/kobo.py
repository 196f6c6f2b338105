"""A local KoboToolbox: the part of its API v2 that the hub reads, and its REST service.

It knows token log-in, ``query``, ``sort`` and ``limit`` of the data endpoint, attachments, edits as
Kobo makes them (a new ``_uuid`` on the same ``_id``), and the failures of a real server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.providers.serving import Handler, HttpServer, Provider

TOKEN = "0123456789abcdef0123456789abcdef01234567"
FORM = "aSAMPLEform1"
_UUID = "b3f8a1c2-0000-4000-8000-{:012}"

Document = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """What is answered instead."""

    status: int
    body: bytes = b'{"detail": "no"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0


class KoboServer(Provider):
    """One server with one form. ``refusals`` are answered first, in order."""

    def __init__(self) -> None:
        self.submissions: dict[int, Document] = {}
        self.files: dict[str, bytes] = {}
        self.asked: list[dict[str, str]] = []
        self.refusals: list[Refusal] = []
        self.refuses: Callable[[Mapping[str, str]], Refusal | None] = lambda _: None
        self.tokens: list[str] = []
        self._number = 1000
        self._edits = 500_000
        server = _Server(("127.0.0.1", 0), _Handler)
        server.kobo = self
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def submit(self, number: int = 0, /, **answers: object) -> Document:
        """Somebody fills the form in; with ``number`` one that appears out of order."""
        self._number += 0 if number else 1
        number = number or self._number
        uuid = _UUID.format(number)
        document: Document = {
            "_id": number,
            "_uuid": uuid,
            "meta/instanceID": f"uuid:{uuid}",
            "meta/rootUuid": f"uuid:{uuid}",
            "_xform_id_string": FORM,
            "_submission_time": "2026-03-04T08:00:00",
            "_geolocation": [None, None],
            "_attachments": [],
            **answers,
        }
        self.submissions[number] = document
        return document

    def edit(self, number: int, /, **answers: object) -> Document:
        """Somebody corrects it in Kobo: the same number, another uuid."""
        before = self.submissions[number]
        self._edits += 1
        uuid = _UUID.format(self._edits)
        document = {
            **before,
            "_uuid": uuid,
            "meta/instanceID": f"uuid:{uuid}",
            "meta/deprecatedID": before["meta/instanceID"],
            **answers,
        }
        self.submissions[number] = document
        return document

    def page(self, query: Mapping[str, str]) -> Document:
        """The data endpoint's answer."""
        wanted = json.loads(query.get("query", "{}"))
        order = json.loads(query.get("sort", '{"_id": 1}'))["_id"]
        found = [one for _, one in sorted(self.submissions.items()) if _fits(one, wanted)]
        results = found[::order][: int(query.get("limit", 100))]
        return {"count": len(found), "next": None, "previous": None, "results": results}


def _fits(document: Document, query: Mapping[str, Any]) -> bool:
    for key, wanted in query.items():
        if key == "$or":
            if not any(_fits(document, one) for one in wanted):
                return False
        elif "$exists" in wanted:
            if (key in document) is not wanted["$exists"]:
                return False
        elif not document[key] > wanted["$gt"]:
            return False
    return True


class _Server(HttpServer):
    kobo: KoboServer


class _Handler(Handler):
    server: _Server

    def do_GET(self) -> None:
        kobo = self.server.kobo
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        kobo.tokens.append(self.headers.get("Authorization", ""))
        kobo.asked.append(query)
        refusal = kobo.refusals.pop(0) if kobo.refusals else kobo.refuses(query)
        if refusal is not None:
            time.sleep(refusal.wait)
            return self._send(refusal.status, refusal.body, refusal.headers)
        given = self.headers.get("Authorization", "").encode()
        if not compare_digest(given, f"Token {TOKEN}".encode()):
            return self._send(401, b'{"detail": "Invalid token."}', {})
        if url.path in kobo.files:
            return self._send(200, kobo.files[url.path], {"Content-Type": "image/jpeg"})
        if url.path == f"/api/v2/assets/{FORM}/data/":
            return self._send(200, json.dumps(kobo.page(query)).encode(), {})
        if url.path == f"/api/v2/assets/{FORM}/":
            return self._send(
                200, json.dumps({"uid": FORM, "deployment__active": True}).encode(), {}
            )
        return self._send(404, b'{"detail": "Not found."}', {})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # whoever asked has given up
            self.wfile.write(body)
