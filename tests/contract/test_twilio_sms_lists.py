"""What Twilio is asked for: a text it may have, messages that were missed, the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from channels.base import WebhookRequest
from channels.twilio_sms import Adapter
from feedback_hub.domain.message import CannotAsk, DeliveryError, SendFault
from tests.contract.recorded import NOW
from tests.contract.sms import (
    FORM,
    NUMBER,
    PERSON,
    SERVICE,
    TEXT,
    MakeChannel,
    a_message,
    failure_of,
    patience_for,
)
from tests.providers.twilio import ACCOUNT_SID, TwilioServer

# Asking what was sent


@pytest.mark.parametrize("answer", ["drop_after_accepting", "hang_after_accepting"])
def test_a_text_whose_answer_was_lost_is_found_and_not_sent_again(
    make_channel: MakeChannel, twilio_server: TwilioServer, answer: str
) -> None:
    twilio_server.answer_next(answer)
    channel, message = make_channel(read_timeout=patience_for(answer)), a_message()
    assert failure_of(channel, message).outcome_unknown
    assert twilio_server.posts == 1
    [sent] = twilio_server.sent
    assert sent.sent_at is None, "still queued, as Twilio's date filter would not show it"
    assert channel.find_sent(message) == sent.sid


@pytest.mark.parametrize("answer", ["drop", "hang", "server_error"])
def test_a_text_that_was_lost_on_the_way_is_not_found(
    make_channel: MakeChannel, twilio_server: TwilioServer, answer: str
) -> None:
    twilio_server.answer_next(answer)
    channel, message = make_channel(read_timeout=patience_for(answer)), a_message()
    assert failure_of(channel, message).outcome_unknown
    assert twilio_server.posts == 1
    assert channel.find_sent(message) is None


def test_a_text_that_was_never_attempted_is_not_asked_for(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    channel.send(a_message())
    assert channel.find_sent(replace(a_message(), attempted_at=None)) is None
    assert twilio_server.queries == []


def test_other_texts_to_the_person_and_this_text_to_others_are_not_taken_for_it(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    channel = make_channel()
    channel.send(a_message(text="Caso 987 654 321: temos uma resposta. Ligue 1458."))
    channel.send(a_message(address="+258847654321"))
    make_channel(from_number="+15005550010").send(a_message())
    twilio_server.receive(TEXT, PERSON, NUMBER)
    assert channel.find_sent(a_message()) is None


def test_the_same_text_that_is_known_to_be_another_is_not_taken_for_it(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    earlier = channel.send(a_message())
    asked = replace(a_message(), others=frozenset({earlier}))
    assert channel.find_sent(asked) is None
    sid = channel.send(a_message())
    assert channel.find_sent(asked) == sid


def test_the_same_text_of_days_before_is_another_one(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    channel.send(a_message())
    later = datetime.now(UTC) + timedelta(hours=25)
    assert channel.find_sent(a_message(attempted_at=later)) is None


@pytest.mark.parametrize("fast", [timedelta(seconds=30), timedelta(minutes=37), timedelta(hours=2)])
def test_a_clock_that_is_fast_does_not_send_twice(
    channel: Adapter, twilio_server: TwilioServer, fast: timedelta
) -> None:
    sid = channel.send(a_message())
    assert channel.find_sent(a_message(attempted_at=datetime.now(UTC) + fast)) == sid


def test_of_two_equal_texts_the_older_is_taken(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    first, second = channel.send(a_message()), channel.send(a_message())
    twilio_server.sent[1].created_at += timedelta(minutes=5)
    assert channel.find_sent(a_message()) == first != second


def test_with_a_messaging_service_only_its_own_texts_count(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    ours = make_channel(from_number="", messaging_service_sid=SERVICE)
    other = make_channel(from_number="", messaging_service_sid=SERVICE[:-1] + "2")
    other.send(a_message())
    assert ours.find_sent(a_message()) is None
    sid = ours.send(a_message())
    # The service has picked a number by then.
    twilio_server.sent[-1].sender = "+15005550077"
    assert ours.find_sent(a_message()) == sid


def test_the_line_that_a_trial_account_puts_first_does_not_hide_a_text(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    sid = channel.send(a_message())
    twilio_server.sent[0].body = f"Sent from your Twilio trial account - {TEXT}"
    assert channel.find_sent(a_message()) == sid


def test_an_account_that_hides_its_texts_cannot_be_asked(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.hides_bodies = True
    assert channel.find_sent(a_message()) is None
    channel.send(a_message(text="another"))
    with pytest.raises(CannotAsk):
        channel.find_sent(a_message())


def test_a_flood_to_one_number_is_not_taken_for_an_answer(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    channel.send(a_message(text="another"))
    twilio_server.messages *= 1000
    with pytest.raises(CannotAsk):
        channel.find_sent(a_message())


def test_asking_in_vain_is_a_failure_and_not_an_answer(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    channel = make_channel()
    twilio_server.stop()
    with pytest.raises(DeliveryError) as caught:
        channel.find_sent(a_message())
    assert not caught.value.outcome_unknown


# What came while we were down


def test_missed_messages_are_read_with_twilios_own_times(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    twilio_server.clock = lambda: NOW
    first = twilio_server.receive("Há fome no centro", PERSON, NUMBER)
    twilio_server.clock = lambda: NOW + timedelta(hours=3, milliseconds=400)
    second = twilio_server.receive("", PERSON, NUMBER, media=(("ME" + "1" * 32, "image/jpeg"),))
    twilio_server.receive("for another number", PERSON, "+15005550010")
    channel = make_channel()
    channel.send(a_message())
    found = channel.missed(NOW - timedelta(hours=1))
    assert [(one.external_id, one.received_at) for one in found] == [
        (first.sid, NOW),
        (second.sid, NOW + timedelta(hours=3)),
    ]
    assert (found[0].text, found[0].sender, found[0].address, found[0].recipient) == (
        "Há fome no centro",
        PERSON,
        PERSON,
        NUMBER,
    )
    [picture] = found[1].attachments
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{second.sid}/Media/ME{'1' * 32}"
    assert (picture.url, picture.content_type) == (f"{twilio_server.url}{path}", "image/jpeg")
    assert [one.external_id for one in channel.missed(NOW + timedelta(hours=2))] == [second.sid]


def test_a_missed_message_is_the_same_as_a_delivered_one(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    message = twilio_server.receive("Bom dia", PERSON, NUMBER)
    channel = make_channel()
    [missed] = channel.missed(message.created_at)
    body = urlencode({"MessageSid": message.sid, "From": PERSON, "To": NUMBER, "Body": "Bom dia"})
    request = WebhookRequest("inbound", "POST", "", FORM, body.encode())
    assert channel.parse(request, missed.received_at) == [missed]


def test_thousands_of_missed_messages_are_read_page_by_page(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    sids = [twilio_server.receive(f"{n}", PERSON, NUMBER).sid for n in range(2300)]
    found = channel.missed(datetime.now(UTC) - timedelta(minutes=5))
    assert [one.external_id for one in found] == sids
    assert len(twilio_server.queries) == 3


def test_a_service_reads_what_any_of_its_numbers_received(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    ours = twilio_server.receive("a", PERSON, "+15005550077", service=SERVICE)
    twilio_server.receive("b", PERSON, NUMBER)
    channel = make_channel(from_number="", messaging_service_sid=SERVICE)
    channel.send(a_message())
    twilio_server.sent[-1].sent_at = datetime.now(UTC)
    [found] = channel.missed(datetime.now(UTC) - timedelta(minutes=5))
    assert found.external_id == ours.sid


# Whether it works


def test_check_says_that_the_account_is_in_use(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    assert channel.check() == "Twilio account active"
    twilio_server.account["type"] = "Trial"
    assert "verified numbers only" in channel.check()


def test_check_fails_for_a_suspended_account_and_a_wrong_token(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    with pytest.raises(DeliveryError) as wrong:
        make_channel(auth_token="another").check()
    assert wrong.value.fault is SendFault.CREDENTIALS
    twilio_server.account["status"] = "suspended"
    with pytest.raises(DeliveryError) as suspended:
        make_channel().check()
    assert suspended.value.fault is SendFault.CREDENTIALS
