"""Somebody on the telephone: follows TwiML as Twilio documents it, and posts what Twilio posts.

https://www.twilio.com/docs/voice/twiml. What is not allowed there fails the test that said it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

Post = Callable[[str, Mapping[str, str]], tuple[int, str]]
"""POSTs a signed form: the status and the body of the answer."""

ACTS = {"Gather", "Record", "Dial", "Redirect", "Hangup", "Reject"}
ALLOWED = {
    "Response": {"Say", "Play", "Pause", *ACTS},
    "Gather": {"Say", "Play", "Pause"},
    "Dial": {"Number"},
}


@dataclass
class CallResource:
    """One call as the API lists it."""

    sid: str
    sender: str
    recipient: str
    started_at: datetime
    status: str = "in-progress"
    direction: str = "inbound"
    url: str = ""

    def resource(self, rfc2822: Callable[[datetime], str]) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "from": self.sender,
            "to": self.recipient,
            "direction": self.direction,
            "status": self.status,
            "date_created": rfc2822(self.started_at),
            "start_time": rfc2822(self.started_at),
        }


@dataclass
class RecordingResource:
    """One recording, and its sound."""

    sid: str
    call_sid: str
    made_at: datetime
    duration: str = "9"
    sound: bytes = b"ID3 somebody speaks"

    def resource(self, rfc2822: Callable[[datetime], str]) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "call_sid": self.call_sid,
            "duration": self.duration,
            "date_created": rfc2822(self.made_at),
        }


@dataclass
class Phone:
    """One call. ``url`` is the channel's address; ``heard`` what was said, in order."""

    post: Post
    url: str
    sender: str
    recipient: str = "+15005550006"
    account_sid: str = "AC00000000000000000000000000000001"
    api: str = "https://api.twilio.com"
    sid: str = field(default_factory=lambda: f"CA{uuid.uuid4().hex}")
    heard: list[str] = field(default_factory=list)
    played: list[str] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    is_over: bool = False
    dialed: str = ""
    answers: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Each request and its TwiML."""
    _waits: ET.Element | None = None
    _next: str = ""

    def ring(self) -> Phone:
        """Dial the number."""
        self._ask(f"{self.url}/voice", {"CallStatus": "ringing"})
        return self

    def key(self, digits: str) -> Phone:
        """Press keys; all that a Gather waits for go with it."""
        gather = self._waiting("Gather")
        most = int(gather.get("numDigits", "99"))
        self._ask(gather.get("action", ""), {"Digits": digits[:most], "msg": "Gather End"})
        return self

    def silence(self) -> Phone:
        """Do nothing until it times out."""
        waits = self._waits
        assert waits is not None
        if waits.tag == "Gather":
            assert waits.get("actionOnEmptyResult") == "true"
            self._ask(waits.get("action", ""), {"Digits": ""})
        elif waits.tag == "Record":
            self._ask(self._next, {})
        else:
            self._ask(waits.get("action", ""), {"DialCallStatus": "no-answer"})
        return self

    def speak(self, *, hang_up: bool = False) -> str:
        """Leave a message; the recording's id."""
        record = self._waiting("Record")
        sid = f"RE{uuid.uuid4().hex}"
        self.recordings.append(sid)
        url = f"{self.api}/2010-04-01/Accounts/{self.account_sid}/Recordings/{sid}"
        said = {
            "RecordingUrl": url,
            "RecordingSid": sid,
            "RecordingDuration": "9",
            "Digits": "hangup" if hang_up else "#",
        }
        self._ask(record.get("action", ""), said | ({"CallStatus": "completed"} if hang_up else {}))
        if hang_up:
            self.is_over = True
        return sid

    def talk(self) -> Phone:
        """The operator answers, and hangs up in the end."""
        self._ask(self._waiting("Dial").get("action", ""), {"DialCallStatus": "completed"})
        return self

    def repeat(self) -> None:
        """Twilio posts the last request once more; the answer must be the same."""
        url, form, twiml = self.answers[-1]
        assert self.post(url, form) == (200, twiml)

    def end(self, status: str = "completed") -> None:
        """The call is over, whoever ended it."""
        self.is_over = True
        code, _ = self.post(f"{self.url}/status", self._form({"CallStatus": status}))
        assert code in {200, 204}

    @property
    def waits_for(self) -> str:
        """The verb that waits for the caller; empty once the call is over."""
        return "" if self.is_over or self._waits is None else self._waits.tag

    def _waiting(self, verb: str) -> ET.Element:
        assert self._waits is not None
        assert self._waits.tag == verb, self.answers[-1][2]
        return self._waits

    def _ask(self, url: str, fields: Mapping[str, str]) -> None:
        form = self._form({"CallStatus": "in-progress", **fields})
        code, twiml = self.post(url, form)
        self.answers.append((url, form, twiml))
        assert code == 200, twiml
        self._follow(twiml)

    def _form(self, fields: Mapping[str, str]) -> dict[str, str]:
        return {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
            "From": self.sender,
            "To": self.recipient,
            **fields,
        }

    def _follow(self, twiml: str) -> None:
        root = ET.fromstring(twiml)  # noqa: S314  our own
        assert root.tag == "Response"
        self._waits, self._next = None, ""
        for number, verb in enumerate(root):
            assert verb.tag in ALLOWED["Response"], twiml
            assert {child.tag for child in verb} <= ALLOWED.get(verb.tag, set()), twiml
            self._listen(verb)
            for child in verb:
                self._listen(child)
            if action := verb.get("action"):
                assert action.startswith(f"{self.url}/voice?"), twiml
                assert not any(part.isdigit() and len(part) > 3 for part in _words(action)), twiml
            if verb.tag in {"Gather", "Record", "Dial"}:
                self._waits = verb
                rest = list(root)[number + 1 :]
                if verb.tag == "Record":
                    assert [one.tag for one in rest] == ["Redirect"]
                    self._next = rest[0].text or ""
                else:
                    assert rest == []
                if verb.tag == "Dial":
                    self.dialed = verb[0].text or ""
                return
        assert root[-1].tag in {"Hangup", "Reject"}, twiml
        self.is_over = True

    def _listen(self, verb: ET.Element) -> None:
        if verb.tag == "Say":
            assert verb.get("language") in {"pt-PT", "en-GB"}
            assert (verb.text or "").strip()
            self.heard.append(verb.text or "")
        elif verb.tag == "Play":
            self.played.append(verb.text or "")


def _words(url: str) -> list[str]:
    return urlsplit(url).query.replace("=", "&").replace(".", "&").split("&")
