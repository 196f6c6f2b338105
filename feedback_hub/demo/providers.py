"""Invented providers on this machine: they take what the demonstration sends, and tell nobody.

Each answers as the real one documents, as far as a demonstration asks. Nothing leaves the machine.
"""

from __future__ import annotations

import json
import signal
import socketserver
import threading
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

JSON = "application/json"


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """One thread a call, so that a worker never waits for another's."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: an address line may hold what a person is sent."""


class _MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Mail(socketserver.StreamRequestHandler):
    """Takes mail and drops it: RFC 5321 as far as smtplib speaks it."""

    def handle(self) -> None:
        """One conversation."""
        self._say("220 demonstration")
        in_data = False
        for line in self.rfile:
            word = line.strip().upper()[:4]
            if in_data:
                in_data = line.rstrip(b"\r\n") != b"."
                if not in_data:
                    self._say("250 taken")
            elif word == b"DATA":
                in_data = True
                self._say("354 go on")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def serve(port: int, mail_port: int, hub_url: str) -> None:
    """Answer on these ports of this machine until SIGTERM; their webhooks go to ``hub_url``."""
    mail = _MailServer(("127.0.0.1", mail_port), _Mail)
    threading.Thread(target=mail.serve_forever, daemon=True).start()

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return _answer(environ, start, hub_url)

    server = make_server("127.0.0.1", port, answer, _Server, _Quiet)
    signal.signal(
        signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
    )
    with server:
        server.serve_forever(poll_interval=0.1)


def _answer(environ: WSGIEnvironment, start: StartResponse, hub_url: str) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    said = environ["wsgi.input"].read(length).decode("utf-8", "replace")
    if path.startswith("/bot"):
        status, kind, body = HTTPStatus.OK, JSON, _telegram(path.rpartition("/")[2], said, hub_url)
    elif path.startswith("/2010-04-01/"):
        status, body = _twilio(environ["REQUEST_METHOD"], path, dict(parse_qsl(said)), hub_url)
        kind = JSON
    else:
        # Kannel's sendsms, "SMS Push reply codes" of its user's guide.
        status, kind, body = HTTPStatus.ACCEPTED, "text/plain", "0: Accepted for delivery"
    start(f"{status.value} {status.phrase}", [("Content-Type", kind)])
    return [body.encode()]


def _telegram(method: str, said: str, hub_url: str) -> str:
    """As https://core.telegram.org/bots/api says."""
    if method == "getMe":
        result: object = {"id": 1458, "is_bot": True, "first_name": "Demo", "username": "demo_bot"}
    elif method == "getWebhookInfo":
        result = {"url": f"{hub_url}/channels/telegram/inbound", "pending_update_count": 0}
    elif method == "getUpdates":
        result = []
    elif method == "sendMessage":
        asked = json.loads(said) if said.startswith("{") else dict(parse_qsl(said))
        chat = int(asked.get("chat_id") or 0)
        result = {
            "message_id": uuid.uuid4().int % 10**9,
            "date": 0,
            "chat": {"id": chat, "type": "private"},
        }
    else:
        result = True
    return json.dumps({"ok": True, "result": result})


def _twilio(method: str, path: str, form: dict[str, str], hub_url: str) -> tuple[HTTPStatus, str]:
    """As https://www.twilio.com/docs/messaging/api and /docs/iam/api/account say."""
    resource = urlsplit(path).path.removesuffix(".json").split("/")
    if resource[-1] == "Messages" and method == "POST":
        sent = {
            "sid": f"SM{uuid.uuid4().hex}",
            "status": "queued",
            "to": form.get("To"),
            "from": form.get("From"),
            "body": form.get("Body"),
        }
        return HTTPStatus.CREATED, json.dumps(sent)
    lists = {"Messages": "messages", "Calls": "calls", "Recordings": "recordings"}
    if resource[-1] == "IncomingPhoneNumbers":
        number = {
            "sid": "PN00000000000000000000000000001458",
            "phone_number": "+258840001458",
            "sms_url": f"{hub_url}/channels/sms/inbound#rc=5&rp=all",
            "sms_method": "POST",
            "voice_url": f"{hub_url}/channels/line/voice",
            "voice_method": "POST",
            "status_callback": f"{hub_url}/channels/line/status",
            "status_callback_method": "POST",
        }
        found = {"incoming_phone_numbers": [number], "next_page_uri": None}
        return HTTPStatus.OK, json.dumps(found)
    if resource[-1] in lists:
        return HTTPStatus.OK, json.dumps({lists[resource[-1]]: [], "next_page_uri": None})
    account = {"sid": resource[-1], "status": "active", "type": "Full"}
    return HTTPStatus.OK, json.dumps(account)
