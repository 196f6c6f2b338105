"""A local gateway that answers as Kannel's smsbox does (1.4.5), or as a phone with SMS Gateway.

``gateway.text(…)`` is a person writing; ``gateway.sent`` is what the hub handed over.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.providers.serving import Handler, HttpServer, Provider

USERNAME, PASSWORD = "hub", "kannel's password"
SECRET = "the gateway's secret"
ACCEPTED = (202, "0: Accepted for delivery")
HANGS = 30.0
"""Seconds: longer than any client waits."""


@dataclass
class Call:
    """One request that the gateway got."""

    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class GatewayServer(Provider):
    """The gateway's side."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.sent: list[Call] = []
        """What it took."""
        self.answers: deque[tuple[int, str] | str] = deque()
        """For the next calls: (status, words), "drop" or "hang" (takes nothing), and the same
        with "_after" (takes it first)."""
        self.known: dict[str, dict[str, object]] = {}
        """What the phone holds, by id."""
        server = _Server(("127.0.0.1", 0), _Handler)
        server.gateway = self
        super().__init__(server)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Kannel's ``send_url``; the phone's is ``base`` + ``/messages``."""
        return f"{self.base}/cgi-bin/sendsms"

    def text(self, url: str, text: str, sender: str = "258841234567", **more: str) -> int:
        """Fetch the get-url of Kannel's sms-service; the status that came back."""
        query = {"secret": SECRET, "from": sender, "to": "1458", "text": text, "charset": "UTF-8"}
        return httpx.get(
            f"{url}?{urlencode(query | more)}", timeout=15, trust_env=False
        ).status_code

    def report(self, call: Call, state: str, reply: str = "") -> int:
        """Fetch the dlr-url that went with ``call``, its escape codes filled in."""
        url = call.parameters["dlr-url"]
        for code, value in {"%d": state, "%A": reply, "%T": "1772438391"}.items():
            url = url.replace(code, value)
        return httpx.get(url, timeout=15, trust_env=False).status_code

    def event(self, url: str, event: str, payload: dict[str, object], key: str = SECRET) -> int:
        """Post one signed webhook of the phone."""
        document = {"deviceId": "d", "event": event, "id": "w-1", "payload": payload}
        body = json.dumps(document, ensure_ascii=False).encode()
        stamp = "1772438391"
        signature = hmac.new(key.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Signature": signature,
            "X-Timestamp": stamp,
        }
        return httpx.post(
            url, content=body, headers=headers, timeout=15, trust_env=False
        ).status_code

    def take(self, call: Call) -> tuple[int, str] | str:
        """Decide about one call, and keep it if it is taken."""
        self.calls.append(call)
        answer = self.answers.popleft() if self.answers else None
        if answer is not None and answer not in ("drop_after", "hang_after", ACCEPTED):
            return answer
        usual = self._phone(call) if call.path.startswith("/messages") else self._kannel(call)
        return answer or usual

    def _kannel(self, call: Call) -> tuple[int, str]:
        asked = call.parameters
        if (asked.get("username"), asked.get("password")) != (USERNAME, PASSWORD):
            return 403, "Authorization failed for sendsms"
        if not asked.get("to"):
            return 400, "Missing receiver number, rejected"
        self.sent.append(call)
        return ACCEPTED

    def _phone(self, call: Call) -> tuple[int, str]:
        login = b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {login}":
            return 401, '{"message": "Unauthorized"}'
        if call.method == "GET":
            found = self.known.get(call.path.rpartition("/")[2])
            if found is None:
                return 404, '{"message": "not found"}'
            state = found.get("state", "Pending")
            return 200, json.dumps({"id": found["id"], "state": state, "recipients": []})
        document = json.loads(call.body)
        if document["id"] in self.known:
            return 409, '{"message": "duplicate"}'
        self.known[document["id"]] = document
        self.sent.append(call)
        return 202, json.dumps({"id": document["id"], "state": "Pending"})


class _Server(HttpServer):
    gateway: GatewayServer


class _Handler(Handler):
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        url = urlsplit(self.path)
        form = body if "form" in self.headers.get("Content-Type", "") else ""
        call = Call(
            self.command,
            url.path,
            dict(parse_qsl(form or url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )
        answer = self.server.gateway.take(call)
        if isinstance(answer, str):
            if answer.startswith("hang"):
                self.server.gateway.closing.wait(HANGS)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, words = answer
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(words.encode())))
        self.end_headers()
        self.wfile.write(words.encode())


@pytest.fixture
def gateway() -> Iterator[GatewayServer]:
    """A fresh gateway on a port of its own."""
    server = GatewayServer().start()
    yield server
    server.stop()
