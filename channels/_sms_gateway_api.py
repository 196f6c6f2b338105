"""Calls to a gateway, and what each answer means for the message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from requests import RequestException, Response, Session
from requests.adapters import HTTPAdapter

from channels._http import retry_after, unanswered
from channels._sms_gateways import GatewaySettings, Profile
from feedback_hub.domain.message import DeliveryError, SendFault

REFUSALS: tuple[tuple[str, SendFault, bool], ...] = (
    # What Kannel's smsbox answers → what it is to us, and whether the same text can never succeed.
    # Source: gw/smsbox.c of 1.4.5, and what Debian's answers.
    ("Temporal failure", SendFault.PROVIDER_DOWN, False),
    ("Authorization failed", SendFault.CREDENTIALS, False),
    ("Sender missing", SendFault.CREDENTIALS, False),
    ("Not routable", SendFault.BAD_ADDRESS, True),
    ("Missing receiver number", SendFault.BAD_ADDRESS, True),
    ("Empty receiver number", SendFault.BAD_ADDRESS, True),
    ("Number(s) has/have been denied", SendFault.BLOCKED, True),
)
_STATUS_FAULTS: Mapping[int, tuple[SendFault, bool]] = {
    401: (SendFault.CREDENTIALS, False),
    402: (SendFault.CREDENTIALS, False),  # no credit left
    403: (SendFault.CREDENTIALS, False),
    404: (SendFault.CREDENTIALS, False),  # send_url is not the gateway's
    405: (SendFault.CREDENTIALS, False),
    429: (SendFault.RATE_LIMITED, False),
}
_THREADS = 16
_LONGEST_READ = 2000


class Gateway:
    """One gateway, with one pool of kept-alive connections."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._session = Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_THREADS))

    def call(
        self, method: str, url: str, pairs: Sequence[tuple[str, str, str]], *, writes: bool = True
    ) -> Response:
        """One request, never repeated here. Raises ``DeliveryError`` when no answer came."""
        filled = [(name, value) for name, _, value in pairs]
        body: dict[str, Any] = {"params": filled}
        if method != "get":
            body = {"data": filled} if method == "form" else {"json": _document(pairs)}
        names = self._settings
        in_parameters = any("{password}" in line for line in names.send_parameters)
        login = None if in_parameters or not names.username else (names.username, names.password)
        try:
            answer = self._session.request(
                "GET" if method == "get" else "POST",
                url,
                auth=login,
                timeout=names.timeouts,
                allow_redirects=False,
                **body,
            )
        except RequestException as error:
            raise unanswered(error, writes) from None
        answer.encoding = "utf-8"
        return answer

    def refuse(self, answer: Response, *, writes: bool = True) -> None:
        """Raise ``DeliveryError`` unless the gateway took it.

        What neither its status nor its words settle may be on the air: nobody sends it again.
        """
        status, names = answer.status_code, self._settings
        said = answer.text[:_LONGEST_READ]
        wait, code = retry_after(answer), str(status)
        if 200 <= status < 300:
            if names.refused_pattern and re.match(names.refused_pattern, said):
                raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code=code)
            if writes and names.accepted_pattern and not re.match(names.accepted_pattern, said):
                raise DeliveryError(SendFault.NO_ANSWER, outcome_unknown=True, provider_code=code)
            return
        for words, fault, permanent in REFUSALS:
            if names.profile is Profile.KANNEL and said.startswith(words):
                raise DeliveryError(
                    fault, permanent=permanent, retry_after=wait, provider_code=code
                )
        if status >= 500 or status < 400 or status == 408:
            raise DeliveryError(
                SendFault.PROVIDER_DOWN,
                outcome_unknown=writes,
                retry_after=wait,
                provider_code=code,
            )
        fault, permanent = _STATUS_FAULTS.get(status, (SendFault.REFUSED, True))
        raise DeliveryError(fault, permanent=permanent, retry_after=wait, provider_code=code)


def _document(pairs: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """``a.b`` is a name within an object, ``a[]`` an item of a list; 1 and true are no text."""
    document: dict[str, Any] = {}
    for name, template, value in pairs:
        *path, last = name.split(".")
        inner = document
        for part in path:
            inner = inner.setdefault(part, {})
        typed = json.loads(value) if re.fullmatch(r"-?\d{1,9}|true|false", template) else value
        if last.endswith("[]"):
            inner.setdefault(last[:-2], []).append(typed)
        else:
            inner[last] = typed
    return document
