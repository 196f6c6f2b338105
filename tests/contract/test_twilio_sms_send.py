"""What becomes of a text that is handed to Twilio, whatever Twilio answers."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import pytest

from channels.twilio_sms import Adapter
from feedback_hub.domain.message import SendFault
from tests.contract.sms import (
    NUMBER,
    PERSON,
    PUBLIC_URL,
    SERVICE,
    TEXT,
    MakeChannel,
    a_message,
    failure_of,
    patience_for,
)
from tests.providers.twilio import AUTH_TOKEN, Answer, TwilioServer
from tests.providers.twilio_http import TwilioHandler


def test_a_text_reaches_twilio_as_it_is(channel: Adapter, twilio_server: TwilioServer) -> None:
    text = "Olá! Ação nº 5 «água» — maji 🚱"
    sid = channel.send(a_message(text=text))
    [sent] = twilio_server.sent
    assert (sent.sid, sent.sender, sent.recipient, sent.body) == (sid, NUMBER, PERSON, text)
    assert sent.status_callback == f"{PUBLIC_URL}/status"


def test_a_messaging_service_picks_the_sender(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    make_channel(from_number="", messaging_service_sid=SERVICE).send(a_message())
    assert [(sent.sender, sent.service) for sent in twilio_server.sent] == [("", SERVICE)]


def test_one_connection_carries_many_texts(channel: Adapter, twilio_server: TwilioServer) -> None:
    for number in range(5):
        channel.send(a_message(text=f"{TEXT} {number}"))
    assert (len(twilio_server.sent), twilio_server.connections) == (5, 1)


def test_several_threads_send_at_once(channel: Adapter, twilio_server: TwilioServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = [f"{TEXT} {number}" for number in range(40)]
        sids = list(pool.map(lambda text: channel.send(a_message(text=text)), texts))
    assert {sent.sid: sent.body for sent in twilio_server.sent} == dict(
        zip(sids, texts, strict=True)
    )


@dataclass(frozen=True)
class Case:
    """One answer of Twilio's, what the failure says, and whether Twilio has the text after all."""

    answer: str
    fault: SendFault
    code: str = ""
    permanent: bool = False
    retry_after: float | None = None
    unknown: bool = False
    accepted: bool = False


F = SendFault
CASES = [
    Case("refuse_21610", F.OPTED_OUT, "21610", permanent=True),
    Case("refuse_21211", F.BAD_ADDRESS, "21211", permanent=True),
    Case("refuse_21612", F.BAD_ADDRESS, "21612", permanent=True),
    Case("refuse_21614", F.BAD_ADDRESS, "21614", permanent=True),
    Case("refuse_29999", F.REFUSED, "29999", permanent=True),
    Case("refuse_21408", F.CREDENTIALS, "21408"),
    Case("refuse_21606", F.CREDENTIALS, "21606"),
    Case("rate_limit", F.RATE_LIMITED, "20429", retry_after=7),
    Case("rate_limit_silent", F.RATE_LIMITED, "20429"),
    Case("server_error", F.PROVIDER_DOWN, "20500", unknown=True),
    Case("server_error_after_accepting", F.PROVIDER_DOWN, "20500", unknown=True, accepted=True),
    Case("unavailable", F.PROVIDER_DOWN, "20503", unknown=True, retry_after=30),
    Case("bad_gateway", F.PROVIDER_DOWN, "502", unknown=True),
    Case("login_page", F.PROVIDER_DOWN, "200", unknown=True),
    Case("hang", F.NO_ANSWER, unknown=True),
    Case("hang_after_accepting", F.NO_ANSWER, unknown=True, accepted=True),
    Case("drop", F.NO_ANSWER, unknown=True),
    Case("drop_after_accepting", F.NO_ANSWER, unknown=True, accepted=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.answer)
def test_each_failure_says_what_to_do(
    make_channel: MakeChannel, twilio_server: TwilioServer, case: Case
) -> None:
    twilio_server.answer_next(case.answer)
    channel = make_channel(read_timeout=patience_for(case.answer))
    error = failure_of(channel, a_message())
    said = Case(
        case.answer,
        error.fault,
        error.provider_code,
        permanent=error.permanent,
        retry_after=error.retry_after,
        unknown=error.outcome_unknown,
        accepted=len(twilio_server.sent) == 1,
    )
    assert said == case
    assert error.opted_out == (case.fault is SendFault.OPTED_OUT)
    assert twilio_server.posts == 1, "one call is one attempt"
    assert case.unknown or not case.accepted, "or it would be sent twice"
    assert channel.send(a_message()) == twilio_server.sent[-1].sid, "as good as before"


@pytest.mark.parametrize("address", ["84111", "mcel 82", "841234567", ""])
def test_what_is_no_number_is_a_bad_address(
    channel: Adapter, twilio_server: TwilioServer, address: str
) -> None:
    error = failure_of(channel, a_message(address=address))
    assert (error.fault, error.permanent) == (SendFault.BAD_ADDRESS, True)


def test_a_person_who_stopped_at_twilio_is_opted_out(
    channel: Adapter, twilio_server: TwilioServer
) -> None:
    twilio_server.opted_out.add(PERSON)
    assert failure_of(channel, a_message()).opted_out


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "999999999999"}, 3600.0),
        (
            {
                "Retry-After": "Mon, 02 Mar 2026 08:00:30 GMT",
                "Date": "Mon, 02 Mar 2026 08:00:00 GMT",
            },
            30.0,
        ),
        ({"Retry-After": "Mon, 02 Mar 2026 07:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": ""}, None),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_the_wait_that_twilio_asks_for_is_read(
    channel: Adapter, twilio_server: TwilioServer, headers: dict[str, str], wait: float | None
) -> None:
    twilio_server.answer_next(Answer(False, status=429, code=20429, headers=headers))
    assert failure_of(channel, a_message()).retry_after == wait


