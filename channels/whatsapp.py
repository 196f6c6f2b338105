"""WhatsApp through Twilio: what its text messages are, with another address and another clock.

Set-up: ``docs/channels/whatsapp.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from channels import _twilio, twilio_sms
from channels.base import Item, WebhookRequest
from feedback_hub.config import Unfit, setting
from feedback_hub.config.convert import text
from feedback_hub.domain.message import (
    DeliveryError,
    OutboundMessage,
    SendFault,
)

PREFIX = "whatsapp:"

FAULTS: Mapping[str, tuple[SendFault, bool]] = {
    # WhatsApp's own → what it is to us, and whether the same message can never succeed.
    # Source: https://www.twilio.com/docs/api/errors
    "63003": (SendFault.BAD_ADDRESS, True),  # no such WhatsApp user
    "63007": (SendFault.CREDENTIALS, False),  # the sender is not this account's
    "63016": (SendFault.BLOCKED, True),  # more than 24 h since the person wrote
    "63018": (SendFault.RATE_LIMITED, False),
    "63024": (SendFault.BAD_ADDRESS, True),
    "63051": (SendFault.CREDENTIALS, False),  # WhatsApp locked the business account
}


def _sender(raw: object) -> str:
    number = text(raw).strip().removeprefix(PREFIX)
    if number and not number.startswith("+"):
        raise Unfit("is not a number with its country code", 'Write it like "+15005550006".')
    return f"{PREFIX}{number}" if number else ""


@dataclass(frozen=True)
class WhatsAppSettings(_twilio.TwilioSettings):
    """The keys of a Twilio account whose sender is on WhatsApp."""

    from_number: str = setting(
        "The WhatsApp sender, with country code. This or messaging_service_sid.",
        default="",
        parse=_sender,
    )


class Adapter(twilio_sms.Adapter):
    """One WhatsApp sender or messaging service."""

    Settings: ClassVar[type] = WhatsAppSettings

    @property
    def set_by_hand(self) -> bool:
        """A sender stands in no list of numbers; a messaging service can be asked and told."""
        return not self.settings.messaging_service_sid

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """As a text, with the name that the person shows and the message that is answered."""
        # Read once: a hostile form takes its time.
        form = _twilio.parse_form(request)
        if "MessageStatus" in form:
            return [twilio_sms._receipt(form, now)]
        return [
            replace(
                twilio_sms._message(form, now),
                sender_name=form.first("ProfileName"),
                reply_to=form.first("OriginalRepliedMessageSid"),
            )
        ]

    def send(self, message: OutboundMessage) -> str:
        """Queue ``message`` at Twilio and return its SID. Raises ``DeliveryError``."""
        try:
            return super().send(_to_whatsapp(message))
        except DeliveryError as error:
            if error.provider_code not in FAULTS or error.outcome_unknown:
                raise
            fault, permanent = FAULTS[error.provider_code]
            raise DeliveryError(
                fault,
                permanent=permanent,
                retry_after=error.retry_after,
                provider_code=error.provider_code,
            ) from None

    def find_sent(self, message: OutboundMessage) -> str | None:
        """As for a text."""
        return super().find_sent(_to_whatsapp(message))


def _to_whatsapp(message: OutboundMessage) -> OutboundMessage:
    """A desk writes down a bare number; who wrote here has the prefix already."""
    return replace(message, address=PREFIX + message.address.removeprefix(PREFIX))
