"""The operator's pages of the channels: how each is, and putting things right."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import insert, select

from channels.base import Channel
from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts
from feedback_hub.domain.message import DeliveryError, SendFault
from feedback_hub.services import alerts, intake
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import InboxKind, Queue
from tests.integration.post_box import Listed
from tests.integration.test_channel_watch import message
from tests.pages_world import LINE, START, Clock, log_in, make_app, make_hub, token_in
from workers.drain import drain

URL = f"/admin/channels/{LINE}"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=Clock())
    yield made
    made.close()


@pytest.fixture
def box(hub: Hub, tmp_path: Path) -> Listed:
    box = Listed(tmp_path / "box")
    hub.channels = ChannelAccounts({LINE: cast("Channel", box)}, hub.config.hub.base_url)
    box.at = f"{hub.config.hub.base_url}/channels/{LINE}/inbound"
    return box


@pytest.fixture
def app(hub: Hub, box: Listed) -> Flask:
    return make_app(hub)


def press(app: Flask, what: str, **form: str) -> str:
    ines = log_in(app, "ines")
    form["csrf_token"] = token_in(ines.get(URL).text)
    answer = ines.post(f"{URL}/{what}", data=form, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def set_aside(hub: Hub, kind: InboxKind) -> str:
    row_id = uuid.uuid4().hex
    with hub.unit_of_work() as uow:
        key = uow.vault.new_key()
        uow.session.execute(
            insert(tables.inbox).values(
                id=row_id,
                channel=LINE,
                kind=kind,
                external_id=row_id,
                key_id=key,
                raw_sealed=b"",
                parsed_sealed=b"",
                arrived_at=START,
                available_at=START,
                set_aside_at=START,
                attempts=8,
                fault="KeyError",
            )
        )
        uow.commit()
    return row_id


def test_only_the_operator_sees_the_channels(app: Flask) -> None:
    for name in ("ana", "filipe", "jorge", "graca", "rosa", "abel"):
        client = log_in(app, name)
        assert client.get("/admin/channels").status_code == 403
        assert client.get(URL).status_code == 403
        assert "/admin/channels" not in client.get("/").text
    ines = log_in(app, "ines")
    assert LINE in ines.get("/admin/channels").text
    assert ines.get("/admin/channels/nothing").status_code == 404


def test_a_check_says_what_is_wrong_and_the_list_and_home_say_it_too(
    app: Flask, box: Listed
) -> None:
    assert "Not tried yet" in log_in(app, "ines").get(URL).text
    box.fails = [DeliveryError(SendFault.CREDENTIALS, provider_code="20003")]
    page = press(app, "check")
    assert "Not working" in page
    assert "20003" in page
    ines = log_in(app, "ines")
    assert (
        "The account does not work: the provider refused our account (20003)." in ines.get("/").text
    )
    assert "Not working" in ines.get("/admin/channels").text
    page = press(app, "check")
    assert "Works" in page
    home = log_in(app, "ines").get("/").text
    assert "account does not work" not in home
    words = " ".join(re.sub(r"<[^>]+>", " ", home).split())
    assert "0 channels that do not work" in words


def test_the_webhook_is_registered_by_a_button(app: Flask, box: Listed) -> None:
    box.at = "https://elsewhere.example.org/"
    page = press(app, "check")
    assert "calls another address" in page
    assert "elsewhere.example.org" not in page
    assert "calls this hub" in press(app, "register")
    box.fails = [DeliveryError(SendFault.PROVIDER_DOWN)]
    assert "Nothing was changed" in press(app, "register")


def test_silence_is_said_with_its_length_and_what_is_usual(app: Flask, hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        detail = {"since": (START - timedelta(hours=26)).isoformat(), "usual": "10800"}
        alerts.raise_once(uow, AlertKind.SILENT_CHANNEL, LINE, START, detail)
        uow.commit()
    for url in ("/", URL):
        page = log_in(app, "ines").get(url).text
        assert "Nothing came in for 26 h; usual is one message every 3 h." in page
    assert "Nothing came in" not in log_in(app, "ana").get("/").text


def test_a_message_that_was_set_aside_is_tried_again_and_never_dismissed(
    app: Flask, hub: Hub
) -> None:
    with hub.unit_of_work() as uow:
        intake.accept(uow, LINE, [message(1, START)], b"raw", START)
        uow.session.execute(tables.inbox.update().values(set_aside_at=START, fault="KeyError"))
        row_id = uow.session.scalar(select(tables.inbox.c.id)) or ""
        uow.commit()
    page = log_in(app, "ines").get(URL).text
    assert "Needs a look" in page
    assert "I have seen it" not in page
    ines = log_in(app, "ines")
    form = {"csrf_token": token_in(ines.get(URL).text), "id": row_id}
    assert ines.post(f"{URL}/dismiss", data=form).status_code == 404
    assert "Tried again: 1." in press(app, "retry", id=row_id)
    assert drain(hub, Queue.INTAKE) == 1
    assert "Everything that came could be read" in log_in(app, "ines").get(URL).text


def test_what_nobody_can_read_is_seen_and_taken_off_the_list(app: Flask, hub: Hub) -> None:
    row_id = set_aside(hub, InboxKind.REJECTED)
    page = log_in(app, "ines").get(URL).text
    assert "Not readable" in page
    assert f"{URL}/retry" not in page
    assert "Tried again: 0." in press(app, "retry")
    assert "Taken off the list." in press(app, "dismiss", id=row_id)
    assert "Not readable" not in log_in(app, "ines").get(URL).text


def test_a_stranger_changes_nothing(app: Flask, box: Listed) -> None:
    ana = log_in(app, "ana")
    form = {"csrf_token": token_in(ana.get("/").text)}
    box.at = ""
    for what in ("check", "register", "retry", "dismiss"):
        assert ana.post(f"{URL}/{what}", data=form).status_code == 403
    assert box.at == ""
