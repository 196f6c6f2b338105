"""What comes from Telegram: whatever shape it has, by webhook and by asking; and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels._telegram import Mode, TelegramSettings
from channels.base import HoldsFiles, Pulls, Registers, Unverified
from channels.telegram import Adapter
from feedback_hub.config import ConfigError, Context, Section, build_settings, env_name
from feedback_hub.domain.commands import Command, command_in
from feedback_hub.domain.message import Attachment, DeliveryError, InboundMessage, SendFault
from tests.contract.bot import PUBLIC_URL, make_bot
from tests.contract.recorded import NOW, Sample, samples
from tests.contract.test_channel_contract import assert_storable, parsed
from tests.providers.telegram import SECRET_TOKEN, TOKEN, Answer, TelegramServer, telegram_server

__all__ = ["telegram_server"]

SAMPLES = {sample.file: sample for sample in samples("telegram")}
MOST = 1_000_000


def document(file: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SAMPLES[file].body)
    return read


def said(file: str, change: dict[str, Any] | None = None) -> list[Any]:
    sample = SAMPLES[file]
    body = json.dumps(document(file) | (change or {})).encode()
    return list(parsed(sample.account, replace(sample.request, body=body)) or ())


# Any shape


WITH_OBJECT = [one for one in SAMPLES.values() if one.file != "inbound_list"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    found = [path]
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(inner, (*path, key))
    return found


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "type", "file_id", "text"]), st.integers(), max_size=2),
)


@given(data=st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_read_or_rejected_and_never_a_crash(data: st.DataObject) -> None:
    sample: Sample = data.draw(st.sampled_from(WITH_OBJECT))
    update = json.loads(sample.body)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([one for one in places(update) if one]))
        within = update
        for key in path[:-1]:
            within = within[key]
        within[path[-1]] = data.draw(anything)
    body = json.dumps(update).encode()
    assert_storable(parsed(sample.account, replace(sample.request, body=body)) or ())


# What it means


def test_commands_are_the_words_that_stop_and_start_everywhere() -> None:
    assert command_in(said("inbound_stop")[0].text) is Command.STOP
    assert command_in(said("inbound_start")[0].text) is Command.START
    assert command_in(said("inbound_blocked")[0].text) is Command.STOP


def test_a_button_pressed_twice_is_one_answer() -> None:
    again = document("inbound_button")["callback_query"] | {"id": "4382bfdwdsb323b2ff"}
    [first], [second] = said("inbound_button"), said("inbound_button", {"callback_query": again})
    assert first.external_id == second.external_id


def test_two_edits_are_two_versions_of_one_message() -> None:
    later = document("inbound_edited")["edited_message"]
    later = {**later, "edit_date": later["edit_date"] + 60, "text": "Afinal já chegou."}
    [first], [second] = said("inbound_edited"), said("inbound_edited", {"edited_message": later})
    assert first.revises == second.revises
    assert first.external_id != second.external_id


def test_nobody_in_a_group_is_answered_in_the_group() -> None:
    for sample in SAMPLES.values():
        for item in sample.items or ():
            assert isinstance(item, InboundMessage)
            assert not item.address.startswith("-")


def test_a_clock_of_telegrams_that_runs_ahead_does_not_receive_in_the_future() -> None:
    message = document("inbound_text")["message"] | {"date": int(NOW.timestamp()) + 3600}
    assert said("inbound_text", {"message": message})[0].received_at == NOW


def test_a_bot_without_a_secret_takes_no_webhook_at_all(telegram_server: TelegramServer) -> None:
    channel = make_bot(telegram_server, mode=Mode.POLLING, secret_token="")
    request = SAMPLES["inbound_text"].request
    for given_secret in ("", SECRET_TOKEN):
        headers = {**request.headers, "x-telegram-bot-api-secret-token": given_secret}
        with pytest.raises(Unverified):
            channel.verify(replace(request, headers=headers))


@pytest.mark.parametrize(
    "keys",
    [{}, {"secret_token": "sh0rt"}, {"secret_token": "ç" * 40}],
    ids=["none", "short", "letters"],
)
def test_a_webhook_needs_a_secret_worth_the_name(keys: dict[str, str]) -> None:
    section = Section("channels.bot", {}, "telegram")
    given_keys = {"token": TOKEN, **keys}
    environ = {env_name("channels.bot", key): value for key, value in given_keys.items()}
    with pytest.raises(ConfigError) as caught:
        build_settings(TelegramSettings, section, Context(environ, Path("/"), Path("/")))
    assert "secret_token" in str(caught.value)
    assert [value for value in keys.values() if value in str(caught.value)] == []


# Asking


def polled(server: TelegramServer) -> Adapter:
    return make_bot(server, mode=Mode.POLLING, secret_token="")


def ids(pulled: Any) -> list[str]:
    return [item.external_id for _, items in pulled.deliveries for item in items or ()]


def message(number: int) -> dict[str, Any]:
    return {**document("inbound_text")["message"], "message_id": number, "text": f"Caso {number}"}


def test_what_is_pulled_stays_at_telegram_until_the_cursor_comes_back(
    telegram_server: TelegramServer,
) -> None:
    channel = polled(telegram_server)
    for number in (1, 2):
        telegram_server.receive(message=message(number))
    first = channel.pull("", NOW)
    assert ids(first) == ["700100200:1", "700100200:2"]
    assert ids(channel.pull("", NOW)) == ids(first), "a crash before the commit loses nothing"
    assert len(telegram_server.waiting) == 2
    telegram_server.receive(message=message(3))
    second = channel.pull(first.cursor, NOW)
    assert ids(second) == ["700100200:3"]
    assert len(telegram_server.waiting) == 1
    last = channel.pull(second.cursor, NOW)
    assert (ids(last), last.cursor, last.more) == ([], second.cursor, False)
    assert telegram_server.waiting == []


def test_a_pulled_press_is_answered_and_an_answer_that_fails_holds_nothing_up(
    telegram_server: TelegramServer,
) -> None:
    pressed = document("inbound_button")["callback_query"]
    telegram_server.receive(callback_query=pressed)
    first = polled(telegram_server).pull("", NOW)
    assert telegram_server.answered == [pressed["id"]]
    assert ids(first) == ["700100200:38:b2"]
    old = Answer(False, status=400, description="Bad Request: query is too old")
    telegram_server.answer_next(old, method="answerCallbackQuery")
    assert ids(polled(telegram_server).pull("", NOW)) == ids(first)


def test_what_cannot_be_read_is_kept_and_holds_nothing_up(telegram_server: TelegramServer) -> None:
    telegram_server.receive(telepathy={"thought": "?"})
    telegram_server.receive(message=message(2))
    pulled = polled(telegram_server).pull("", NOW)
    (raw, rejected), (_, items) = pulled.deliveries
    assert rejected is None
    assert json.loads(raw)["telepathy"] == {"thought": "?"}
    assert items
    assert polled(telegram_server).pull(pulled.cursor, NOW).deliveries == []


def test_a_full_post_box_is_read_to_its_end(telegram_server: TelegramServer) -> None:
    for number in range(130):
        telegram_server.receive(message=message(number + 1))
    channel = polled(telegram_server)
    first = channel.pull("", NOW)
    second = channel.pull(first.cursor, NOW)
    assert (len(first.deliveries), first.more) == (100, True)
    assert (len(second.deliveries), second.more) == (30, False)


def test_after_a_quiet_week_ids_begin_anywhere_and_nothing_is_lost(
    telegram_server: TelegramServer,
) -> None:
    channel = polled(telegram_server)
    telegram_server.receive(update_id=900_000_000, message=message(1))
    cursor = channel.pull("", NOW).cursor
    channel.pull(cursor, NOW)
    telegram_server.receive(update_id=100_000_000, message=message(2))
    later = NOW + timedelta(days=8)
    pulled = channel.pull(cursor, later)
    assert ids(pulled) == ["700100200:2"]
    channel.pull(pulled.cursor, later)
    assert telegram_server.waiting == []


def test_a_webhook_that_is_still_set_is_removed_first(telegram_server: TelegramServer) -> None:
    make_bot(telegram_server).register()
    telegram_server.receive(message=message(1))
    assert ids(polled(telegram_server).pull("", NOW)) == ["700100200:1"]
    assert telegram_server.webhook == {}


def test_somebody_else_who_polls_is_a_fault_that_says_so(telegram_server: TelegramServer) -> None:
    other = Answer(False, status=409, description="Conflict: terminated by other getUpdates")
    telegram_server.answer_next(other, other, method="getUpdates")
    with pytest.raises(DeliveryError) as caught:
        polled(telegram_server).pull("", NOW)
    assert (caught.value.fault, caught.value.permanent) == (SendFault.REFUSED, False)
    assert caught.value.provider_code == "409"


@pytest.mark.parametrize("answer", ["hang", "bad_gateway", "drop", "flood"])
def test_a_look_that_fails_says_so_and_is_no_send(
    telegram_server: TelegramServer, answer: str
) -> None:
    telegram_server.answer_next(answer, method="getUpdates")
    with pytest.raises(DeliveryError) as caught:
        polled(telegram_server).pull("", NOW)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("cursor", ["x", "1", "@", "12@", "²@²", "1@x", "-5@1772437800"])
def test_a_cursor_that_is_none_starts_at_the_oldest(
    telegram_server: TelegramServer, cursor: str
) -> None:
    telegram_server.receive(message=message(1))
    assert ids(polled(telegram_server).pull(cursor, NOW)) == ["700100200:1"]


# The webhook's address, and the account


def test_the_webhook_is_registered_with_its_secret(telegram_server: TelegramServer) -> None:
    channel = make_bot(telegram_server)
    assert isinstance(channel, Registers)
    assert isinstance(channel, Pulls)
    assert (channel.registered(), channel.pulls()) == ("", False)
    assert "register it" in channel.check()
    channel.register()
    assert channel.registered() == f"{PUBLIC_URL}/inbound"
    assert telegram_server.webhook["secret_token"] == SECRET_TOKEN
    assert telegram_server.webhook["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]
    telegram_server.receive(message=message(1))
    assert channel.check() == "Telegram bot @linha_bot, webhook set, 1 waiting"


def test_a_bot_that_is_polled_registers_no_webhook(telegram_server: TelegramServer) -> None:
    make_bot(telegram_server).register()
    channel = polled(telegram_server)
    assert "a webhook is set" in channel.check()
    channel.register()
    assert (channel.pulls(), channel.registered()) == (True, "")
    assert channel.check() == "Telegram bot @linha_bot, polled, 0 waiting"


def test_a_wrong_token_is_found_by_check(telegram_server: TelegramServer) -> None:
    with pytest.raises(DeliveryError) as caught:
        make_bot(telegram_server, token="1:" + "x" * 30).check()
    assert caught.value.fault is SendFault.CREDENTIALS


# Files


def file_error(channel: Adapter, url: str, most: int = MOST) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.fetch(Attachment(url), most)
    return caught.value


def test_a_file_is_fetched_by_its_id(telegram_server: TelegramServer) -> None:
    content = bytes(range(256)) * 700
    telegram_server.files["AwACvoice"] = ("voice/file_12.oga", content)
    channel = make_bot(telegram_server)
    assert isinstance(channel, HoldsFiles)
    assert channel.fetch(Attachment("telegram:AwACvoice", "audio/ogg"), len(content)) == content
    assert file_error(channel, "telegram:AwACvoice", len(content) - 1).provider_code == "too_large"


def test_a_file_that_is_larger_than_it_says_is_left(telegram_server: TelegramServer) -> None:
    telegram_server.files["AwAC"] = ("voice/f.oga", b"x" * 5000)
    body = json.dumps({"ok": True, "result": {"file_path": "voice/f.oga", "file_size": 10}})
    telegram_server.answer_next(Answer(False, body=body.encode()), method="getFile")
    error = file_error(make_bot(telegram_server), "telegram:AwAC", 1000)
    assert (error.permanent, error.provider_code) == (True, "too_large")


@pytest.mark.parametrize(
    "url", ["https://example.org/a.jpg", "http://127.0.0.1/admin", "", "file:///etc/passwd"]
)
def test_an_address_is_never_followed(telegram_server: TelegramServer, url: str) -> None:
    assert file_error(make_bot(telegram_server), url).permanent
    assert telegram_server.calls == []


@pytest.mark.parametrize(
    "path", ["/var/lib/telegram/f", "../../admin", "a/../b", "a?x=1", "//evil.example/f", "a b", ""]
)
def test_a_path_that_leads_elsewhere_is_refused(telegram_server: TelegramServer, path: str) -> None:
    telegram_server.files["AwAC"] = (path, b"x")
    error = file_error(make_bot(telegram_server), "telegram:AwAC")
    assert (error.permanent, error.provider_code) == (True, "file_path")


def test_a_file_that_is_gone_is_gone_and_one_that_waits_may_be_asked_for_again(
    telegram_server: TelegramServer,
) -> None:
    channel = make_bot(telegram_server)
    assert file_error(channel, "telegram:nothing").permanent
    busy = Answer(False, status=400, description="Bad Request: file is temporarily unavailable")
    telegram_server.answer_next(busy, "server_error", "hang", "flood", method="getFile")
    for _ in range(4):
        error = file_error(channel, "telegram:AwAC")
        assert not error.permanent
        assert not error.outcome_unknown
