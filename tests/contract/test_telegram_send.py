"""What becomes of a message that is handed to Telegram, whatever Telegram answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram import LIMITS, LONGEST_TEXT, split
from feedback_hub.domain.message import CannotAsk, SendFault
from tests.contract.bot import PERSON, TEXT, a_message, failure_of, make_bot
from tests.providers.telegram import TOKEN, Answer, TelegramServer, telegram_server

__all__ = ["telegram_server"]


def texts(server: TelegramServer) -> list[str]:
    return [sent["text"] for sent in server.sent]


def test_a_text_arrives_as_it_is_and_shows_no_preview(telegram_server: TelegramServer) -> None:
    text = "Olá! *Ação* nº 5 <b>água</b> — maji 🚱 https://example.org"
    sent_id = make_bot(telegram_server).send(a_message(text=text))
    [sent] = telegram_server.sent
    assert (sent_id, sent["chat_id"], sent["text"]) == (f"{PERSON}:1000", PERSON, text)
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in sent
    assert "reply_markup" not in sent


def test_choices_are_buttons_that_send_their_number(telegram_server: TelegramServer) -> None:
    make_bot(telegram_server).send(a_message(choices=("Sim", "Não")))
    assert telegram_server.sent[0]["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Sim", "callback_data": "1"}],
            [{"text": "Não", "callback_data": "2"}],
        ]
    }


@dataclass(frozen=True)
class Case:
    """One answer of Telegram's, what the failure says, and whether the person has it after all."""

    answer: str
    fault: SendFault
    code: str = ""
    permanent: bool = False
    retry_after: float | None = None
    unknown: bool = False
    accepted: bool = False


