"""What Twilio has that the hub has not: calls and recordings of an outage, and the sound itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels._twilio import VoiceSettings
from channels.base import HoldsFiles
from channels.twilio_voice import Adapter
from feedback_hub.domain.message import Attachment, DeliveryError, MessageKind
from tests.contract.sms import NUMBER, PERSON
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer
from tests.providers.twilio_calls import CallResource, RecordingResource

SINCE = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
LATER = SINCE + timedelta(minutes=10)


@pytest.fixture
def voice(twilio_server: TwilioServer) -> Adapter:
    settings = VoiceSettings(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        from_number=NUMBER,
        api_base=twilio_server.url,
        read_timeout=5,
    )
    return Adapter("line", settings, "https://hub.example.org/channels/line")


def call(number: int, sender: str = PERSON, status: str = "completed") -> CallResource:
    return CallResource(f"CA{number:032}", sender, NUMBER, LATER, status)


def test_calls_and_recordings_of_an_outage_are_listed(
    voice: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.calls += [
        call(1),
        call(2),
        call(3, "+266696687"),
        call(4, status="in-progress"),
        call(5, status="no-answer"),
    ]
    twilio_server.recordings += [
        RecordingResource("RE2", call(2).sid, LATER),
        RecordingResource("RE9", "CA-of-another-number", LATER),
        RecordingResource("RE5", call(5).sid, LATER, duration="0"),
    ]
    found = {(one.external_id, one.kind) for one in voice.missed(SINCE)}
    assert found == {
        (call(1).sid, MessageKind.MISSED_CALL),
        (call(5).sid, MessageKind.MISSED_CALL),
        ("RE2", MessageKind.VOICE),
        (f"{call(2).sid}.heard", MessageKind.OPENED),
    }
    asked = twilio_server.queries
    assert any(query.get("StartTime>", "").startswith("2026-03-04") for query in asked)


def test_the_hub_registers_both_addresses_and_sees_when_one_is_gone(
    voice: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.numbers[NUMBER] = {}
    assert voice.registered() == ""
    voice.register()
    assert voice.registered() == f"{voice.public_url}/voice#rc=3&rp=all"
    assert "sms_url" not in twilio_server.numbers[NUMBER]
    twilio_server.numbers[NUMBER]["status_callback"] = ""
    assert voice.registered() == ""


def test_a_recording_is_fetched_with_the_accounts_log_in_and_up_to_a_size(
    voice: Adapter, twilio_server: TwilioServer
) -> None:
    assert isinstance(voice, HoldsFiles)
    twilio_server.recordings.append(RecordingResource("RE1", "CA1", LATER, sound=b"x" * 1000))
    # Whatever host it names, the file is asked for at ours.
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/RE1.mp3"
    for host in (twilio_server.url, "https://evil.example.org"):
        assert voice.fetch(Attachment(host + path), 1000) == b"x" * 1000
    with pytest.raises(DeliveryError) as large:
        voice.fetch(Attachment(twilio_server.url + path), 999)
    assert large.value.permanent
    with pytest.raises(DeliveryError) as elsewhere:
        voice.fetch(Attachment("http://169.254.169.254/latest/meta-data"), 1000)
    assert elsewhere.value.permanent
    with pytest.raises(DeliveryError) as not_yet:
        voice.fetch(Attachment(path.replace("RE1", "RE3")), 1000)
    assert not not_yet.value.permanent
