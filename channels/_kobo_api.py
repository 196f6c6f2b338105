"""Reads a Kobo server: submissions in order of their number, edited ones again, files.

API: https://support.kobotoolbox.org/data_endpoint.html. It tells no time of change
(https://github.com/kobotoolbox/kpi/issues/7259), but an edited submission names the one before it
(``meta/deprecatedID``): those are asked for now and then, and the hub knows which it has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from requests import RequestException, Session
from requests import Response as Answer

from channels import _fetching
from channels._http import retry_after, unanswered
from channels._kobo import KoboSettings
from feedback_hub.domain.message import DeliveryError, SendFault

PAGE = 100
EDITS_EVERY = timedelta(hours=1)
# Where the two public servers keep their files besides their own host.
_FILES = {
    "kf.kobotoolbox.org": frozenset({"kc.kobotoolbox.org"}),
    "eu.kobotoolbox.org": frozenset({"kc-eu.kobotoolbox.org"}),
}

Query = Mapping[str, Any]


@dataclass(frozen=True)
class Cursor:
    """How far an account has been read, by Kobo's numbers.

    What is at or before ``first`` was there before the hub. ``last`` is the newest one taken,
    ``swept`` when the last look for edits began (ISO 8601), and ``until`` the newest one then: what
    came after it is read a second time, because two numbers may appear in the wrong order.
    ``sweeping`` is how far the present look for edits has come, ``mark`` the newest one at its
    beginning.
    """

    first: int
    last: int
    swept: str
    until: int
    sweeping: int | None = None
    mark: int = 0

    @classmethod
    def read(cls, written: str) -> Cursor | None:
        """The one ``written`` says; None where it says none."""
        try:
            return cls(**json.loads(written))
        except (ValueError, TypeError):
            return None

    def write(self) -> str:
        """As the hub keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def new(cls, first: int, now: datetime) -> Cursor:
        """Before the first look, from ``first`` on."""
        return cls(first, first, now.isoformat(), first)

    def due(self, now: datetime) -> bool:
        """Whether it is time to look for edits."""
        return now - datetime.fromisoformat(self.swept) >= EDITS_EVERY


@dataclass(frozen=True)
class Page:
    """Submissions as they came, where to go on, and whether there is more to ask at once."""

    submissions: tuple[dict[str, Any], ...]
    cursor: Cursor
    more: bool


class KoboApi:
    """One account's view of its server."""

    def __init__(self, settings: KoboSettings) -> None:
        self._settings = settings
        self._session = Session()
        # Nothing of this machine's (a .netrc) may log in instead.
        self._session.trust_env = False

    def newest(self) -> int:
        """The number of the newest submission, 0 if there is none. Raises ``DeliveryError``."""
        found = self._data({}, newest_first=True, most=1)
        return _highest(found, 0)

    def next(self, cursor: Cursor, now: datetime) -> Page:
        """New submissions; once they are read and an hour is over, the edited ones again.

        Raises ``DeliveryError``.
        """
        if cursor.sweeping is not None:
            return self._edited(cursor, cursor.sweeping, now)
        found = self._data({"_id": {"$gt": cursor.last}})
        ahead = replace(cursor, last=_highest(found, cursor.last))
        if len(found) >= PAGE:
            return Page(tuple(found), ahead, more=True)
        if not cursor.due(now):
            return Page(tuple(found), ahead, more=False)
        return Page(tuple(found), replace(ahead, sweeping=ahead.first, mark=ahead.last), more=True)

    def _edited(self, cursor: Cursor, after: int, now: datetime) -> Page:
        done = replace(cursor, swept=now.isoformat(), until=cursor.mark, sweeping=None)
        wanted = [{"meta/deprecatedID": {"$exists": True}}, {"_id": {"$gt": cursor.until}}]
        try:
            found = self._data({"_id": {"$gt": after}, "$or": wanted})
        except DeliveryError as error:
            if error.fault is not SendFault.REFUSED:
                raise
            # A server that does not know the question still has new submissions to give.
            return Page((), done, more=False)
        if len(found) < PAGE:
            return Page(tuple(found), done, more=False)
        return Page(tuple(found), replace(cursor, sweeping=_highest(found, after)), more=True)

    def describe(self) -> str:
        """One line on the form. Raises ``DeliveryError``."""
        form = self._json(f"{self._form}/", {"format": "json"})
        if form.get("deployment__active") is False:
            return "Kobo form reached, but it is not deployed: nobody can fill it in"
        return "Kobo form reached"

    def fetch(self, url: str, most: int, seconds: float) -> bytes:
        """The file at ``url``. Raises ``DeliveryError``; see ``HoldsFiles.fetch``."""
        if not self._is_ours(url):
            raise _fetching.foreign_host()
        return _fetching.download(
            self._session,
            url,
            most=most,
            seconds=seconds,
            timeouts=self._settings.timeouts,
            headers=self._headers,
        )

    @property
    def _form(self) -> str:
        return f"{self._settings.pull_url}/api/v2/assets/{self._settings.form}"

    def _is_ours(self, url: str) -> bool:
        """The token goes to the server it is for, and to no address that a form names."""
        try:
            asked, own = urlsplit(url), urlsplit(self._settings.pull_url)
            if "@" in asked.netloc:
                return False
            if (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
                return True
            files = _FILES.get(own.netloc, frozenset())
            return asked.scheme == "https" and asked.netloc in files
        except ValueError:
            return False

    def _data(
        self, query: Query, *, newest_first: bool = False, most: int = PAGE
    ) -> list[dict[str, Any]]:
        parameters = {
            "format": "json",
            "query": json.dumps(query),
            "sort": json.dumps({"_id": -1 if newest_first else 1}),
            "limit": str(most),
        }
        results = self._json(f"{self._form}/data/", parameters).get("results")
        if not isinstance(results, list):
            raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="no results")
        return [one for one in results if isinstance(one, dict)]

    def _json(self, url: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer = self._get(url, parameters)
        _refuse(answer)
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            # A log-in page or a proxy's own.
            raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="no JSON")
        return document

    def _get(self, url: str, parameters: Mapping[str, str]) -> Answer:
        settings = self._settings
        try:
            return self._session.get(
                url,
                params=parameters,
                headers=self._headers,
                timeout=settings.timeouts,
                # Elsewhere than where we asked is not the provider's own host.
                allow_redirects=False,
            )
        except RequestException as error:
            raise unanswered(error, writes=False) from None

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Token {self._settings.pull_token}"}


def _highest(submissions: list[dict[str, Any]], least: int) -> int:
    numbers = [least]
    for one in submissions:
        try:
            numbers.append(int(one["_id"]))
        except (KeyError, TypeError, ValueError):
            continue
    if submissions and len(numbers) == 1:
        # Going on from here would be for ever the same page.
        raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="no _id")
    return max(numbers)


def _refuse(answer: Answer) -> None:
    """Raise what a status other than 200 means."""
    status = answer.status_code
    if status == 200:
        return
    code, wait = str(status), retry_after(answer)
    if status in (401, 403, 404):
        # Kobo has no form for whoever may not see it.
        raise DeliveryError(SendFault.CREDENTIALS, provider_code=code)
    if status == 429:
        raise DeliveryError(SendFault.RATE_LIMITED, retry_after=wait, provider_code=code)
    if 400 <= status < 500:
        raise DeliveryError(SendFault.REFUSED, provider_code=code)
    raise DeliveryError(SendFault.PROVIDER_DOWN, retry_after=wait, provider_code=code)
