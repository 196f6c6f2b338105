"""A local server that answers as Twilio documents, for tests, faults and benches.

In a test: ``pytest_plugins = ["tests.providers.twilio"]`` gives the fixture ``twilio_server``. As a
process: ``python -m tests.providers.twilio --account AC… --token …`` prints one line of JSON with
its address, and is steered over HTTP (``POST /_control``, ``GET /_accepted``, ``POST /_receipt``).

Numbers with a fixed answer are those of Twilio's test credentials
(https://www.twilio.com/docs/iam/test-credentials), e.g. +15005550004 has opted out.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.providers.serving import Provider
from tests.providers.twilio_calls import CallResource, RecordingResource
from tests.providers.twilio_http import TwilioHandler, TwilioHTTPServer

ACCOUNT_SID = "AC00000000000000000000000000000001"
AUTH_TOKEN = "12345678901234567890123456789012"

NUMBERS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


@dataclass(frozen=True)
class Answer:
    """What happens to one POST of a message: first whether it is taken, then what comes back."""

    accepted: bool = True
    how: str = "answer"  # or "hang", "drop"
    status: int = 201
    code: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


ANSWERS = {
    "accept": Answer(),
    "rate_limit": Answer(False, status=429, code=20429, headers={"Retry-After": "7"}),
    "rate_limit_silent": Answer(False, status=429, code=20429),
    "server_error": Answer(False, status=500, code=20500),
    "server_error_after_accepting": Answer(status=500, code=20500),
    "unavailable": Answer(False, status=503, code=20503, headers={"Retry-After": "30"}),
    "bad_gateway": Answer(False, status=502, body=b"<html>502 Bad Gateway</html>"),
    "login_page": Answer(False, status=200, body=b"<html>Welcome to the airport</html>"),
    "hang": Answer(False, how="hang"),
    "hang_after_accepting": Answer(how="hang"),
    "drop": Answer(False, how="drop"),
    "drop_after_accepting": Answer(how="drop"),
}
"""Answers by name; ``refuse_21614`` and the like are made by ``answer_named``."""


def answer_named(name: str) -> Answer:
    """The answer called ``name``; ``refuse_<code>`` is a 400 with that code."""
    if name.startswith("refuse_"):
        return Answer(False, status=400, code=int(name.removeprefix("refuse_")))
    return ANSWERS[name]


@dataclass
class Message:
    """One message resource."""

    sid: str
    sender: str
    recipient: str
    body: str
    direction: str
    status: str
    created_at: datetime
    sent_at: datetime | None = None
    service: str = ""
    status_callback: str = ""
    media: tuple[tuple[str, str], ...] = ()
    """(SID, content type) of each file."""


class TwilioServer(Provider):
    """The provider's side: what it accepted, what it will answer next, and what it posts to us."""

    def __init__(
        self,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        record: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.clock = clock
        self.messages: list[Message] = []
        self.calls: list[CallResource] = []
        self.recordings: list[RecordingResource] = []
        self.posts = 0
        """POSTs of a message that were understood, whatever became of them."""
        self.queries: list[dict[str, str]] = []
        """Filters of each page of a list that was asked for."""
        self.connections = 0
        self.hung_up = threading.Event()
        """Set once we have closed a connection."""
        self.account = {"status": "active", "type": "Full", "friendly_name": "Test"}
        self.numbers: dict[str, dict[str, str]] = {}
        """Phone number → where it posts, as its resource has it (``sms_url`` and so on)."""
        self.services: dict[str, dict[str, Any]] = {}
        """Messaging service → its resource; ``numbers`` are those in it."""
        self.files: dict[str, bytes] = {}
        """What each media SID holds; one that is not here is gone."""
        self.media_goes_to = ""
        """Where every file is redirected; empty for the CDN, which is this server too."""
        self.cdn_does = "answer"  # or "drip", "cut_short", "deny"
        self.asked_cdn = 0
        self.opted_out: set[str] = set()
        self.hides_bodies = False
        self._lock = threading.Lock()
        self._next: deque[Answer] = deque()
        self._always: Answer | None = None
        self._record = record
        self._host = host
        server = TwilioHTTPServer((host, port), TwilioHandler)
        server.twilio = self
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    @property
    def sent(self) -> list[Message]:
        """What it accepted for sending, oldest first."""
        return [message for message in self.messages if message.direction != "inbound"]

    def answer_next(self, *names: str | Answer) -> None:
        """Answer the next POSTs like this, one after the other, then as usual."""
        self._next.extend(
            name if isinstance(name, Answer) else answer_named(name) for name in names
        )

    def answer_always(self, name: str | Answer | None) -> None:
        """Answer every POST like this from now on; None: as usual again."""
        self._always = answer_named(name) if isinstance(name, str) else name

    def receive(
        self,
        body: str,
        sender: str,
        recipient: str,
        *,
        service: str = "",
        media: tuple[tuple[str, str], ...] = (),
    ) -> Message:
        """A person's message reaches Twilio (its list), and nothing of it reaches us yet."""
        now = self.clock()
        return self._keep(
            Message(
                _sid("MM" if media else "SM"),
                sender,
                recipient,
                body,
                "inbound",
                "received",
                now,
                now,
                service=service,
                media=media,
            )
        )

    def webhook(self, url: str, message: Message, **fields: str) -> httpx.Response:
        """Post ``message`` to ``url`` as Twilio does, signed."""
        return self.post_signed(url, self._inbound(message) | fields)

    def signed(self, client: httpx.Client, url: str, message: Message) -> httpx.Request:
        """The same for a client that keeps its connection."""
        parameters = self._inbound(message)
        return client.build_request(
            "POST", url, data=parameters, headers=self._signature(url, parameters)
        )

    def _inbound(self, message: Message) -> dict[str, str]:
        parameters = {
            "ToCountry": "US",
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": self.account_sid,
            "From": message.sender,
            "To": message.recipient,
            "Body": message.body,
            "SmsStatus": "received",
            "NumSegments": "1",
            "NumMedia": str(len(message.media)),
            "ApiVersion": "2010-04-01",
        }
        for number, (sid, content_type) in enumerate(message.media):
            parameters[f"MediaUrl{number}"] = f"{self.url}{self._media_path(message, sid)}"
            parameters[f"MediaContentType{number}"] = content_type
        return parameters

    def receipt(self, sid: str, status: str, error_code: str = "", url: str = "") -> httpx.Response:
        """A message's state changes; Twilio posts it to its StatusCallback (or ``url``)."""
        message = next(message for message in self.messages if message.sid == sid)
        message.status = status
        if status not in ("accepted", "scheduled", "queued", "sending"):
            message.sent_at = message.sent_at or self.clock()
        parameters = {
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "AccountSid": self.account_sid,
            "From": message.sender,
            "To": message.recipient,
            "ApiVersion": "2010-04-01",
        } | ({"ErrorCode": error_code} if error_code else {})
        return self.post_signed(url or message.status_callback, parameters)

    def post_signed(self, url: str, parameters: Mapping[str, str]) -> httpx.Response:
        """POST a form with its signature."""
        headers = self._signature(url, parameters)
        return httpx.post(url, data=dict(parameters), headers=headers, timeout=60, trust_env=False)

    def _signature(self, url: str, parameters: Mapping[str, str]) -> dict[str, str]:
        signature = RequestValidator(self.auth_token).compute_signature(url, parameters)
        return {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}

    def take(self, form: Mapping[str, str]) -> tuple[Answer, Message | None]:
        """Decide about one POST: what to answer, and the message if it was accepted."""
        with self._lock:
            self.posts += 1
            answer = self._next.popleft() if self._next else self._always
        if answer is None:
            code = self._fault(form)
            answer = Answer(False, status=400, code=code) if code else Answer()
        if not answer.accepted:
            return answer, None
        message = Message(
            sid=_sid("SM"),
            sender=form.get("From", ""),
            recipient=form["To"],
            body=form["Body"],
            direction="outbound-api",
            status="queued" if form.get("From") else "accepted",
            created_at=self.clock(),
            service=form.get("MessagingServiceSid", ""),
            status_callback=form.get("StatusCallback", ""),
        )
        return answer, self._keep(message)

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of the message list, newest first."""
        self.queries.append(dict(query))
        size = min(int(query.get("PageSize", 50)), 1000)
        page = int(query.get("Page", 0))
        found = [message for message in reversed(self.messages) if _matches(message, query)]
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        start, end = page * size, (page + 1) * size
        following = {**query, "PageSize": size, "Page": page + 1, "PageToken": f"PA{end}"}
        return {
            "messages": [self.resource(message) for message in found[start:end]],
            "page": page,
            "page_size": size,
            "start": start,
            "end": min(end, len(found)),
            "uri": f"{path}?{urlencode(query)}",
            "first_page_uri": f"{path}?{urlencode({**query, 'PageSize': size, 'Page': 0})}",
            "next_page_uri": f"{path}?{urlencode(following)}" if end < len(found) else None,
            "previous_page_uri": None,
        }

    def message(self, sid: str) -> Message | None:
        """The message with this SID."""
        return next((one for one in self.sent if one.sid == sid), None)

    def resource(self, message: Message) -> dict[str, Any]:
        """A message as the API shows it."""
        sent_at = message.sent_at
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}"
        return {
            "sid": message.sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": message.service or None,
            "from": message.sender or None,
            "to": message.recipient,
            "body": "" if self.hides_bodies else message.body,
            "status": message.status,
            "direction": message.direction,
            "num_media": str(len(message.media)),
            "num_segments": "1",
            "date_created": _rfc2822(message.created_at),
            "date_updated": _rfc2822(sent_at or message.created_at),
            "date_sent": _rfc2822(sent_at) if sent_at else None,
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"{path}.json",
            "subresource_uris": {"media": f"{path}/Media.json"},
        }

    def number(self, number: str) -> dict[str, Any]:
        """A number as the API shows it; its SID is made of its digits."""
        urls = {"sms_url": "", "sms_method": "POST", "sms_fallback_url": ""}
        known = urls | self.numbers[number]
        sid = f"PN{number.lstrip('+'):0>32}"
        return {"sid": sid, "account_sid": self.account_sid, "phone_number": number} | known

    def number_with(self, sid: str) -> str:
        """The number whose resource has this SID."""
        return next(number for number in self.numbers if self.number(number)["sid"] == sid)

    def configure(self, resource: dict[str, Any], form: Mapping[str, str]) -> None:
        """Take the fields of an update: ``SmsUrl`` is ``sms_url``."""
        for name, value in form.items():
            key = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
            resource[key] = {"true": True, "false": False}.get(value.lower(), value)

    def dial(self, form: Mapping[str, str]) -> dict[str, Any]:
        """We are asked to ring somebody; ``answer_call`` lets them answer."""
        call = CallResource(
            _sid("CA"),
            form["From"],
            form["To"],
            self.clock(),
            status="queued",
            direction="outbound-api",
            url=form["Url"],
        )
        with self._lock:
            self.calls.append(call)
        return call.resource(_rfc2822)

    def answer_call(self, call: CallResource, *keys: str) -> list[str]:
        """Whoever is rung answers and presses keys, one at each question; what was answered."""
        heard, url = [], call.url
        for digits in ("", *keys):
            form = {
                "CallSid": call.sid,
                "AccountSid": self.account_sid,
                "Direction": "outbound-api",
                "From": call.sender,
                "To": call.recipient,
                "CallStatus": "in-progress",
            } | ({"Digits": digits} if digits else {})
            answer = self.post_signed(url, form)
            assert answer.status_code == 200
            heard.append(answer.text)
            action = re.search(r'<Gather[^>]* action="([^"]+)"', answer.text)
            if action is None:
                break
            url = action[1].replace("&amp;", "&")
        call.status = "completed"
        return heard

    def calls_page(self) -> dict[str, Any]:
        """Every call to us, the newest first."""
        found = [call.resource(_rfc2822) for call in reversed(self.calls)]
        return {"calls": found, "next_page_uri": None}

    def recordings_page(self) -> dict[str, Any]:
        """Every recording, the newest first."""
        found = [one.resource(_rfc2822) for one in reversed(self.recordings)]
        return {"recordings": found, "next_page_uri": None}

    def sound(self, sid: str) -> bytes | None:
        """A recording's sound; None if there is none."""
        return next((one.sound for one in self.recordings if one.sid == sid), None)

    def media_page(self, sid: str) -> dict[str, Any]:
        """The files of one message."""
        message = next(message for message in self.messages if message.sid == sid)
        return {
            "media_list": [
                {"sid": one, "content_type": kind, "uri": f"{self._media_path(message, one)}.json"}
                for one, kind in message.media
            ],
            "next_page_uri": None,
        }

    def _media_path(self, message: Message, sid: str) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}/Media/{sid}"

    def _fault(self, form: Mapping[str, str]) -> int:
        to = form.get("To", "")
        faults = {
            21604: not to,
            21602: not form.get("Body"),
            21617: len(form.get("Body", "")) > 1600,
            21603: not form.get("From") and not form.get("MessagingServiceSid"),
            21610: to in self.opted_out,
            NUMBERS.get(to, 0): to in NUMBERS,
            21211: not re.fullmatch(r"(whatsapp:)?\+[1-9]\d{6,14}", to),
        }
        return next((code for code, applies in faults.items() if applies), 0)

    def _keep(self, message: Message) -> Message:
        with self._lock:
            self.messages.append(message)
            if self._record:
                with self._record.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(self.resource(message)) + "\n")
        return message


