"""WhatsApp where it differs from a text: the address, the 24 hours, the names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from channels.whatsapp import Adapter, WhatsAppSettings
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts, calls_us
from feedback_hub.domain.message import DeliveryError, SendFault
from tests.contract.sms import PERSON, PUBLIC_URL, a_message, failure_of
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer, twilio_server

__all__ = ["twilio_server"]

SENDER = "whatsapp:+15005550006"


@pytest.fixture
def channel(twilio_server: TwilioServer) -> Adapter:
    settings = WhatsAppSettings(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        from_number=SENDER,
        api_base=twilio_server.url,
        connect_timeout=2,
        read_timeout=5,
    )
    return Adapter("whatsapp", settings, PUBLIC_URL)


def test_a_sender_is_set_up_by_hand_and_a_service_is_told(channel: Adapter) -> None:
    accounts = ChannelAccounts({"whatsapp": channel}, "https://hub.example.org")
    looked = accounts.examine("whatsapp")
    assert (looked.fault, looked.webhook, accounts.register("whatsapp")) == (None, None, False)
    service = replace(channel.settings, from_number="", messaging_service_sid="MG1")
    assert calls_us(Adapter("whatsapp", service, PUBLIC_URL))


@pytest.mark.parametrize("address", [PERSON, f"whatsapp:{PERSON}"])
def test_an_answer_goes_to_whatsapp_and_is_found_there(
    twilio_server: TwilioServer, channel: Adapter, address: str
) -> None:
    message = replace(a_message(), address=address, attempted_at=datetime.now(UTC))
    sid = channel.send(message)
    (sent,) = twilio_server.sent
    assert (sent.sender, sent.recipient) == (SENDER, f"whatsapp:{PERSON}")
    assert channel.find_sent(message) == sid


@pytest.mark.parametrize(
    ("code", "fault", "permanent"),
    [
        (63016, SendFault.BLOCKED, True),
        (63003, SendFault.BAD_ADDRESS, True),
        (63007, SendFault.CREDENTIALS, False),
        (21610, SendFault.OPTED_OUT, True),
    ],
)
def test_a_refusal_says_what_to_do(
    twilio_server: TwilioServer, channel: Adapter, code: int, fault: SendFault, permanent: bool
) -> None:
    twilio_server.answer_next(f"refuse_{code}")
    error = failure_of(channel, a_message())
    assert (error.fault, error.permanent, error.outcome_unknown) == (fault, permanent, False)
    assert error.provider_code == str(code)


def test_a_lost_answer_stays_unknown(twilio_server: TwilioServer, channel: Adapter) -> None:
    twilio_server.answer_next("drop_after_accepting")
    with pytest.raises(DeliveryError) as lost:
        channel.send(a_message())
    assert lost.value.outcome_unknown


def test_what_was_missed_is_read_from_its_own_number(
    twilio_server: TwilioServer, channel: Adapter
) -> None:
    before = datetime.now(UTC)
    twilio_server.receive("olá", f"whatsapp:{PERSON}", SENDER)
    twilio_server.receive("por SMS", PERSON, "+15005550006")
    assert [one.text for one in channel.missed(before)] == ["olá"]