def test_a_rate_limit_is_one_whoever_sets_it(channel: Adapter, twilio_server: TwilioServer) -> None:
    for answer in (
        Answer(False, status=429, code=90001),
        Answer(False, status=429, body=b"Slow down"),
    ):
        twilio_server.answer_next(answer)
        error = failure_of(channel, a_message())
        assert (error.fault, error.permanent, error.outcome_unknown) == (
            SendFault.RATE_LIMITED,
            False,
            False,
        )


def test_nobody_waits_longer_for_an_answer_than_was_set(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    twilio_server.answer_next("hang")
    started = monotonic()
    failure_of(make_channel(read_timeout=0.3), a_message())
    assert 0.3 <= monotonic() - started < 20


@pytest.mark.parametrize("status", [301, 302, 407, 408, 418])
def test_what_stands_before_twilio_is_not_taken_for_it(
    channel: Adapter, twilio_server: TwilioServer, status: int
) -> None:
    twilio_server.answer_next(Answer(False, status=status, body=b"<html>", headers={}))
    error = failure_of(channel, a_message())
    assert (error.fault, error.permanent) == (SendFault.PROVIDER_DOWN, False)
    assert error.outcome_unknown == (status in (301, 302, 408))


def test_wrong_credentials_are_told_apart(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    error = failure_of(make_channel(auth_token="another"), a_message())
    assert (error.fault, error.permanent, error.outcome_unknown) == (
        SendFault.CREDENTIALS,
        False,
        False,
    )
    assert twilio_server.posts == 0


@pytest.mark.parametrize("answer", ["drop", "drop_after_accepting"])
def test_a_kept_connection_that_breaks_leaves_the_outcome_unknown(
    channel: Adapter, twilio_server: TwilioServer, answer: str
) -> None:
    channel.send(a_message())
    twilio_server.answer_next(answer)
    error = failure_of(channel, a_message())
    assert (error.fault, error.outcome_unknown) == (SendFault.NO_ANSWER, True)
    assert (twilio_server.posts, twilio_server.connections) == (2, 1)


def test_a_connection_that_twilio_closed_meanwhile_is_made_anew(
    channel: Adapter, twilio_server: TwilioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TwilioHandler, "timeout", 0.05)
    channel.send(a_message())
    assert twilio_server.hung_up.wait(20)
    # Nothing was written to the old one: this is no second try of anything.
    channel.send(a_message())
    assert (twilio_server.posts, twilio_server.connections) == (2, 2)


def test_nobody_listening_means_nothing_was_sent(
    make_channel: MakeChannel, twilio_server: TwilioServer
) -> None:
    channel = make_channel()
    twilio_server.stop()
    error = failure_of(channel, a_message())
    assert (error.fault, error.permanent, error.outcome_unknown) == (
        SendFault.PROVIDER_DOWN,
        False,
        False,
    )


@pytest.mark.parametrize("answer", ["refuse_21211", "drop", "hang", "bad_gateway", "rate_limit"])
def test_no_failure_and_no_log_holds_what_was_sent_to_whom(
    make_channel: MakeChannel,
    twilio_server: TwilioServer,
    caplog: pytest.LogCaptureFixture,
    answer: str,
) -> None:
    caplog.set_level(logging.INFO)
    twilio_server.answer_next(answer)
    channel = make_channel(read_timeout=patience_for(answer))
    error = failure_of(channel, a_message())
    channel.find_sent(a_message())
    shown = f"{error!r} {error} {caplog.text}"
    assert error.__suppress_context__ or error.__context__ is None
    assert [part for part in (PERSON, PERSON[1:], TEXT, AUTH_TOKEN) if part in shown] == []