def _matches(message: Message, query: Mapping[str, str]) -> bool:
    if query.get("To", message.recipient) != message.recipient:
        return False
    if query.get("From", message.sender) != message.sender:
        return False
    limits = {key: query[key] for key in ("DateSent", "DateSent<", "DateSent>") if key in query}
    if not limits:
        return True
    if message.sent_at is None:
        return False
    sent_on = message.sent_at.date()
    days = {key: date.fromisoformat(day[:10]) for key, day in limits.items()}
    return (
        days.get("DateSent", sent_on) == sent_on
        and days.get("DateSent>", sent_on) <= sent_on
        and days.get("DateSent<", sent_on) >= sent_on
    )


def _sid(kind: str) -> str:
    return kind + uuid.uuid4().hex


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


@pytest.fixture
def twilio_server() -> Iterator[TwilioServer]:
    """A fresh Twilio on a port of its own."""
    server = TwilioServer().start()
    yield server
    server.stop()


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", default=ACCOUNT_SID)
    parser.add_argument("--token", default=AUTH_TOKEN)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path, help="append each message, a line of JSON each")
    options = parser.parse_args()
    # Before any thread starts, so that the signal waits for us in all of them.
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    server = TwilioServer(
        options.account, options.token, port=options.port, record=options.record
    ).start()
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    signal.sigwait(stops)
    server.stop()


if __name__ == "__main__":
    main()
