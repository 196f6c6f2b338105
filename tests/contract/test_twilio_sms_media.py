"""Files of messages, fetched from a server that answers as Twilio does: by way of its CDN."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from channels import twilio_sms
from channels._fetching import is_https_on
from channels._twilio import TwilioSettings
from channels.base import HoldsFiles
from feedback_hub.domain.message import Attachment, DeliveryError
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer

PHOTO = bytes(range(256)) * 8


@pytest.fixture
def elsewhere() -> Iterator[TwilioServer]:
    """Another server, which is not Twilio's."""
    server = TwilioServer().start()
    server.files["ME1"] = b"from inside"
    yield server
    server.stop()


def account(server: TwilioServer) -> HoldsFiles:
    settings = TwilioSettings(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        from_number="+258840000001",
        api_base=server.url,
        connect_timeout=2,
        read_timeout=2,
    )
    made = twilio_sms.Adapter("sms", settings, "https://hub.example/channels/sms")
    assert isinstance(made, HoldsFiles)
    return made


def media(base: str = "https://api.twilio.com", sid: str = "ME1") -> Attachment:
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/{sid}"
    return Attachment(f"{base}{path}", "image/jpeg")


def fault(
    server: TwilioServer, file: Attachment, most: int = 10_000, seconds: float = 5
) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        account(server).fetch(file, most, seconds)
    return caught.value


def test_a_photo_comes_by_way_of_the_cdn_which_never_sees_the_token(
    twilio_server: TwilioServer,
) -> None:
    twilio_server.files["ME1"] = PHOTO
    assert account(twilio_server).fetch(media(), len(PHOTO)) == PHOTO
    assert twilio_server.asked_cdn == 1


def test_what_is_larger_than_allowed_is_not_taken(twilio_server: TwilioServer) -> None:
    twilio_server.files["ME1"] = PHOTO
    error = fault(twilio_server, media(), len(PHOTO) - 1)
    assert (error.permanent, error.provider_code) == (True, "too_large")
    # Nor if it says nothing of its size beforehand, or something else.
    twilio_server.cdn_does = "cut_short"
    assert fault(twilio_server, media(), 100).provider_code == "too_large"


def test_what_twilio_has_no_longer_is_gone(twilio_server: TwilioServer) -> None:
    error = fault(twilio_server, media())
    assert (error.permanent, error.provider_code) == (True, "gone")


@pytest.mark.parametrize(("how", "code"), [("deny", "503"), ("cut_short", "broken_off")])
def test_what_breaks_off_may_be_asked_for_again(
    twilio_server: TwilioServer, how: str, code: str
) -> None:
    twilio_server.files["ME1"] = PHOTO
    twilio_server.cdn_does = how
    error = fault(twilio_server, media())
    assert not error.permanent
    assert error.provider_code == code


def test_a_file_that_drips_is_given_up_in_time(twilio_server: TwilioServer) -> None:
    twilio_server.files["ME1"] = PHOTO
    twilio_server.cdn_does = "drip"
    started = time.monotonic()
    error = fault(twilio_server, media(), seconds=0.3)
    assert time.monotonic() - started < 20
    assert (error.permanent, error.provider_code) == (False, "too_slow")


def test_a_redirect_leads_nowhere_but_to_twilio(
    twilio_server: TwilioServer, elsewhere: TwilioServer
) -> None:
    twilio_server.files["ME1"] = PHOTO
    for target in (
        f"{elsewhere.url}/cdn/ME1",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://[",
    ):
        twilio_server.media_goes_to = target
        error = fault(twilio_server, media())
        assert (error.permanent, error.provider_code) == (True, "foreign_host")
    assert elsewhere.connections == 0


def test_the_token_goes_to_twilio_whatever_the_address_says(
    twilio_server: TwilioServer, elsewhere: TwilioServer
) -> None:
    twilio_server.files["ME1"] = PHOTO
    assert account(twilio_server).fetch(media(elsewhere.url), 10_000) == PHOTO
    assert elsewhere.connections == 0
    for strange in ("https://evil.example/a.jpg", "", "http://[", f"{twilio_server.url}/cdn/ME1"):
        assert fault(twilio_server, Attachment(strange)).permanent


def test_a_redirect_that_never_ends_is_left(twilio_server: TwilioServer) -> None:
    twilio_server.files["ME1"] = PHOTO
    twilio_server.media_goes_to = media(twilio_server.url).url
    # The second time without the token, which Twilio's own address does not open to.
    assert not fault(twilio_server, media()).permanent


@pytest.mark.parametrize(
    ("url", "follows"),
    [
        ("https://media.twiliocdn.com/AC1/x?sig=1", True),
        ("https://MMS.twiliocdn.com:443/x", True),
        ("http://media.twiliocdn.com/x", False),
        ("https://media.twiliocdn.com.evil.example/x", False),
        ("https://eviltwiliocdn.com/x", False),
        ("https://u:p@media.twiliocdn.com/x", False),
        ("https://media.twiliocdn.com:8080/x", False),
        ("https://evil.example/?https://media.twiliocdn.com", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_the_cdn_is_known_by_its_host(url: str, follows: bool) -> None:
    assert is_https_on(url, "twiliocdn.com") is follows
