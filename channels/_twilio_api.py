"""Calls to Twilio's REST API: the official client, and what each failure means for the message.

Every failure leaves here as ``DeliveryError``. The one question that matters is whether the message
may be at Twilio: if so, nothing is sent again before Twilio was asked what it has.
"""

from __future__ import annotations

import json
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException, Session
from requests import Response as Answer
from requests.adapters import HTTPAdapter
from twilio.http.response import Response
from twilio.rest import Client

from channels import _fetching
from channels._http import retry_after, unanswered
from channels._twilio import FAULTS, TwilioSettings
from feedback_hub.domain.message import DeliveryError, SendFault

_THREADS = 16
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


def load() -> None:
    """What the client loads when it is first used for messages."""
    import_module("twilio.rest.api")


def connect(settings: TwilioSettings) -> Client:
    """Twilio's client for the account at ``api_base``, with one pool of kept-alive connections."""
    client = Client(
        settings.account_sid,
        settings.auth_token,
        http_client=_Http(settings.timeouts),
        # A non-empty mapping, or the client reads TWILIO_REGION and the like from the process.
        environment={"": ""},
    )
    client.api.base_url = settings.api_base
    return client


def service(client: Client, settings: TwilioSettings) -> Any:  # noqa: ANN401  theirs has no types
    """The account's messaging service: for who sets it up, so what it needs is loaded here."""
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
        return Response(answer.status_code, answer.text, answer.headers)

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
