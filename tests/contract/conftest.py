"""The local providers and channels on them."""

from __future__ import annotations

import pytest

from channels._twilio import TwilioSettings
from channels.twilio_sms import Adapter
from tests.contract.sms import NUMBER, PUBLIC_URL, MakeChannel
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer, twilio_server

__all__ = ["channel", "make_channel", "twilio_server"]


@pytest.fixture
def make_channel(twilio_server: TwilioServer) -> MakeChannel:
    def make(
        *,
        from_number: str = NUMBER,
        messaging_service_sid: str = "",
        auth_token: str = AUTH_TOKEN,
        read_timeout: float = 20,
        public_url: str = PUBLIC_URL,
    ) -> Adapter:
        settings = TwilioSettings(
            account_sid=ACCOUNT_SID,
            auth_token=auth_token,
            from_number=from_number,
            messaging_service_sid=messaging_service_sid,
            api_base=twilio_server.url,
            connect_timeout=2,
            read_timeout=read_timeout,
        )
        return Adapter("sms_north", settings, public_url)

    return make


@pytest.fixture
def channel(make_channel: MakeChannel) -> Adapter:
    return make_channel(read_timeout=5)
