"""Calls to Twilio's REST API, and what each failure means for the message.

Every failure leaves here as ``DeliveryError``. The one question that matters is whether the message
may be at Twilio: if so, nothing is sent again before Twilio was asked what it has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException, Session
from requests import Response as Answer
from requests.adapters import HTTPAdapter
from twilio.http.response import Response

from channels import _fetching
from channels._http import retry_after, unanswered
from channels._twilio import FAULTS, TwilioSettings
from feedback_hub.domain.message import DeliveryError, SendFault

_THREADS = 16
_LARGEST_PAGE = 1000
_SAID = {"Accept": "application/json", "User-Agent": "feedback_hub"}
_TIMES = frozenset({"date_created", "start_time"})
_MEDIA_DOMAIN = "twiliocdn.com"


def download(
    settings: TwilioSettings, url: str, most: int, seconds: float, *, may_come: bool = False
) -> bytes:
    """A file of the account's, within ``most`` bytes and ``seconds``. Raises ``DeliveryError``.

    ``may_come``: a recording that is not there may still be on its way from the call.
    """
    with Session() as session:
        return _fetching.download(
            session,
            url,
            most=most,
            seconds=seconds,
            timeouts=settings.timeouts,
            auth=(settings.account_sid, settings.auth_token),
            may_follow=partial(_is_media_host, settings.api_base),
            may_come=may_come,
        )


def _is_media_host(api_base: str, url: str) -> bool:
    """Twilio sends every file of a message on to its own CDN; a relay or a test stands for both."""
    return _fetching.is_https_on(url, _MEDIA_DOMAIN) or (
        api_base != TwilioSettings.api_base and _fetching.same_origin(url, api_base)
    )


class Record:
    """A resource as Twilio answers with it; times are times, and ``from_`` is its ``from``."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  of any type, or None
        value = self._document.get(name.removesuffix("_"))
        return _time(value) if name in _TIMES else value


