"""A Telegram channel on the local Telegram, and messages to try it with."""

from __future__ import annotations

import pytest

from channels._telegram import Mode, TelegramSettings
from channels.telegram import Adapter
from feedback_hub.domain.message import DeliveryError, OutboundMessage
from tests.providers.telegram import SECRET_TOKEN, TOKEN, TelegramServer

PERSON = "700100200"
TEXT = "Caso 123 456 782: recebemos a sua mensagem."
PUBLIC_URL = "https://hub.example.org/channels/bot_north"


def make_bot(
    server: TelegramServer,
    *,
    mode: Mode = Mode.WEBHOOK,
    token: str = TOKEN,
    secret_token: str = SECRET_TOKEN,
    read_timeout: float = 0.5,
    public_url: str = PUBLIC_URL,
) -> Adapter:
    """The channel, with short time-outs."""
    settings = TelegramSettings(
        token=token,
        secret_token=secret_token,
        mode=mode,
        api_base=server.url,
        connect_timeout=2,
        read_timeout=read_timeout,
    )
    return Adapter("bot_north", settings, public_url)


def a_message(
    *, text: str = TEXT, address: str = PERSON, choices: tuple[str, ...] = ()
) -> OutboundMessage:
    """A text on its way."""
    return OutboundMessage("0" * 32, "bot_north", address, text, choices=choices)


def failure_of(channel: Adapter, message: OutboundMessage) -> DeliveryError:
    """The error that sending ``message`` ends in."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(message)
    return caught.value
