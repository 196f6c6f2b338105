"""A Twilio SMS channel and texts to try it with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

import pytest

from channels.twilio_sms import Adapter
from feedback_hub.domain.message import DeliveryError, OutboundMessage
from tests.providers.twilio import AUTH_TOKEN

NUMBER = "+15005550006"
PERSON = "+258841234567"
TEXT = "Caso 123 456 782: recebemos a sua mensagem. Vamos responder ate 9 de Marco."
SERVICE = "MG00000000000000000000000000000001"
PUBLIC_URL = "https://hub.example.org/channels/sms_north"
FORM = {"content-type": "application/x-www-form-urlencoded"}


class MakeChannel(Protocol):
    """Makes a channel on the local Twilio, with short time-outs."""

    def __call__(
        self,
        *,
        from_number: str = NUMBER,
        messaging_service_sid: str = "",
        auth_token: str = AUTH_TOKEN,
        read_timeout: float = 20,
        public_url: str = PUBLIC_URL,
    ) -> Adapter: ...


def patience_for(answer: str) -> float:
    """Seconds to wait for an answer: few only where none will come, for a machine may be busy."""
    return 1.0 if answer.startswith("hang") else 20.0


def a_message(
    *, text: str = TEXT, address: str = PERSON, attempted_at: datetime | None = None
) -> OutboundMessage:
    """A text that is being attempted now."""
    at = attempted_at or datetime.now(UTC)
    return OutboundMessage("0" * 32, "sms_north", address, text, attempted_at=at)


def failure_of(channel: Adapter, message: OutboundMessage) -> DeliveryError:
    """The error that sending ``message`` ends in."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(message)
    return caught.value
