"""What cannot wait rings whoever is on call, then the next, until somebody takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from channels.base import phone_address
from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.on_call import HandlerGroup, RingState, RingWay
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services import on_call
from feedback_hub.services.on_call import RingAddress
from feedback_hub.services.records.work import Queue
from feedback_hub.web.front import create_front
from tests.integration.asking import Asking, add_case
from tests.integration.databases import NOW
from tests.providers.telegram import SECRET_TOKEN, TOKEN, TelegramServer
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer
from workers.drain import drain

PEOPLE = {"dora": "+258841110001", "rui": "+258841110002", "zita": "+258841110003"}
MATTER = re.compile(r"\d{3}-?\d{3}-?\d{3}|amea|vida|life|armad", re.IGNORECASE)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    server = TelegramServer().start()
    yield server
    server.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(
    own_database_url: str,
    tmp_path: Path,
    twilio_server: TwilioServer,
    telegram: TelegramServer,
    clock: Clock,
) -> Iterator[Hub]:
    document = {
        "hub": {"home": str(tmp_path), "base_url": "http://127.0.0.1:1"},
        "database": {"url": own_database_url},
        "channels": {
            "line": {
                "kind": "twilio_voice",
                "account_sid": ACCOUNT_SID,
                "from_number": "+15005550006",
                "api_base": twilio_server.url,
            },
            "bot": {"kind": "telegram", "api_base": telegram.url},
        },
    }
    secrets = {
        "FEEDBACK_HUB_CHANNELS_LINE_AUTH_TOKEN": AUTH_TOKEN,
        "FEEDBACK_HUB_CHANNELS_BOT_TOKEN": TOKEN,
        "FEEDBACK_HUB_CHANNELS_BOT_SECRET_TOKEN": SECRET_TOKEN,
    }
    made = build(parse_config(document, secrets), clock=clock)
    with made.unit_of_work() as uow:
        for name, phone in PEOPLE.items():
            held = Membership(Role.PROTECTION)
            account = add_account(uow.session, f"{name}@x.example", "x", (held,), NOW, name=name)
            chat = "70001" if name == "rui" else ""
            on_call.keep_address(uow, account, RingAddress(phone, chat), phone_address)
            if name != "zita":
                by = uow.actor(account)
                assert by is not None
                position = 1 if name == "dora" else 2
                on_call.put_on(uow, by, account, HandlerGroup.SECURITY, NOW, position=position)
        uow.commit()
    yield made
    made.close()


def alarm(hub: Hub, **changes: object) -> Case:
    with hub.unit_of_work() as uow:
        case = add_case(uow, sensitivity=Sensitivity.L3)
        case.codes, case.priority = ("safety.life",), Priority.P0
        for name, value in changes.items():
            setattr(case, name, value)
        on_call.start(uow, case, NOW)
        on_call.start(uow, case, NOW)
        uow.commit()
    return case


def later(hub: Hub, clock: Clock, minutes: int = 3) -> None:
    clock.now += timedelta(minutes=minutes)
    drain(hub, Queue.DELIVERY)


def post_to(hub: Hub) -> object:
    """Twilio's requests reach the application in this process."""
    client = create_front(hub).test_client()

    def post(url: str, *, data: dict[str, str], headers: dict[str, str], **_: object) -> object:
        answer = client.post(url.removeprefix(hub.config.hub.base_url), data=data, headers=headers)
        return httpx.Response(answer.status_code, text=answer.text)

    return post


def rung(server: TwilioServer) -> list[str]:
    return [call.recipient for call in server.calls]


def state(hub: Hub, case: Case) -> tuple[RingState, str]:
    with hub.reading() as uow:
        ring = uow.ring_of(case.id)
        assert ring is not None
        box = uow.mailbox(ring.taken_by)
        return ring.state, box.address.partition("@")[0] if box else ""