F = SendFault
CASES = [
    Case("blocked", F.OPTED_OUT, "403", permanent=True),
    Case("deactivated", F.BAD_ADDRESS, "403", permanent=True),
    Case("never_started", F.UNREACHABLE, "403", permanent=True),
    Case("other_forbidden", F.BLOCKED, "403", permanent=True),
    Case("no_chat", F.BAD_ADDRESS, "400", permanent=True),
    Case("migrated", F.BAD_ADDRESS, "400", permanent=True),
    Case("bad_request", F.REFUSED, "400", permanent=True),
    Case("flood", F.RATE_LIMITED, "429", retry_after=2),
    Case("server_error", F.PROVIDER_DOWN, "500", unknown=True),
    Case("server_error_after_accepting", F.PROVIDER_DOWN, "500", unknown=True, accepted=True),
    Case("bad_gateway", F.PROVIDER_DOWN, "502", unknown=True),
    Case("login_page", F.PROVIDER_DOWN, "200", unknown=True),
    Case("not_ok", F.PROVIDER_DOWN, "200", unknown=True),
    Case("moved", F.PROVIDER_DOWN, "302", unknown=True),
    Case("proxy_says_no", F.PROVIDER_DOWN, "403"),
    Case("hang", F.NO_ANSWER, unknown=True),
    Case("hang_after_accepting", F.NO_ANSWER, unknown=True, accepted=True),
    Case("drop", F.NO_ANSWER, unknown=True),
    Case("drop_after_accepting", F.NO_ANSWER, unknown=True, accepted=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.answer)
def test_each_failure_says_what_to_do(telegram_server: TelegramServer, case: Case) -> None:
    telegram_server.answer_next(case.answer)
    error = failure_of(make_bot(telegram_server), a_message())
    said = Case(
        case.answer,
        error.fault,
        error.provider_code,
        permanent=error.permanent,
        retry_after=error.retry_after,
        unknown=error.outcome_unknown,
        accepted=len(telegram_server.sent) == 1,
    )
    assert said == case
    assert error.opted_out == (case.fault is SendFault.OPTED_OUT)
    assert len(telegram_server.calls) == 1, "one call is one attempt"
    assert case.unknown or not case.accepted, "or it would be sent twice"


def test_telegram_cannot_be_asked_so_nothing_is_sent_again(
    telegram_server: TelegramServer,
) -> None:
    with pytest.raises(CannotAsk):
        make_bot(telegram_server).find_sent(a_message())


def test_a_wrong_token_is_told_apart(telegram_server: TelegramServer) -> None:
    error = failure_of(make_bot(telegram_server, token="1:" + "x" * 30), a_message())
    assert (error.fault, error.permanent) == (SendFault.CREDENTIALS, False)


def test_nobody_listening_means_nothing_was_sent(telegram_server: TelegramServer) -> None:
    channel = make_bot(telegram_server)
    telegram_server.stop()
    error = failure_of(channel, a_message())
    assert (error.fault, error.outcome_unknown) == (SendFault.PROVIDER_DOWN, False)


# Pace: what it says of itself; that it is kept, over all processes, is in integration/test_sending


def test_a_long_text_counts_as_the_messages_it_goes_in(telegram_server: TelegramServer) -> None:
    channel = make_bot(telegram_server)
    assert (channel.parts(a_message()), channel.parts(a_message(text=LONG))) == (1, 2)
    assert channel.limits() is LIMITS
    assert 1 / LIMITS.every.total_seconds() + LIMITS.at_once <= 30


def test_the_parts_of_a_long_text_come_a_second_apart(telegram_server: TelegramServer) -> None:
    started = monotonic()
    make_bot(telegram_server).send(a_message(text=LONG))
    assert monotonic() - started >= 1.0


# Long texts

LONG = " ".join(f"palavra{number}" for number in range(600))


def test_a_long_answer_goes_in_parts_with_the_buttons_under_the_last(
    telegram_server: TelegramServer,
) -> None:
    sent_id = make_bot(telegram_server).send(a_message(text=LONG, choices=("Sim",)))
    assert " ".join(texts(telegram_server)) == LONG
    assert len(telegram_server.sent) == 2
    assert ["reply_markup" in sent for sent in telegram_server.sent] == [False, True]
    assert sent_id == f"{PERSON}:1001"


def test_a_later_part_that_must_wait_waits_and_the_first_is_not_repeated(
    telegram_server: TelegramServer,
) -> None:
    channel = make_bot(telegram_server)
    telegram_server.answer_next(Answer(), "flood")
    channel.send(a_message(text=LONG))
    assert " ".join(texts(telegram_server)) == LONG


@pytest.mark.parametrize("answer", ["long_flood", "hang", "server_error", "proxy_says_no"])
def test_a_part_that_stays_away_leaves_the_outcome_unknown_never_a_repetition(
    telegram_server: TelegramServer, answer: str
) -> None:
    telegram_server.answer_next(Answer(), *[answer] * 3)
    error = failure_of(make_bot(telegram_server), a_message(text=LONG))
    assert error.outcome_unknown
    assert not error.permanent
    assert len(telegram_server.sent) == 1


def test_a_person_who_blocks_between_two_parts_has_stopped(telegram_server: TelegramServer) -> None:
    telegram_server.answer_next(Answer(), "blocked")
    error = failure_of(make_bot(telegram_server), a_message(text=LONG))
    assert (error.opted_out, error.permanent, error.outcome_unknown) == (True, True, False)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(alphabet="aé🚱 \n", max_size=200), st.integers(2, 30))
def test_splitting_loses_and_repeats_nothing_but_the_space_at_a_cut(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(units(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(parts) or parts == [""]
    if all(units(word) <= most for word in text.split()):
        assert " ".join(parts).split() == text.split(), "cut between words"


def test_a_text_that_fits_is_left_alone() -> None:
    text = "🚱" * (LONGEST_TEXT // 2)
    assert split(text) == [text]
    assert split(" a \n") == [" a \n"]


# Nothing leaks


@pytest.mark.parametrize("answer", ["no_chat", "drop", "hang", "bad_gateway", "flood", "accept"])
def test_no_failure_and_no_log_holds_the_token_the_text_or_the_person(
    telegram_server: TelegramServer, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = make_bot(telegram_server)
    shown = repr(channel) + repr(channel.settings)
    if answer == "accept":
        channel.send(a_message())
    else:
        telegram_server.answer_next(answer)
        error = failure_of(channel, a_message())
        shown += f"{error!r} {error}"
        assert error.__suppress_context__ or error.__context__ is None
    shown += caplog.text
    secret = TOKEN.partition(":")[2]
    assert [part for part in (PERSON, TEXT, TOKEN, secret) if part in shown] == []
