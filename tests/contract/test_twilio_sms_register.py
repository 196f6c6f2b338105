"""Twilio is told, and asked, where to post what people write."""

from __future__ import annotations

import pytest

from channels.twilio_sms import Adapter
from feedback_hub.domain.message import DeliveryError, SendFault
from tests.contract.sms import NUMBER, SERVICE, MakeChannel
from tests.providers.twilio import TwilioServer

OVERRIDES = "#rc=5&rp=all"


@pytest.fixture
def service(make_channel: MakeChannel) -> Adapter:
    return make_channel(from_number="", messaging_service_sid=SERVICE)


def test_a_number_is_registered_with_more_tries_and_a_fallback(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.numbers[NUMBER] = {"sms_url": "https://elsewhere.example.org/sms"}
    assert channel.registered() == "https://elsewhere.example.org/sms"
    channel.register()
    address = f"{channel.public_url}/inbound{OVERRIDES}"
    assert channel.registered() == address
    number = twilio_server.numbers[NUMBER]
    assert (number["sms_method"], number["sms_fallback_url"]) == ("POST", address)


def test_a_number_that_posts_nowhere(channel: Adapter, twilio_server: TwilioServer) -> None:
    twilio_server.numbers[NUMBER] = {}
    assert channel.registered() == ""


def test_a_number_that_is_not_the_account_s_is_said(channel: Adapter) -> None:
    for ask in (channel.registered, channel.register):
        with pytest.raises(DeliveryError) as refused:
            ask()
        assert refused.value.fault is SendFault.CREDENTIALS
        assert refused.value.provider_code == "no_such_number"


def test_a_messaging_service_is_registered_for_all_its_numbers(
    service: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.numbers[NUMBER] = {"sms_url": "https://old.example.org/"}
    twilio_server.services[SERVICE] = {
        "use_inbound_webhook_on_number": True,
        "inbound_request_url": None,
        "numbers": [NUMBER],
    }
    assert service.registered() == "https://old.example.org/"
    service.register()
    assert service.registered() == f"{service.public_url}/inbound{OVERRIDES}"
    kept = twilio_server.services[SERVICE]
    assert (kept["inbound_method"], kept["use_inbound_webhook_on_number"]) == ("POST", False)


def test_numbers_of_a_service_that_differ_are_no_registration(
    service: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.numbers.update(
        {NUMBER: {"sms_url": "https://a.example.org/"}, "+15005550010": {}}
    )
    twilio_server.services[SERVICE] = {
        "use_inbound_webhook_on_number": True,
        "numbers": list(twilio_server.numbers),
    }
    assert service.registered() == ""


def test_wrong_credentials_are_said(make_channel: MakeChannel, twilio_server: TwilioServer) -> None:
    twilio_server.services[SERVICE] = {"numbers": []}
    wrong = make_channel(from_number="", messaging_service_sid=SERVICE, auth_token="x" * 32)
    with pytest.raises(DeliveryError) as refused:
        wrong.register()
    assert refused.value.fault is SendFault.CREDENTIALS
