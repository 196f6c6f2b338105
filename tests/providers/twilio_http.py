"""The HTTP side of the local Twilio: paths, log-in, and answers that never come."""

from __future__ import annotations

import json
import re
import socket
from base64 import b64encode
from collections.abc import Mapping
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

if TYPE_CHECKING:
    from tests.providers.twilio import TwilioServer


class TwilioHTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    twilio: TwilioServer


class TwilioHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: TwilioHTTPServer

    def setup(self) -> None:
        super().setup()
        self.server.twilio.connections += 1

    def do_GET(self) -> None:
        twilio, url = self.server.twilio, urlsplit(self.path)
        if url.path == "/_accepted":
            return self._json(200, [twilio.resource(message) for message in twilio.sent])
        path = self._below_account(url.path)
        if path is None:
            return None
        if path == ".json":
            return self._json(200, {"sid": twilio.account_sid, **twilio.account})
        if path == "/Messages.json":
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            return self._json(200, twilio.page(query))
        if match := re.fullmatch(r"/Messages/(\w+)/Media\.json", path):
            return self._json(200, twilio.media_page(match[1]))
        return self._error(404, 20404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/_"):
            return self._control(json.loads(body or b"{}"))
        path = self._below_account(urlsplit(self.path).path)
        if path is None:
            return None
        if path != "/Messages.json":
            return self._error(404, 20404)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        answer, message = self.server.twilio.take(form)
        if answer.how == "hang":
            self.server.twilio.closing.wait()
        if answer.how in ("hang", "drop"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        if answer.body is not None:
            return self._send(answer.status, answer.body, "text/html", answer.headers)
        if message is None or answer.status >= 400:
            return self._error(answer.status, answer.code, answer.headers)
        return self._json(answer.status, self.server.twilio.resource(message))

    def _below_account(self, path: str) -> str | None:
        """The path below the account, once the credentials are right; else the error is sent."""
        twilio = self.server.twilio
        login = f"{twilio.account_sid}:{twilio.auth_token}".encode()
        expected = b"Basic " + b64encode(login)
        if not compare_digest(self.headers.get("Authorization", "").encode(), expected):
            self._error(401, 20003)
            return None
        prefix = f"/2010-04-01/Accounts/{twilio.account_sid}"
        if not path.startswith(prefix):
            self._error(404, 20404)
            return None
        return path.removeprefix(prefix)

    def _control(self, order: dict[str, Any]) -> None:
        twilio = self.server.twilio
        if self.path == "/_control":
            twilio.answer_next(*order.get("next", []))
            if "always" in order:
                twilio.answer_always(order["always"])
            twilio.opted_out |= set(order.get("opted_out", []))
            return self._json(200, {"posts": twilio.posts, "accepted": len(twilio.sent)})
        if self.path == "/_receipt":
            return self._json(200, {"status": twilio.receipt(**order).status_code})
        return self._error(404, 20404)

    def _error(self, status: int, code: int, headers: Mapping[str, str] | None = None) -> None:
        document = {
            "code": code,
            "message": f"Error {code}",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        self._json(status, document, headers)

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self._send(status, body, "application/json", headers or {})

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        usual = {"Date": self.date_time_string(), "Content-Type": kind}
        for name, value in (usual | dict(headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
