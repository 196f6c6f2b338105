"""Calls to Telegram's Bot API, and what each failure means for the message.

Not through the library's own Bot: that is asynchronous, takes a second and 40 MB to load in every
forked job, and its HTTP client logs each address, which has the token in it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping

from requests import RequestException, Response, Session
from requests.adapters import HTTPAdapter

from channels import _fetching
from channels._http import unanswered
from channels._telegram import TelegramSettings
from feedback_hub.domain.message import DeliveryError, SendFault

FAULTS: tuple[tuple[int, str, SendFault, bool], ...] = (
    # HTTP status, part of Telegram's description → what it is to us, and whether the same message
    # can never succeed. Telegram has no finer codes than the status; the first that fits counts.
    # Source: https://core.telegram.org/api/errors and the Bot API server's own texts.
    (401, "", SendFault.CREDENTIALS, False),
    (404, "", SendFault.CREDENTIALS, False),  # what a malformed token gets
    (403, "blocked by the user", SendFault.OPTED_OUT, True),
    (403, "deactivated", SendFault.BAD_ADDRESS, True),  # the account was deleted
    (403, "initiate conversation", SendFault.UNREACHABLE, True),  # only ever wrote in a group
    (403, "", SendFault.BLOCKED, True),
    (409, "", SendFault.REFUSED, False),  # somebody else asks for the same updates
    (400, "chat not found", SendFault.BAD_ADDRESS, True),
    (400, "upgraded to a supergroup", SendFault.BAD_ADDRESS, True),  # nobody's private chat
    (400, "temporarily", SendFault.PROVIDER_DOWN, False),  # a file
)
_LONGEST_WAIT = 3600.0
_THREADS = 16
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


class Api:
    """The Bot API as one bot sees it; used from several threads."""

    def __init__(self, settings: TelegramSettings) -> None:
        # At DEBUG it writes each path down, and the token is in the path.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self._base = settings.api_base
        self._token = settings.token
        self._timeouts = settings.timeouts
        self._session = Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_THREADS))

    def call(
        self,
        method: str,
        parameters: Mapping[str, object] | None = None,
        *,
        writes: bool = False,
        patience: float = 0.0,
    ) -> object:
        """The ``result`` of one call, never repeated here. Raises ``DeliveryError``.

        ``patience``: seconds to wait for the answer, where it is not the usual time.
        """
        connect, read = self._timeouts
        try:
            answer = self._session.post(
                f"{self._base}/bot{self._token}/{method}",
                json=dict(parameters or {}),
                timeout=(connect, patience or read),
                allow_redirects=False,
            )
        except RequestException as error:
            raise unanswered(error, writes) from None
        document = _document(answer)
        if not answer.ok or document is None or document.get("ok") is not True:
            raise _refused(answer, document, writes)
        return document.get("result")

    def download(self, path: str, most: int, seconds: float) -> bytes:
        """The file at ``path`` as ``getFile`` gave it. Raises ``DeliveryError``."""
        if not _PATH.fullmatch(path):
            # A Bot API server in local mode names a file on its own disk.
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="file_path")
        return _fetching.download(
            self._session,
            f"{self._base}/file/bot{self._token}/{path}",
            most=most,
            seconds=seconds,
            timeouts=self._timeouts,
            # A path holds for an hour; asked for again there is a new one.
            may_come=True,
        )


def _document(answer: Response) -> dict[str, object] | None:
    """The JSON object that Telegram always answers with, or None if it was not Telegram."""
    try:
        document = json.loads(answer.content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _refused(
    answer: Response, document: Mapping[str, object] | None, writes: bool
) -> DeliveryError:
    """Telegram, or something in its place, said no.

    After a 5xx the message may be there all the same. A 429 and the other 4xx are answers to a
    request that was not carried out. What is no JSON object came from a proxy or a log-in page,
    which may stand before or after Telegram. Telegram's description never travels on.
    """
    status, code = answer.status_code, str(answer.status_code)
    if status >= 500 or status < 400 or status == 408:
        return DeliveryError(SendFault.PROVIDER_DOWN, outcome_unknown=writes, provider_code=code)
    if status == 429:
        wait = _retry_after(document)
        return DeliveryError(SendFault.RATE_LIMITED, retry_after=wait, provider_code=code)
    if document is None:
        return DeliveryError(SendFault.PROVIDER_DOWN, provider_code=code)
    said = str(document.get("description", "")).lower()
    fault, permanent = next(
        (
            (fault, permanent)
            for known, words, fault, permanent in FAULTS
            if known == status and words in said
        ),
        (SendFault.REFUSED, True),
    )
    return DeliveryError(
        fault,
        permanent=permanent,
        opted_out=fault is SendFault.OPTED_OUT,
        provider_code=code,
    )


def _retry_after(document: Mapping[str, object] | None) -> float | None:
    parameters = document.get("parameters") if document else None
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(seconds, int | float) and seconds >= 0:
        return min(float(seconds), _LONGEST_WAIT)
    return None
