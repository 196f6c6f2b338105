"""What Twilio posts to us, what its words mean here, and which settings it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlencode

import pytest
from twilio.rest.api.v2010.account.message import MessageInstance

from channels._twilio import FAULTS, TwilioSettings, fault_of
from channels.base import Item, Unverified, WebhookRequest, phone_address
from channels.twilio_sms import STATES, Adapter
from feedback_hub.config import ConfigError, Context, Section, build_settings
from feedback_hub.domain.message import (
    DeliveryReceipt,
    DeliveryState,
    InboundMessage,
    SendFault,
)
from tests.contract.recorded import NOW, SAMPLES
from tests.contract.sms import FORM, NUMBER, PERSON, SERVICE, MakeChannel, a_message
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer

# Receiving, as Twilio posts it


@pytest.fixture
def posted() -> Iterator[tuple[str, list[WebhookRequest]]]:
    """A plain web server's address, and the requests that came to it."""
    requests: list[WebhookRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            url = f"http://127.0.0.1:{server.server_port}{self.path}"
            requests.append(WebhookRequest(self.path.split("/")[-1], "POST", url, headers, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/channels/sms_north", requests
    server.shutdown()
    server.server_close()
    thread.join()


def received(channel: Adapter, requests: list[WebhookRequest]) -> list[Item]:
    items: list[Item] = []
    for request in requests:
        channel.verify(request)
        items += channel.parse(request, NOW)
    return items


def test_a_message_posted_by_twilio_is_read(
    make_channel: MakeChannel,
    twilio_server: TwilioServer,
    posted: tuple[str, list[WebhookRequest]],
) -> None:
    url, requests = posted
    channel = make_channel(public_url=url)
    text = "Olá,  sou de Mecúfi\n\nnão há água 🚱"
    message = twilio_server.receive(text, PERSON, NUMBER)
    twilio_server.webhook(f"{url}/inbound", message)
    expected = InboundMessage(
        message.sid, NOW, text, sender=PERSON, address=PERSON, recipient=NUMBER
    )
    assert received(channel, requests) == [expected]


def test_a_receipt_comes_to_the_address_that_was_given_with_the_text(
    make_channel: MakeChannel,
    twilio_server: TwilioServer,
    posted: tuple[str, list[WebhookRequest]],
) -> None:
    url, requests = posted
    channel = make_channel(public_url=url)
    sid = channel.send(a_message())
    twilio_server.receipt(sid, "sent")
    twilio_server.receipt(sid, "undelivered", "30005")
    assert received(channel, requests) == [
        DeliveryReceipt(sid, DeliveryState.SENT, NOW, "sent"),
        DeliveryReceipt(sid, DeliveryState.FAILED, NOW, "undelivered", "30005"),
    ]


def test_a_message_signed_by_another_account_is_refused(
    make_channel: MakeChannel,
    twilio_server: TwilioServer,
    posted: tuple[str, list[WebhookRequest]],
) -> None:
    url, requests = posted
    twilio_server.webhook(f"{url}/inbound", twilio_server.receive("a", PERSON, NUMBER))
    with pytest.raises(Unverified):
        make_channel(public_url=url, auth_token="another").verify(requests[0])


def test_the_signature_is_the_one_that_twilio_publishes_as_its_example() -> None:
    # From https://www.twilio.com/docs/usage/security, not made by the library under test.
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    settings = TwilioSettings(account_sid=ACCOUNT_SID, auth_token="12345", from_number=NUMBER)
    headers = {**FORM, "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    request = WebhookRequest("inbound", "POST", url, headers, urlencode(fields).encode())
    Adapter("sms", settings, "https://mycompany.com").verify(request)


def test_a_field_that_comes_twice_is_signed_with_both_values() -> None:
    settings = TwilioSettings(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, from_number=NUMBER)
    channel = Adapter("sms", settings, "https://hub.example.org/channels/sms")
    body = urlencode([("Body", "um"), ("MessageSid", "SM1"), ("From", PERSON), ("Body", "dois")])
    # Made by hand over "…BodydoisBodyumFrom+258841234567MessageSidSM1": values in order too.
    headers = {**FORM, "x-twilio-signature": "VzXRNH6Vh4ak1IN1r7jzK9GqXos="}
    url = "https://hub.example.org/channels/sms/inbound"
    request = WebhookRequest("inbound", "POST", url, headers, body.encode())
    channel.verify(request)
    [item] = channel.parse(request, NOW)
    assert isinstance(item, InboundMessage)
    assert item.text == "um"
    with pytest.raises(Unverified):
        channel.verify(replace(request, body=body.replace("dois", "tres").encode()))


# Words


def test_every_state_that_twilios_library_knows_has_a_meaning_here() -> None:
    words = {value for name, value in vars(MessageInstance.Status).items() if name.isupper()}
    assert words <= set(STATES)


@pytest.mark.parametrize(
    "road",
    [
        ["accepted", "queued", "sending", "sent", "delivered", "read"],
        ["scheduled", "queued", "sent", "undelivered"],
        ["queued", "failed"],
        ["scheduled", "canceled"],
    ],
    ids=lambda road: road[-1],
)
def test_states_only_move_forward_on_every_road_that_twilio_documents(road: list[str]) -> None:
    states = [state for word in road if (state := STATES[word])]
    assert len(states) == len(road)
    ranks = [state.rank for state in states]
    assert ranks == sorted(ranks)
    assert min(ranks) > DeliveryState.OUTCOME_UNKNOWN.rank


def test_only_a_stop_counts_as_opting_out() -> None:
    assert [code for code in FAULTS if fault_of(code) is SendFault.OPTED_OUT] == ["21610"]
    assert fault_of("99999") is None


def test_what_an_operator_can_mend_is_never_permanent() -> None:
    mendable = {SendFault.CREDENTIALS, SendFault.RATE_LIMITED, SendFault.UNREACHABLE}
    assert [c for c, (fault, permanent) in FAULTS.items() if permanent and fault in mendable] == []


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("+258841234567", "+258841234567"),
        (" +258 84 123 4567 ", "+258841234567"),
        ("+258-84-123-4567", "+258841234567"),
        ("841234567", "841234567"),
        ("84111", "84111"),
        ("+258 12", "+258 12"),
        ("mcel 82", "mcel 82"),
        ("+1-800-FLOWERS", "+1-800-FLOWERS"),
        ("whatsapp:+258841234567", "whatsapp:+258841234567"),
        ("+" + "9" * 300, "+" + "9" * 300),
        ("", ""),
    ],
)
def test_only_a_valid_number_with_its_country_is_made_e164(raw: str, address: str) -> None:
    assert phone_address(raw) == address


# Settings


def build(values: dict[str, object], token: str = AUTH_TOKEN) -> TwilioSettings:
    environ = {"FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": token}
    context = Context(environ, directory=SAMPLES, working_directory=SAMPLES)
    section = Section("channels.sms", values, "twilio_sms")
    settings: TwilioSettings = build_settings(Adapter.Settings, section, context)
    return settings


def test_settings_are_read_and_the_sender_is_written_as_twilio_writes_it() -> None:
    settings = build({"account_sid": ACCOUNT_SID, "from_number": "+1 500 555 0006"})
    assert settings.api_base == "https://api.twilio.com"
    assert build({"account_sid": ACCOUNT_SID, "from_number": "FeedbackHub"}).from_number
    assert AUTH_TOKEN not in repr(settings)


FULL: dict[str, object] = {"account_sid": ACCOUNT_SID, "from_number": NUMBER}


@pytest.mark.parametrize(
    ("values", "key"),
    [
        pytest.param({}, "account_sid", id="nothing"),
        pytest.param({"account_sid": ACCOUNT_SID}, "from_number", id="no sender"),
        pytest.param({**FULL, "messaging_service_sid": SERVICE}, "from_number", id="two senders"),
        pytest.param({**FULL, "account_sid": "SK123"}, "account_sid", id="an API key"),
        pytest.param({**FULL, "account_sid": "AC1/../2"}, "account_sid", id="a path"),
        pytest.param({**FULL, "api_base": "twilio"}, "api_base", id="no address"),
        pytest.param({**FULL, "read_timeout": 0}, "read_timeout", id="no time"),
        pytest.param({**FULL, "auth_token": "x"}, "auth_token", id="a secret in the file"),
    ],
)
def test_a_setting_that_cannot_work_is_named(values: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(values)
    assert [fault.where for fault in caught.value.faults] == [f"channels.sms.{key}"]