class Account:
    """What belongs to the account itself: its messages, calls, recordings and numbers.

    By hand: to make an object of each, Twilio's own library loads a hundred modules, 7 MB.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        self._auth = (settings.account_sid, settings.auth_token)
        self._base = settings.api_base
        self._path = f"/2010-04-01/Accounts/{settings.account_sid}"
        self._http = _Http(settings.timeouts)

    def post(self, what: str, **fields: str | int) -> Record:
        """Make one, or change the one whose path ``what`` is. Raises ``DeliveryError``."""
        given = {_wire(name): value for name, value in fields.items()}
        return Record(self._ask("POST", f"{self._path}/{what}.json", data=given))

    def get(self, what: str = "") -> Record:
        """One, or the account. Raises ``DeliveryError``."""
        return Record(self._ask("GET", f"{self._path}{what and '/'}{what}.json"))

    def listed(self, what: str, key: str, most: int, **filters: str) -> list[Any]:
        """Up to ``most`` of them as ``Record``, as Twilio sorts them. Raises ``DeliveryError``.

        ``since`` in a filter's name asks for what is later than that.
        """
        asked: dict[str, object] = {
            _wire(name.removesuffix("_since")) + ">" * name.endswith("_since"): value
            for name, value in filters.items()
        }
        page = self._ask(
            "GET",
            f"{self._path}/{what}.json",
            params=asked | {"PageSize": min(most, _LARGEST_PAGE)},
        )
        found: list[Record] = []
        while True:
            items = page.get(key)
            if isinstance(items, list):
                found += [Record(item) for item in items if isinstance(item, dict)]
            following = str(page.get("next_page_uri"))
            # From another place than this host the account's token would go there.
            if len(found) >= most or not following.startswith("/"):
                return found[:most]
            page = self._ask("GET", following)

    def _ask(self, method: str, path: str, **given: Any) -> dict[str, object]:
        uri = f"{self._base}{path}"
        return self._http.ask(method, uri, headers=dict(_SAID), auth=self._auth, **given)[1]


def _time(value: object) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _wire(name: str) -> str:
    """``status_callback`` is ``StatusCallback``."""
    return name.title().replace("_", "")


def service(settings: TwilioSettings) -> Any:  # noqa: ANN401  theirs has no types
    """The account's messaging service, by Twilio's library: for who sets it up."""
    from twilio.rest import Client  # noqa: PLC0415  30 modules more

    client = Client(
        settings.account_sid,
        settings.auth_token,
        http_client=_Http(settings.timeouts),
        # A non-empty mapping, or the client reads TWILIO_REGION and the like from the process.
        environment={"": ""},
    )
    # A host of its own at Twilio; a relay or a test stands for both.
    if settings.api_base != TwilioSettings.api_base:
        client.messaging.base_url = settings.api_base
    return client.messaging.v1.services(settings.messaging_service_sid)


class _Http:
    """What Twilio's client calls with, in place of its own: both time-outs, our errors, no log.

    Its own one logs each request's query, which for a list is a person's number.
    """

    def __init__(self, timeouts: tuple[float, float]) -> None:
        self._timeouts = timeouts
        self._line = HTTPAdapter(pool_maxsize=_THREADS)
        self._ways: dict[str, dict[str, Any]] = {}

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """As Twilio's client asks for it. Raises ``DeliveryError``."""
        answer, _ = self.ask(method, uri, params, data, headers, auth)
        return Response(answer.status_code, answer.text, answer.headers)

    def ask(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[Answer, dict[str, object]]:
        """One request, never repeated here. Raises ``DeliveryError``."""
        writes = method.upper() != "GET"
        asked = PreparedRequest()
        try:
            asked.prepare(method, uri, headers, data=data, params=params, auth=auth)
            answer = self._line.send(asked, timeout=self._timeouts, **self._way(uri))
            _ = answer.content  # all of it is read here, or has failed
        except RequestException as error:
            # Its message holds the URL, and with it the number: it must not travel on.
            raise unanswered(error, writes) from None
        # Left to itself requests guesses, and Portuguese comes out wrong.
        answer.encoding = "utf-8"
        document = _document(answer)
        if not answer.ok or document is None:
            raise _refused(answer, document, writes)
        return answer, document

    def _way(self, uri: str) -> dict[str, Any]:
        """Proxies and certificates that the process was started with, for the host of ``uri``.

        Looked up once: a session of requests does so, among more, for each call, and that is most
        of what a call costs.
        """
        parts = urlsplit(uri)
        host = f"{parts.scheme}://{parts.netloc}/"
        if host not in self._ways:
            with Session() as session:
                self._ways[host] = dict(
                    session.merge_environment_settings(host, {}, False, None, None)
                )
        return self._ways[host]


def _document(answer: Answer) -> dict[str, object] | None:
    """The JSON object that Twilio always answers with, or None if it was not Twilio."""
    try:
        document = json.loads(answer.text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _refused(answer: Answer, document: dict[str, object] | None, writes: bool) -> DeliveryError:
    """Twilio, or something in its place, said no.

    A 5xx is told apart from a refusal even when it carries Twilio's error document: the message may
    have been queued before the answer failed, and asking first costs one request. A 429 and the
    other 4xx are answers to a request that was not carried out. What is no JSON object came from a
    proxy or a log-in page, which may stand before or after Twilio.
    """
    status = answer.status_code
    code = str(document.get("code") or "") if document else ""
    wait = retry_after(answer)
    if status >= 500 or status < 400 or status == 408:
        return DeliveryError(
            SendFault.PROVIDER_DOWN,
            outcome_unknown=writes,
            retry_after=wait,
            provider_code=code or str(status),
        )
    fault, permanent = FAULTS.get(code, (SendFault.REFUSED, True))
    if status == 429:
        fault, permanent = SendFault.RATE_LIMITED, False
    elif code not in FAULTS and status in (401, 403, 404):
        fault, permanent = SendFault.CREDENTIALS, False
    elif not code:
        fault, permanent = SendFault.PROVIDER_DOWN, False
    return DeliveryError(
        fault,
        permanent=permanent,
        retry_after=wait,
        opted_out=fault is SendFault.OPTED_OUT,
        provider_code=code or str(status),
    )
