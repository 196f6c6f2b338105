"""The training handset: a channel without a provider, for demonstrations and for teaching staff.

Messages come from the hub's own handset page and take the whole road (signed webhook, inbox,
worker); answers end in the hub's own ledger, which is what the handset shows. It exists only where
it is configured. Set-up: ``docs/channels/sandbox.md``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from channels.base import (
    Item,
    Unparseable,
    Unverified,
    WebhookReply,
    WebhookRequest,
    identifier,
    phone_address,
)
from feedback_hub.config import secret
from feedback_hub.domain.message import InboundMessage, OutboundMessage

SIGNATURE_HEADER = "X-Sandbox-Signature"

_LONGEST_NUMBER = 64
_RECEIVED = WebhookReply(200, b"{}", "application/json")


@dataclass(frozen=True)
class SandboxSettings:
    """Nothing has to be set."""

    signing_key: str = secret(
        "Signs the handset's messages. Left out, the hub makes one from its own key.", default=""
    )


class Adapter:
    """One training line."""

    Settings: ClassVar[type] = SandboxSettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {"inbound": frozenset({"POST"})}

    def __init__(
        self, name: str, settings: SandboxSettings, public_url: str, *, signing_key: str = ""
    ) -> None:
        """``signing_key`` is what the hub signs with where the settings have none.

        Raises ``ValueError`` with neither: an empty key is one that everybody knows.
        """
        key = settings.signing_key or signing_key
        if not key:
            raise ValueError("a sandbox channel needs a signing key")
        self.name = name
        self.settings = settings
        self.public_url = public_url.rstrip("/")
        self._key = key.encode()

    @property
    def inbound_url(self) -> str:
        """Where the handset posts what was typed."""
        return f"{self.public_url}/inbound"

    def sign(self, body: bytes) -> str:
        """The value of ``SIGNATURE_HEADER`` for ``body`` posted to ``inbound_url``."""
        return self._signature(self.inbound_url, body)

    def verify(self, request: WebhookRequest) -> None:
        """Check the signature over address and body. Raises ``Unverified``."""
        given = request.headers.get(SIGNATURE_HEADER.lower(), "").encode("utf-8", "replace")
        expected = self._signature(request.url, request.body).encode()
        if not hmac.compare_digest(given, expected):
            raise Unverified("signature does not fit")

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """One message from ``{"id", "from", "text", "sent_at"?}``; other keys are ignored."""
        if request.endpoint != "inbound":
            raise Unparseable("no such endpoint")
        payload = _payload(request)
        sender = _text(payload, "from")
        if not sender.strip() or len(sender) > _LONGEST_NUMBER:
            raise Unparseable("from is empty or too long")
        return [
            InboundMessage(
                external_id=identifier(_text(payload, "id"), "id"),
                received_at=now,
                text=_text(payload, "text"),
                sender=sender,
                address=phone_address(sender),
                recipient=self.name,
                sent_at=_time(payload),
            )
        ]

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """An empty object."""
        return _RECEIVED

    def send(self, message: OutboundMessage) -> str:
        """Deliver by doing nothing: the handset reads the hub's ledger."""
        return f"sandbox-{message.id}"

    def remembers_sent(self) -> bool:
        """Always."""
        return True

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Always there: sending has no effect that could be missing."""
        return f"sandbox-{message.id}"

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        """Nothing: the handset is part of the hub and was down with it."""
        return ()

    def check(self) -> str:
        """There is nothing to reach."""
        return "training handset, nothing leaves this hub"

    def _signature(self, url: str, body: bytes) -> str:
        # The address is signed with it, so that what one training line sent is no other's.
        return hmac.new(
            self._key, url.encode("utf-8", "replace") + b"\n" + body, hashlib.sha256
        ).hexdigest()


def _payload(request: WebhookRequest) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Unparseable("not JSON")
    try:
        payload = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unparseable("not readable JSON") from None
    if not isinstance(payload, dict):
        raise Unparseable("not a JSON object")
    return payload


def _text(payload: Mapping[str, Any], key: str) -> str:
    value = payload.get(key)
    if not isinstance(value, str):
        raise Unparseable(f"{key} is not text")
    # JSON can write half an emoji, which no database stores.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _time(payload: Mapping[str, Any]) -> datetime | None:
    if payload.get("sent_at") is None:
        return None
    try:
        sent_at = datetime.fromisoformat(_text(payload, "sent_at"))
        if sent_at.tzinfo is None:
            raise Unparseable("sent_at has no offset")
        return sent_at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unparseable("sent_at is not a time") from None