def test_the_one_on_call_then_the_next_then_every_handler_until_a_key_is_pressed(
    hub: Hub,
    twilio_server: TwilioServer,
    telegram: TelegramServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = alarm(hub)
    drain(hub, Queue.DELIVERY)
    drain(hub, Queue.DELIVERY)
    assert rung(twilio_server) == [PEOPLE["dora"]]
    later(hub, clock)
    later(hub, clock)
    assert rung(twilio_server) == list(PEOPLE.values())
    later(hub, clock)
    assert rung(twilio_server)[3:] == [PEOPLE["dora"]]
    (text,) = [one["text"] for one in telegram.sent]
    with hub.reading() as uow:
        alerts = uow.session.scalars(select(tables.alert.c.kind)).all()
    assert [one.value for one in alerts] == ["not_taken"]

    monkeypatch.setattr(httpx, "post", post_to(hub))
    # A mailbox picks up and presses nothing; then she rings back to the second call.
    twilio_server.answer_call(twilio_server.calls[0])
    assert state(hub, case)[0] is RingState.RINGING
    heard = twilio_server.answer_call(twilio_server.calls[3], "1")
    assert "Carregue no um" in heard[0]
    assert "Obrigado" in heard[1]
    spoken = re.findall(r"<Say[^>]*>([^<]*)<", "".join(heard))
    assert spoken
    assert not MATTER.search(" ".join((*spoken, text)))
    assert state(hub, case) == (RingState.TAKEN, "dora")
    later(hub, clock)
    assert len(twilio_server.calls) == 4


def test_a_button_in_telegram_takes_it_and_is_no_message_of_anybody(
    hub: Hub, twilio_server: TwilioServer, telegram: TelegramServer, clock: Clock
) -> None:
    case = alarm(hub)
    drain(hub, Queue.DELIVERY)
    later(hub, clock)
    (sent,) = telegram.sent
    chat = {"id": 70001, "type": "private", "first_name": "Rui"}
    query = {
        "id": "4382bfdwdsb323b2d9",
        "from": {"id": 70001, "is_bot": False, "first_name": "Rui"},
        "message": {
            "message_id": sent["message_id"],
            "chat": chat,
            "date": int(NOW.timestamp()),
            "text": sent["text"],
        },
        "chat_instance": "42a3",
        "data": "1",
    }
    update = telegram.receive(callback_query=query)
    client = create_front(hub).test_client()
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET_TOKEN}
    assert client.post("/channels/bot/inbound", json=update, headers=headers).status_code == 200
    drain(hub, Queue.INTAKE)
    assert state(hub, case) == (RingState.TAKEN, "rui")
    with hub.reading() as uow:
        assert uow.session.scalars(select(tables.case.c.id)).all() == [case.id]
        assert uow.session.scalars(select(tables.contact.c.id)).all() == []


def test_a_number_that_cannot_be_rung_costs_seconds_and_whoever_is_away_none(
    hub: Hub, twilio_server: TwilioServer, clock: Clock
) -> None:
    with hub.unit_of_work() as uow:
        account = tables.account
        uow.session.execute(
            account.update()
            .where(account.c.email == "dora@x.example")
            .values(absent_until=NOW.date())
        )
        uow.commit()
    alarm(hub)
    drain(hub, Queue.DELIVERY)
    assert rung(twilio_server) == [PEOPLE["rui"]]


def test_the_accused_are_not_rung_and_a_case_decided_rings_no_more(
    hub: Hub, twilio_server: TwilioServer, clock: Clock
) -> None:
    with hub.unit_of_work() as uow:
        dora = uow.actor("dora@x.example")
        assert dora is not None
        uow.commit()
    case = alarm(hub, entered_by=dora.id)
    drain(hub, Queue.DELIVERY)
    assert rung(twilio_server) == [PEOPLE["rui"]]
    with hub.unit_of_work() as uow:
        kept = uow.case(case.id)
        assert kept is not None
        kept.triaged_at = clock.now + timedelta(minutes=1)
        uow.commit()
    later(hub, clock)
    assert (len(twilio_server.calls), state(hub, case)[0]) == (1, RingState.OVER)


def test_the_roster_over_the_api(hub: Hub) -> None:
    asking = Asking(hub)
    case = alarm(hub)
    handler = Role.PROTECTION
    for role in (Role.DESK, Role.CASE_MANAGER, Role.COORDINATOR, Role.FOCAL_POINT):
        assert asking.get(role, "/api/v1/on-call").status_code == 403
    made = asking.post(
        Role.ADMIN, "/api/v1/on-call", account="zita@x.example", group="psea", position=1
    )
    assert made.status_code == 201
    # Whoever runs the hub keeps the roster, and learns of no case by it.
    assert asking.get(Role.ADMIN, "/api/v1/on-call").json["ringing"] == []
    found = asking.get(handler, "/api/v1/on-call").json
    assert [one["ref"] for one in found["ringing"]] == [case.ref]
    assert {one["name"] for one in found["items"]} == set(PEOPLE)
    assert "+258" not in str(found)
    gone = asking.post(Role.ADMIN, f"/api/v1/on-call/{made.json['id']}/remove")
    assert gone.status_code == 200
    assert asking.post(Role.ADMIN, f"/api/v1/on-call/{made.json['id']}/remove").status_code == 404
    for wrong in ({"group": "x"}, {"account": "x@x"}, {"ends": "2020-01-01T00:00:00Z"}):
        body = {"account": "zita@x.example", "group": "psea"} | wrong
        assert asking.post(Role.ADMIN, "/api/v1/on-call", **body).status_code in {400, 404, 422}
    assert asking.post(Role.CASE_MANAGER, f"/api/v1/cases/{case.ref}/take").status_code == 404
    assert asking.post(handler, f"/api/v1/cases/{case.ref}/take").status_code == 200
    assert asking.post(handler, f"/api/v1/cases/{case.ref}/take").status_code == 409
    with hub.reading() as uow:
        ring = uow.ring_of(case.id)
    assert ring is not None
    assert ring.taken_way is RingWay.APP
