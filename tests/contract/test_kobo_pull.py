"""Reading a Kobo server: each submission once, edits again, and every way it can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from channels._kobo import KoboSettings, PullFrom
from channels._kobo_api import EDITS_EVERY, PAGE
from channels._kobo_form import Questions, Values
from channels.base import HoldsFiles, Pulls
from channels.kobo import Adapter
from feedback_hub.domain.message import Attachment, DeliveryError, SendFault
from feedback_hub.domain.submission import Submission
from tests.contract.recorded import NOW
from tests.providers.kobo import FORM, TOKEN, KoboServer, Refusal

LATER = NOW + EDITS_EVERY


@pytest.fixture
def kobo() -> Iterator[KoboServer]:
    server = KoboServer().start()
    yield server
    server.stop()


def account(kobo: KoboServer, *, token: str = TOKEN, begin: PullFrom = PullFrom.NEW) -> Adapter:
    settings = KoboSettings(
        form=FORM,
        pull_url=kobo.url,
        pull_token=token,
        pull_from=begin,
        read_timeout=0.5,
        mapping=Questions(),
        values=Values(),
    )
    return Adapter("form", settings, "https://hub.example.org/channels/form")


def look(channel: Adapter, cursor: str, at: timedelta = timedelta()) -> tuple[list[str], str]:
    """Every text there is to have now, and the cursor; it must come to an end."""
    texts: list[str] = []
    for _ in range(20):
        pulled = channel.pull(cursor, NOW + at)
        for raw, items in pulled.deliveries:
            assert json.loads(raw)["_id"]
            for item in items or ():
                assert isinstance(item, Submission)
                texts.append(item.message.text)
        cursor = pulled.cursor
        if not pulled.more:
            return texts, cursor
    raise AssertionError("it never ends")


def test_it_is_pulled_and_holds_files(kobo: KoboServer) -> None:
    assert isinstance(account(kobo), Pulls)
    assert isinstance(account(kobo), HoldsFiles)
    assert account(kobo).pulls()


def test_what_is_new_is_read_once(kobo: KoboServer) -> None:
    kobo.submit(text="from before the hub")
    channel = account(kobo)
    texts, cursor = look(channel, "")
    assert texts == []
    kobo.submit(text="one")
    kobo.submit(text="two")
    texts, cursor = look(channel, cursor)
    assert texts == ["one", "two"]
    texts, cursor = look(channel, cursor)
    assert texts == []


def test_more_than_a_page_is_read_to_the_end(kobo: KoboServer) -> None:
    for number in range(PAGE * 2 + 1):
        kobo.submit(text=str(number))
    texts, _ = look(account(kobo, begin=PullFrom.ALL), "")
    assert texts == [str(number) for number in range(PAGE * 2 + 1)]


def test_edits_are_read_again_after_an_hour_and_name_the_first(kobo: KoboServer) -> None:
    old = kobo.submit(text="from before the hub")
    channel = account(kobo)
    _, cursor = look(channel, "")
    first = kobo.submit(text="bomba")
    _, cursor = look(channel, cursor)
    kobo.edit(old["_id"], text="edited, but never ours")
    kobo.edit(first["_id"], text="bomba avariada")
    kobo.edit(first["_id"], text="bomba do bloco C")
    assert look(channel, cursor)[0] == []
    pulled = channel.pull(cursor, LATER)
    assert pulled.more
    again = channel.pull(pulled.cursor, LATER)
    ((_, items),) = again.deliveries
    assert items is not None
    (item,) = items
    assert isinstance(item, Submission)
    assert item.message.text == "bomba do bloco C"
    assert item.message.revises == first["_uuid"]
    assert item.message.external_id != first["_uuid"]
    assert look(channel, again.cursor, EDITS_EVERY)[0] == []


def test_a_number_that_appears_late_is_not_lost(kobo: KoboServer) -> None:
    channel = account(kobo)
    _, cursor = look(channel, "")
    kobo.submit(2002, text="second")
    texts, cursor = look(channel, cursor)
    assert texts == ["second"]
    kobo.submit(2001, text="first, committed late")
    assert "first, committed late" in look(channel, cursor, EDITS_EVERY)[0]


def test_a_server_that_cannot_look_for_edits_still_gives_what_is_new(kobo: KoboServer) -> None:
    channel = account(kobo)
    _, cursor = look(channel, "")
    kobo.refuses = lambda query: Refusal(400) if "$or" in query.get("query", "") else None
    _, cursor = look(channel, cursor, EDITS_EVERY)
    kobo.submit(text="new")
    assert look(channel, cursor, EDITS_EVERY)[0] == ["new"]


def test_one_without_an_id_of_its_own_goes_by_its_number(kobo: KoboServer) -> None:
    kobo.submit(71, text="odd", _uuid=None, **{"meta/instanceID": 7.5, "meta/rootUuid": {}})
    channel = account(kobo, begin=PullFrom.ALL)
    ((_, items),) = channel.pull(channel.pull("", NOW).cursor, NOW).deliveries
    assert items is not None
    (item,) = items
    assert isinstance(item, Submission)
    assert item.message.external_id == "id-71"


def test_one_without_any_is_handed_over_raw_and_holds_up_nothing(kobo: KoboServer) -> None:
    kobo.submit(71, text="words")
    kobo.submissions[71] |= {"_id": "71 or so", "_uuid": "", "meta/instanceID": ""}
    kobo.submit(72, text="good")
    channel = account(kobo, begin=PullFrom.ALL)
    cursor = channel.pull("", NOW).cursor
    kobo.refuses = lambda _: Refusal(
        200, json.dumps({"results": list(kobo.submissions.values())}).encode()
    )
    first, second = channel.pull(cursor, NOW).deliveries
    assert first[1] is None
    assert b"words" in first[0]
    assert second[1]


@pytest.mark.parametrize(
    ("refusal", "fault", "wait"),
    [
        (Refusal(401), SendFault.CREDENTIALS, None),
        (Refusal(403), SendFault.CREDENTIALS, None),
        (Refusal(404), SendFault.CREDENTIALS, None),
        (Refusal(429, headers={"Retry-After": "17"}), SendFault.RATE_LIMITED, 17.0),
        (Refusal(500), SendFault.PROVIDER_DOWN, None),
        (Refusal(503, headers={"Retry-After": "9"}), SendFault.PROVIDER_DOWN, 9.0),
        (Refusal(302, headers={"Location": "/log-in"}), SendFault.PROVIDER_DOWN, None),
        (Refusal(200, b"<html>log in"), SendFault.PROVIDER_DOWN, None),
        (Refusal(200, b'{"results": 7}'), SendFault.PROVIDER_DOWN, None),
        (Refusal(200, b'{"results": [{"text": "no number"}]}'), SendFault.PROVIDER_DOWN, None),
        (Refusal(200, wait=1.0), SendFault.NO_ANSWER, None),
    ],
)
def test_a_failure_says_what_it_is_and_moves_nothing(
    kobo: KoboServer, refusal: Refusal, fault: SendFault, wait: float | None
) -> None:
    channel = account(kobo)
    _, cursor = look(channel, "")
    kobo.submit(text="kept")
    kobo.refusals.append(refusal)
    with pytest.raises(DeliveryError) as failed:
        channel.pull(cursor, NOW)
    assert failed.value.fault is fault
    assert failed.value.retry_after == wait
    assert not failed.value.outcome_unknown
    assert TOKEN not in str(failed.value)
    assert look(channel, cursor)[0] == ["kept"]


def test_a_wrong_token_and_a_server_that_is_not_there_are_told_apart(kobo: KoboServer) -> None:
    with pytest.raises(DeliveryError) as failed:
        account(kobo, token="wrong").check()
    assert failed.value.fault is SendFault.CREDENTIALS
    assert account(kobo).check() == "Kobo form reached"
    channel = account(kobo)
    kobo.stop()
    with pytest.raises(DeliveryError) as failed:
        channel.check()
    assert failed.value.fault is SendFault.PROVIDER_DOWN


def test_a_file_comes_from_the_account_s_own_server_only(kobo: KoboServer) -> None:
    channel = account(kobo)
    kobo.files["/attachments/7/"] = b"JPEG" * 50
    assert channel.fetch(Attachment(f"{kobo.url}/attachments/7/"), 200) == b"JPEG" * 50
    with pytest.raises(DeliveryError) as failed:
        channel.fetch(Attachment(f"{kobo.url}/attachments/7/"), 199)
    assert (failed.value.permanent, failed.value.provider_code) == (True, "too_large")
    with pytest.raises(DeliveryError) as failed:
        channel.fetch(Attachment(f"{kobo.url}/attachments/8/"), 200)
    assert (failed.value.permanent, failed.value.provider_code) == (True, "gone")
    kobo.refusals.append(Refusal(500))
    with pytest.raises(DeliveryError) as failed:
        channel.fetch(Attachment(f"{kobo.url}/attachments/7/"), 200)
    assert not failed.value.permanent


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.org/a",
        "http://127.0.0.1@evil.example.org/a",
        "file:///etc/passwd",
        "//",
        "",
    ],
)
def test_the_token_goes_nowhere_else(kobo: KoboServer, elsewhere: str) -> None:
    with pytest.raises(DeliveryError) as failed:
        account(kobo).fetch(Attachment(elsewhere), 200)
    assert (failed.value.permanent, failed.value.provider_code) == (True, "foreign_host")
    assert kobo.tokens == []


def test_a_cursor_of_another_kind_begins_again(kobo: KoboServer) -> None:
    kobo.submit(text="before")
    assert look(account(kobo), "17")[0] == []
    assert look(account(kobo, begin=PullFrom.ALL), "[]")[0] == ["before"]
