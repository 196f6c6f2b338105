"""Forms of KoboToolbox and ODK. Set-up: ``docs/channels/kobo.md``."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from channels._kobo import KoboSettings, PullFrom
from channels._kobo_read import Where, read
from channels.base import Item, Pulled, Unparseable, Unverified, WebhookReply, WebhookRequest
from feedback_hub.domain.message import (
    Attachment,
    DeliveryError,
    InboundMessage,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.submission import Submission

if TYPE_CHECKING:
    from channels._kobo_api import KoboApi

_KEPT = WebhookReply(200, b'{"received": true}', "application/json")


class Adapter:
    """One form."""

    Settings: ClassVar[type] = KoboSettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {"inbound": frozenset({"POST"})}
    one_way: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        settings: KoboSettings,
        public_url: str,
        *,
        country: str = "",
        timezone: tzinfo = UTC,
    ) -> None:
        """``country`` and ``timezone`` are the hub's: what was written down is of there."""
        self.name = name
        self.settings = settings
        self.public_url = public_url.rstrip("/")
        self._where = Where(country, timezone)

    def verify(self, request: WebhookRequest) -> None:
        """Check the log-in. Raises ``Unverified``; always, where none was set."""
        login = f"{self.settings.username}:{self.settings.password}".encode()
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        same = hmac.compare_digest(given, b"Basic " + b64encode(login))
        if not same or not self.settings.password:
            raise Unverified("wrong user or password")

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """The matters in one submission. Raises ``Unparseable``."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Unparseable("not JSON")
        try:
            submission = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Unparseable("not readable JSON") from None
        if not isinstance(submission, dict):
            raise Unparseable("not a submission")
        return self._read(submission, now)

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """That it is here; Kobo takes any 2xx for success."""
        return _KEPT

    def send(self, message: OutboundMessage) -> str:
        """Nobody is reached through a form. Raises ``DeliveryError``."""
        raise DeliveryError(SendFault.UNREACHABLE, permanent=True, provider_code="form")

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Nothing was ever sent."""
        return None

    def missed(self, since: datetime) -> Sequence[InboundMessage | Submission]:
        """Nothing: a form that is pulled is caught up with by pulling."""
        return ()

    def pulls(self) -> bool:
        """Whether there is a server to read."""
        return bool(self.settings.pull_url)

    def pull(self, cursor: str, now: datetime) -> Pulled:
        """New submissions, and now and then the edited ones. Raises ``DeliveryError``."""
        from channels._kobo_api import Cursor

        at = Cursor.read(cursor)
        if at is None:
            begin = self._api.newest() if self.settings.pull_from is PullFrom.NEW else 0
            return Pulled((), Cursor.new(begin, now).write(), more=True)
        page = self._api.next(at, now)
        deliveries = [self._delivery(submission, now) for submission in page.submissions]
        return Pulled(deliveries, page.cursor.write(), page.more)

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """The file, from the server this account reads only. Raises ``DeliveryError``."""
        if not self.pulls():
            raise DeliveryError(SendFault.CREDENTIALS, provider_code="no pull_url")
        return self._api.fetch(attachment.url, most, seconds)

    def check(self) -> str:
        """Ask the server for the form, where there is one. Raises ``DeliveryError``."""
        return self._api.describe() if self.pulls() else "waits for Kobo's REST service"

    @cached_property
    def _api(self) -> KoboApi:
        # A process that only receives never needs it.
        from channels._kobo_api import KoboApi

        return KoboApi(self.settings)

    def _delivery(
        self, submission: dict[str, Any], now: datetime
    ) -> tuple[bytes, list[Submission] | None]:
        raw = json.dumps(submission).encode()
        try:
            return raw, self._read(submission, now)
        except Unparseable:
            return raw, None

    def _read(self, submission: Mapping[str, Any], now: datetime) -> list[Submission]:
        return read(submission, self.settings.mapping, self.settings.values, self._where, now)
