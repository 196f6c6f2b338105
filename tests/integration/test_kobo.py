"""A form on its road: posted by Kobo or read from it, it is a case with all it says (issue 3)."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from sqlalchemy import select

from channels.kobo import Adapter
from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.person import AgeBand, Person, PopulationGroup, Sex
from feedback_hub.domain.place import Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.work import Queue
from feedback_hub.services.seals import text_bound_to
from feedback_hub.web.app import create_app
from tests.integration.databases import NOW
from tests.providers.kobo import FORM, TOKEN, KoboServer
from workers.drain import drain
from workers.pull import Puller

PASSWORD = "a-password-of-the-test"
LOGIN = "Basic " + b64encode(f"kobo:{PASSWORD}".encode()).decode()
ANSWERS = MappingProxyType(
    {
        "report/text": "A bomba nao funciona",
        "report/codes": "complaint.broken codigo_antigo",
        "where/site": "NTOKOTA",
        "person/sex": "female",
        "person/age_band": "40_59",
        "person/population_group": "idp",
        "consent/consent_record": "yes",
        "consent/consent_share": "anonymous",
        "consent/consent_contact": "yes",
        "consent/consent_content": "no",
        "reach/phone": "84 123 4567",
        "reach/name": "Pessoa Inventada",
        "reach/how": "text",
        "reach/private_phone": "no",
    }
)


@pytest.fixture
def kobo() -> Iterator[KoboServer]:
    server = KoboServer().start()
    yield server
    server.stop()


@pytest.fixture
def hub(own_database_url: str, tmp_path: Path, kobo: KoboServer) -> Iterator[Hub]:
    section = {"kind": "kobo", "form": FORM, "username": "kobo", "pull_url": kobo.url}
    document = {
        "hub": {"home": str(tmp_path / "home")},
        "database": {"url": own_database_url},
        "channels": {"form": section, "sms": {"kind": "sandbox"}},
    }
    environ = {
        "FEEDBACK_HUB_CHANNELS_FORM_PASSWORD": PASSWORD,
        "FEEDBACK_HUB_CHANNELS_FORM_PULL_TOKEN": TOKEN,
    }
    made = build(parse_config(document, environ), clock=lambda: NOW)
    with made.unit_of_work() as uow:
        uow.session.add(Site("NTOKOTA", "Ntokota"))
        uow.commit()
    yield made
    made.close()


def post(hub: Hub, submission: dict[str, object], login: str = LOGIN) -> int:
    answer = (
        create_app(hub)
        .test_client()
        .post("/channels/form/inbound", json=submission, headers={"Authorization": login})
    )
    drain(hub, Queue.INTAKE)
    drain(hub, Queue.TRIAGE)
    return answer.status_code


def cases(hub: Hub) -> list[Case]:
    with hub.reading() as uow:
        return list(uow.session.scalars(select(Case).order_by(tables.case.c.entered_at)))


def texts(hub: Hub, case: Case) -> list[str]:
    with hub.reading() as uow:
        return [
            uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
            for message in uow.session.scalars(select(Message).filter_by(case_id=case.id))
        ]


def test_a_form_is_a_case_with_all_it_says(hub: Hub, kobo: KoboServer) -> None:
    submission = kobo.submit(**ANSWERS)
    assert post(hub, submission) == 200
    assert post(hub, submission) == 200
    (case,) = cases(hub)
    assert (case.channel, case.site, case.codes) == ("form", "NTOKOTA", ("complaint.broken",))
    assert case.person == Person(Sex.FEMALE, AgeBand.FROM_40, group=PopulationGroup.IDP)
    assert case.consent == Consent(Answered.YES, Share.ANONYMOUS, Answered.YES, Answered.NO)
    assert texts(hub, case) == ["A bomba nao funciona\ncodigo_antigo"]
    with hub.reading() as uow:
        contact = uow.contact(case.contact_id or "")
    assert contact is not None
    assert contact.private_phone is Answered.NO


def test_whoever_does_not_know_the_password_leaves_nothing(hub: Hub, kobo: KoboServer) -> None:
    assert post(hub, kobo.submit(**ANSWERS), LOGIN[:-4]) == 403
    assert cases(hub) == []


def test_an_edited_form_is_no_second_case(hub: Hub, kobo: KoboServer) -> None:
    first = kobo.submit(**ANSWERS)
    post(hub, first)
    post(hub, kobo.edit(first["_id"], **{"report/text": "A bomba do bloco C"}))
    # Kobo takes a meeting's or a mistaken code back: a form without codes is an edit like another.
    post(hub, kobo.edit(first["_id"], **{"report/codes": "", "report/text": "Ja funciona"}))
    (case,) = cases(hub)
    assert set(texts(hub, case)) >= {"A bomba do bloco C\ncodigo_antigo", "Ja funciona"}


def test_an_l3_code_makes_an_l3_and_each_point_a_case(hub: Hub, kobo: KoboServer) -> None:
    points = [
        {"points/text": "Falta sabao", "points/codes": "request.nfi"},
        {"points/text": "Pedem dinheiro", "points/codes": "misconduct.sea"},
    ]
    assert post(hub, kobo.submit(points=points)) == 200
    assert {case.sensitivity for case in cases(hub)} == {Sensitivity.L1, Sensitivity.L3}
    assert len(cases(hub)) == 2


def test_what_kobo_cannot_bring_is_read_and_comes_once(hub: Hub, kobo: KoboServer) -> None:
    account = hub.channels.accounts["form"]
    assert isinstance(account, Adapter)
    puller = Puller(hub, "form", account, "here")
    kobo.submit(text="antes do hub")
    puller.look()
    first = kobo.submit(**ANSWERS)
    post(hub, first)
    kobo.submit(text="sem rede")
    puller.look()
    hub.clock = lambda: NOW + timedelta(hours=1)
    kobo.edit(first["_id"], **{"report/text": "A bomba do bloco C"})
    for _ in range(4):
        puller.look()
    drain(hub, Queue.INTAKE)
    said = sorted(text for case in cases(hub) for text in texts(hub, case))
    assert "sem rede" in said
    assert "antes do hub" not in said
    assert len(said) == len(set(said)) == 3
    assert json.dumps(ANSWERS["reach/name"]) not in json.dumps(kobo.asked)


def test_nobody_is_answered_through_a_form(hub: Hub) -> None:
    assert hub.rules.reply_channels == {"sms"}
