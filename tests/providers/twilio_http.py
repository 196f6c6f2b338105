"""The HTTP side of the local Twilio: paths, log-in, and answers that never come."""

from __future__ import annotations

import json
import re
import socket
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.providers.serving import Handler, HttpServer

if TYPE_CHECKING:
    from tests.providers.twilio import TwilioServer


_CDN = "/cdn/"


class TwilioHTTPServer(HttpServer):
    twilio: TwilioServer


class TwilioHandler(Handler):
    server: TwilioHTTPServer

    def setup(self) -> None:
        super().setup()
        self.server.twilio.connections += 1

    def finish(self) -> None:
        super().finish()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.server.twilio.hung_up.set()

    def do_GET(self) -> None:
        twilio, url = self.server.twilio, urlsplit(self.path)
        if url.path == "/_accepted":
            return self._json(200, [twilio.resource(message) for message in twilio.sent])
        if url.path.startswith("/v1/Services/"):
            return self._service(url.path.removeprefix("/v1/Services/"), {})
        if url.path.startswith(_CDN):
            return self._cdn(url.path.removeprefix(_CDN))
        path = self._below_account(url.path)
        return None if path is None else self._resource(path, url.query)

    def _resource(self, path: str, asked: str) -> None:
        twilio = self.server.twilio
        if path.startswith("/IncomingPhoneNumbers"):
            return self._number(path, dict(parse_qsl(asked)))
        if path == ".json":
            return self._json(200, {"sid": twilio.account_sid, **twilio.account})
        if path == "/Messages.json":
            query = dict(parse_qsl(asked, keep_blank_values=True))
            return self._json(200, twilio.page(query))
        if match := re.fullmatch(r"/Messages/(\w+)/Media\.json", path):
            return self._json(200, twilio.media_page(match[1]))
        return self._media(path)

    def _media(self, path: str) -> None:
        twilio = self.server.twilio
        if match := re.fullmatch(r"/Messages/(\w+)\.json", path):
            found = twilio.message(match[1])
            return self._json(200, twilio.resource(found)) if found else self._error(404, 20404)
        match = re.fullmatch(r"/Messages/\w+/Media/(\w+)", path)
        if match is None:
            return self._spoken(path)
        if match[1] not in twilio.files:
            return self._error(404, 20404)
        there = twilio.media_goes_to or f"{twilio.url}{_CDN}{match[1]}"
        return self._send(307, b"<xml/>", "application/xml", {"Location": there})

    def _spoken(self, path: str) -> None:
        """Calls, recordings and their sound."""
        twilio = self.server.twilio
        if path in {"/Calls.json", "/Recordings.json"}:
            query = urlsplit(self.path).query
            twilio.queries.append(dict(parse_qsl(query, keep_blank_values=True)))
            calls = path == "/Calls.json"
            return self._json(200, twilio.calls_page() if calls else twilio.recordings_page())
        match = re.fullmatch(r"/Recordings/(\w+)\.mp3", path)
        sound = twilio.sound(match[1]) if match else None
        if sound is None:
            return self._error(404, 20404)
        return self._send(200, sound, "audio/mpeg", {})

    def _cdn(self, sid: str) -> None:
        """Twilio's store of files: open to whoever has the address, and to no credentials."""
        twilio = self.server.twilio
        twilio.asked_cdn += 1
        if "Authorization" in self.headers:
            return self._send(400, b"InvalidArgument", "application/xml", {})
        if twilio.cdn_does == "deny":
            return self._send(503, b"SlowDown", "application/xml", {})
        content = twilio.files[sid]
        if twilio.cdn_does == "answer":
            return self._send(200, content, "application/octet-stream", {})
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(content) + 1))
        self.end_headers()
        self.close_connection = True
        for number in range(len(content)):
            self.wfile.write(content[number : number + 1])
            self.wfile.flush()
            if twilio.cdn_does == "drip" and twilio.closing.wait(0.05):
                break
        return None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/_"):
            return self._control(json.loads(body or b"{}"))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.path.startswith("/v1/Services/"):
            return self._service(self.path.removeprefix("/v1/Services/"), form)
        path = self._below_account(urlsplit(self.path).path)
        if path is not None and path.startswith("/IncomingPhoneNumbers/"):
            return self._number(path, form)
        if path == "/Calls.json":
            return self._json(201, self.server.twilio.dial(form))
        if path is not None and path != "/Messages.json":
            return self._error(404, 20404)
        if path is not None:
            self._take(form)
        return None

    def _take(self, form: Mapping[str, str]) -> None:
        answer, message = self.server.twilio.take(form)
        if answer.how == "hang":
            self.server.twilio.closing.wait()
        if answer.how in ("hang", "drop"):
            self.close_connection = True
            # Whoever waited may have been killed meanwhile.
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return None
        if answer.body is not None:
            return self._send(answer.status, answer.body, "text/html", answer.headers)
        if message is None or answer.status >= 400:
            return self._error(answer.status, answer.code, answer.headers)
        return self._json(answer.status, self.server.twilio.resource(message))

    def _number(self, path: str, fields: Mapping[str, str]) -> None:
        twilio = self.server.twilio
        if path == "/IncomingPhoneNumbers.json":
            wanted = fields.get("PhoneNumber", "")
            found = [twilio.number(one) for one in twilio.numbers if wanted in ("", one)]
            return self._json(200, {"incoming_phone_numbers": found, "next_page_uri": None})
        number = twilio.number_with(path.removeprefix("/IncomingPhoneNumbers/")[:34])
        twilio.configure(twilio.numbers[number], fields)
        return self._json(200, twilio.number(number))

    def _service(self, path: str, form: Mapping[str, str]) -> None:
        twilio = self.server.twilio
        sid, _, below = path.partition("/")
        if not self._is_account_s():
            return self._error(401, 20003)
        if sid not in twilio.services:
            return self._error(404, 20404)
        service = twilio.services[sid]
        if below.startswith("PhoneNumbers"):
            listed = [twilio.number(number) for number in service["numbers"]]
            meta = {"key": "phone_numbers", "next_page_url": None}
            return self._json(200, {"phone_numbers": listed, "meta": meta})
        twilio.configure(service, form)
        return self._json(200, {"sid": sid, "account_sid": twilio.account_sid, **service})

    def _is_account_s(self) -> bool:
        twilio = self.server.twilio
        login = f"{twilio.account_sid}:{twilio.auth_token}".encode()
        expected = b"Basic " + b64encode(login)
        return compare_digest(self.headers.get("Authorization", "").encode(), expected)

    def _below_account(self, path: str) -> str | None:
        """The path below the account, once the credentials are right; else the error is sent."""
        twilio = self.server.twilio
        if not self._is_account_s():
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
