"""The training handset's channel, as the handset page and the hub use it."""

from __future__ import annotations

import json

import pytest

from channels.base import Unverified, WebhookRequest
from channels.sandbox import SIGNATURE_HEADER, Adapter, SandboxSettings
from feedback_hub.domain.message import InboundMessage, OutboundMessage
from tests.contract.recorded import NOW

KEY = "derived from the hub's own key"


def training(name: str = "training", key: str = KEY) -> Adapter:
    url = f"https://hub.example.org/channels/{name}"
    return Adapter(name, SandboxSettings(), url, signing_key=key)


def posted(channel: Adapter, payload: object) -> WebhookRequest:
    body = json.dumps(payload).encode()
    headers = {"content-type": "application/json", SIGNATURE_HEADER.lower(): channel.sign(body)}
    return WebhookRequest("inbound", "POST", channel.inbound_url, headers, body)


def test_what_the_handset_signs_is_accepted() -> None:
    channel = training()
    request = posted(channel, {"id": "a1", "from": "+258841234567", "text": "Olá"})
    channel.verify(request)
    assert channel.parse(request, NOW) == [
        InboundMessage(
            "a1",
            NOW,
            "Olá",
            sender="+258841234567",
            address="+258841234567",
            recipient="training",
        )
    ]


def test_one_training_line_cannot_speak_for_another() -> None:
    request = posted(training(), {"id": "a1", "from": "1", "text": ""})
    other = training("other")
    moved = WebhookRequest("inbound", "POST", other.inbound_url, request.headers, request.body)
    with pytest.raises(Unverified):
        other.verify(moved)


def test_the_configured_key_goes_before_the_hubs_own() -> None:
    url = "https://hub.example.org/channels/training"
    own = Adapter("training", SandboxSettings(signing_key="own"), url, signing_key=KEY)
    assert own.sign(b"a") == training(key="own").sign(b"a") != training().sign(b"a")


def test_without_any_key_there_is_no_channel() -> None:
    with pytest.raises(ValueError, match="signing key"):
        training(key="")


def test_sending_is_the_same_however_often_it_is_tried() -> None:
    channel, message = training(), OutboundMessage("0" * 32, "training", "+258841234567", "Olá")
    assert channel.send(message) == channel.send(message) == channel.find_sent(message)
    assert channel.send(message) == f"sandbox-{message.id}"
    assert list(channel.missed(NOW)) == []
    assert channel.check()
