"""Approved information to people who asked for it: preview, cost, slow start, stop, once each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Role
from feedback_hub.domain.contact import Contact, Purpose, Withheld
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import intake
from feedback_hub.services.records.telling import Wording, WordingState
from feedback_hub.services.records.work import Queue
from tests.integration.asking import Asking, add_case
from tests.integration.databases import NOW
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer
from workers.drain import drain
from workers.schedule import tick

API = "/api/v1/broadcasts"
WORDS = {
    Purpose.BROADCAST: "{{ answer }} Para parar, responda PARAR.",
    Purpose.NEWS_ON: "Vai receber informacoes.",
    Purpose.NEWS_OFF: "Nao enviamos mais informacoes.",
    Purpose.INTERIM: "Caso {{ ref }}: voltamos a contactar ate {{ date }}.",
}


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(
    own_database_url: str, tmp_path: Path, twilio_server: TwilioServer, clock: Clock
) -> Iterator[Hub]:
    document = {
        "hub": {"home": str(tmp_path)},
        "database": {"url": own_database_url},
        "loopback": {"text_price": 2.5},
        "channels": {
            "sms": {
                "kind": "twilio_sms",
                "account_sid": ACCOUNT_SID,
                "from_number": "+15005550006",
                "api_base": twilio_server.url,
            }
        },
    }
    secrets = {"FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": AUTH_TOKEN}
    made = build(parse_config(document, secrets), clock=clock)
    with made.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Site("COR", "Corrane")])
        for purpose, text in WORDS.items():
            uow.add(Wording("por", purpose, text, WordingState.APPROVED))
        uow.commit()
    yield made
    made.close()


def wants(hub: Hub, many: int, site: str = "NTO", first: int = 0, **changes: object) -> None:
    with hub.unit_of_work() as uow:
        for number in range(first, first + many):
            address = f"+25884000{number:04}"
            contact_id, key = uuid.uuid4().hex, uow.vault.new_key()
            sealed = uow.vault.seal(key, address, f"contact.address:{contact_id}")
            contact = Contact(contact_id, "sms", f"{number}", key, sealed, NOW, language="por")
            contact.site, contact.news_at = site, NOW + timedelta(seconds=number)
            for name, value in changes.items():
                setattr(contact, name, value)
            uow.add(contact)
        uow.commit()


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


@pytest.fixture
def answer(asking: Asking) -> str:
    made = asking.post(
        Role.COORDINATOR,
        "/api/v1/answers",
        question="Quando?",
        text="A distribuicao e na terca na escola.",
        language="por",
        valid_to="2026-03-20",
        by_text=True,
    )
    approved = asking.post(Role.COORDINATOR, f"/api/v1/answers/{made.json['id']}/approve")
    assert approved.status_code == 200
    return str(made.json["id"])


def told(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(tables.broadcast_person)) or 0


def later(hub: Hub, clock: Clock, minutes: int = 6) -> None:
    clock.now += timedelta(minutes=minutes)
    tick(hub, clock.now)
    drain(hub, Queue.DELIVERY)


def test_few_first_then_more_each_person_once_and_nobody_who_did_not_ask(
    hub: Hub, asking: Asking, answer: str, clock: Clock, twilio_server: TwilioServer
) -> None:
    wants(hub, 45)
    wants(hub, 3, first=100, site="COR")
    wants(hub, 2, first=200, news_at=None)
    wants(hub, 2, first=300, stopped_at=NOW)
    made = asking.post(Role.COORDINATOR, API, answers=[answer], sites=["NTO"])
    assert made.status_code == 201, made.text
    seen = made.json["preview"]
    assert (seen["people"], seen["segments"], seen["cost"]) == (45, 45, 112.5)
    assert seen["by_language"][0]["text"].startswith("A distribuicao e na terca na escola. Para")
    path = f"{API}/{made.json['id']}"
    later(hub, clock)
    assert told(hub) == 0
    assert asking.post(Role.COORDINATOR, f"{path}/start").status_code == 200
    assert asking.post(Role.COORDINATOR, f"{path}/start").status_code == 409
    later(hub, clock, 0)
    later(hub, clock, 1)
    assert told(hub) == len(twilio_server.sent) == 10
    later(hub, clock)
    assert told(hub) == 40
    for _ in range(4):
        later(hub, clock)
    assert len({one.recipient for one in twilio_server.sent}) == len(twilio_server.sent) == 45
    found = asking.get(Role.COORDINATOR, path).json
    assert (found["state"], found["told"], found["preview"]["people"]) == ("done", 45, 0)


def test_stop_holds_back_what_waits_too_and_going_on_tells_nobody_twice(
    hub: Hub, asking: Asking, answer: str, clock: Clock, twilio_server: TwilioServer
) -> None:
    wants(hub, 12)
    made = asking.post(Role.CASE_MANAGER, API, answers=[answer])
    path = f"{API}/{made.json['id']}"
    asking.post(Role.CASE_MANAGER, f"{path}/start")
    tick(hub, clock.now)
    assert told(hub) == 10
    assert asking.post(Role.CASE_MANAGER, f"{path}/stop").status_code == 200
    assert asking.post(Role.CASE_MANAGER, f"{path}/stop").status_code == 409
    drain(hub, Queue.DELIVERY)
    assert twilio_server.sent == []
    with hub.reading() as uow:
        why = uow.session.scalars(select(tables.delivery.c.withheld)).all()
    assert set(why) == {Withheld.CALLED_OFF}
    asking.post(Role.CASE_MANAGER, f"{path}/start")
    later(hub, clock)
    assert sorted(one.recipient[-2:] for one in twilio_server.sent) == ["10", "11"]


def test_it_stops_by_itself_when_texts_fail_and_when_the_answer_leaves(
    hub: Hub, asking: Asking, answer: str, clock: Clock, twilio_server: TwilioServer
) -> None:
    wants(hub, 30)
    twilio_server.answer_always("refuse_21612")
    path = f"{API}/{asking.post(Role.COORDINATOR, API, answers=[answer]).json['id']}"
    asking.post(Role.COORDINATOR, f"{path}/start")
    later(hub, clock, 0)
    later(hub, clock)
    found = asking.get(Role.COORDINATOR, path).json
    assert (found["state"], found["stopped_for"], found["told"]) == ("stopped", "too_many_fail", 10)

    path = f"{API}/{asking.post(Role.COORDINATOR, API, answers=[answer]).json['id']}"
    asking.post(Role.COORDINATOR, f"{path}/start")
    assert asking.post(Role.COORDINATOR, f"/api/v1/answers/{answer}/withdraw").status_code == 200
    later(hub, clock)
    assert asking.get(Role.COORDINATOR, path).json["stopped_for"] == "not_current"
    refused = asking.post(Role.COORDINATOR, API, answers=[answer])
    assert refused.status_code == 422


def test_who_has_something_highly_sensitive_open_hears_nothing_and_is_counted_as_the_others(
    hub: Hub, asking: Asking, answer: str, clock: Clock, twilio_server: TwilioServer
) -> None:
    wants(hub, 2)
    with hub.unit_of_work() as uow:
        contact = uow.session.scalars(select(Contact)).first()
        case = add_case(uow, sensitivity=Sensitivity.L3)
        assert contact is not None
        case.contact_id = contact.id
        uow.commit()
    path = f"{API}/{asking.post(Role.COORDINATOR, API, answers=[answer]).json['id']}"
    assert asking.get(Role.COORDINATOR, path).json["preview"]["people"] == 2
    asking.post(Role.COORDINATOR, f"{path}/start")
    later(hub, clock, 0)
    assert (told(hub), len(twilio_server.sent)) == (2, 1)


def test_people_opt_in_and_out_in_a_word_and_by_no_other(hub: Hub) -> None:
    def says(text: str) -> datetime | None:
        message = InboundMessage(
            uuid.uuid4().hex, NOW, text, sender="+258840000001", address="+258840000001"
        )
        with hub.unit_of_work() as uow:
            intake.accept(uow, "sms", [message], b"", NOW)
            uow.commit()
        drain(hub, Queue.INTAKE)
        with hub.reading() as uow:
            contact = uow.session.scalars(select(Contact)).one()
        return contact.news_at

    assert says("Noticias sobre a bomba nao ha") is None
    assert says("NOTÍCIAS") == NOW
    assert says("sem noticias") is None
    with hub.reading() as uow:
        sent = uow.session.scalars(select(tables.delivery.c.purpose)).all()
        cases = uow.session.scalar(select(func.count()).select_from(tables.case))
    assert [one for one in sent if one.value.startswith("news")] == [
        Purpose.NEWS_ON,
        Purpose.NEWS_OFF,
    ]
    assert cases == 1


def test_who_may(asking: Asking, answer: str) -> None:
    for role in (Role.DESK, Role.FOCAL_POINT, Role.PROTECTION, Role.ADMIN, Role.MECHANISM):
        assert asking.post(role, API, answers=[answer]).status_code == 403
        assert asking.get(role, API).status_code == 403


def test_it_says_something_in_ten_languages_at_most_at_places_there_are(
    asking: Asking, answer: str
) -> None:
    nothing = asking.post(Role.COORDINATOR, API, answers=[])
    nowhere = asking.post(Role.COORDINATOR, API, answers=[answer], sites=["NOWHERE"])
    assert nothing.status_code in {400, 422}
    assert nowhere.status_code in {400, 422}
    eleven = asking.post(Role.COORDINATOR, API, answers=[f"{n:032x}" for n in range(11)])
    assert "one to 10" in str(eleven.json)


def test_an_interim_notice_moves_the_deadline_once(hub: Hub, asking: Asking) -> None:
    wants(hub, 1)
    with hub.unit_of_work() as uow:
        contact = uow.session.scalars(select(Contact)).one()
        case = add_case(uow)
        case.contact_id, case.channel = contact.id, "sms"
        silent = add_case(uow)
        uow.commit()
    for ref in (case.ref, silent.ref):
        path = f"/api/v1/cases/{ref}"
        triaged = asking.post(Role.CASE_MANAGER, f"{path}/triage", codes=["complaint.quality"])
        assert triaged.status_code == 200, triaged.text
    path = f"/api/v1/cases/{case.ref}"
    asking.post(Role.CASE_MANAGER, f"{path}/interim")
    after = asking.get(Role.CASE_MANAGER, path).json["due_at"]
    assert after.startswith("2026-04-03")
    assert asking.post(Role.CASE_MANAGER, f"{path}/interim").status_code == 409
    with hub.reading() as uow:
        (told,) = uow.deliveries_of(case.id)
    assert (told.purpose, told.withheld) == (Purpose.INTERIM, None)
    # Nobody to text: somebody tells them, and says so.
    path = f"/api/v1/cases/{silent.ref}/interim"
    assert asking.post(Role.CASE_MANAGER, path).status_code == 422
    assert asking.post(Role.CASE_MANAGER, path, told=True).status_code == 200
