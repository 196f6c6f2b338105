"""A partner without an account: one referral, by the link in its e-mail, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.place import MailWish
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import links, referrals
from feedback_hub.web.app import create_app
from tests.integration.databases import NOW
from tests.integration.test_notices import (
    Clock,
    arrived,
    clock,
    hub,
    mail,
    post,
    referred,
    who,
)
from tests.providers.mail import MailServer

__all__ = ["clock", "hub", "post"]


@pytest.fixture
def app(hub: Hub) -> Flask:
    return create_app(hub)


@pytest.fixture
def partner(app: Flask) -> FlaskClient:
    """A browser in which nobody is logged in, over https as in earnest."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.environ_base["wsgi.url_scheme"] = "https"
    return client


def link_in(text: str) -> str:
    found = re.search(r"https://hub\.example\.org(/r/\S+)", text)
    assert found, text
    return found.group(1)


@pytest.fixture
def sent(hub: Hub, post: MailServer) -> tuple[str, str]:
    """A referral to somebody without an account: its id, and the link's path."""
    referral = referred(hub, arrived(hub))
    mail(hub)
    assert post.recipients() == ["jorge@avsi.example.org"]
    assert post.mails[0]["Subject"] == "feedback_hub: you have a task"
    return referral, link_in(post.texts()[0])


def press(partner: FlaskClient, link: str, verb: str, **values: str) -> int:
    page = partner.get(link).text
    assert f'action="{link}/{verb}"' in page
    return partner.post(f"{link}/{verb}", data=values, follow_redirects=True).status_code


def test_a_partner_accepts_asks_and_answers_without_an_account(
    hub: Hub, partner: FlaskClient, sent: tuple[str, str]
) -> None:
    referral, link = sent
    shown = partner.get(link)
    assert "a bomba de agua de Ntokota" in shown.text
    assert "841234567" not in shown.text
    assert "no account" not in shown.text
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert shown.headers["Cache-Control"] == "no-store"
    assert 'content="no-referrer"' in shown.text
    assert press(partner, link, "accept") == 200
    assert press(partner, link, "return", question="Which pump?") == 200
    with hub.unit_of_work() as uow:
        ana = who(hub, "ana@example.org")
        referrals.resume(uow, hub.rules, ana, referral, "The one by the school", NOW)
        uow.commit()
    assert "The one by the school" in partner.get(link).text
    assert press(partner, link, "answer", text="Repaired.", outcome="resolved") == 200
    with hub.reading() as uow:
        event = tables.case_event.c
        rows = uow.session.execute(
            select(event.kind, event.actor).where(event.actor.like("link:%")).order_by(event.at)
        ).all()
    assert {row[0].value for row in rows} == {
        "link_opened",
        "referral_accepted",
        "referral_returned",
        "referral_answered",
    }
    assert len({row[1] for row in rows}) == 1


def test_declining_ends_the_link(partner: FlaskClient, sent: tuple[str, str]) -> None:
    _, link = sent
    answer = partner.post(f"{link}/decline", data={"reason": "not_our_area"})
    assert answer.status_code == 200
    assert partner.get(link).status_code == 404


def test_a_form_that_is_wrong_comes_back(partner: FlaskClient, sent: tuple[str, str]) -> None:
    _, link = sent
    assert partner.post(f"{link}/decline", data={"reason": "other", "text": ""}).status_code == 422
    assert (
        partner.post(f"{link}/answer", data={"text": "x", "outcome": "resolved"}).status_code == 409
    )
    assert partner.post(f"{link}/verify").status_code == 404


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(
    hub: Hub, partner: FlaskClient, sent: tuple[str, str], clock: Clock
) -> None:
    referral, link = sent
    pages = set()

    def gone(path: str) -> None:
        answer = partner.get(path)
        assert answer.status_code == 404
        assert "bomba" not in answer.text
        pages.add(re.sub(r'value="[^"]*"', "", answer.text).replace(path, ""))

    gone("/r/x")
    gone(link[:-1] + ("a" if link[-1] != "a" else "b"))
    gone("/r/" + "a" * 4000)
    clock.now = NOW + timedelta(days=hub.rules.link_days)
    gone(link)
    clock.now = NOW
    assert partner.get(link).status_code == 200
    with hub.unit_of_work() as uow:
        uow.session.execute(update(tables.case).values(accused_organisation="avsi"))
        uow.commit()
    gone(link)
    with hub.unit_of_work() as uow:
        level = {"accused_organisation": "", "sensitivity": Sensitivity.L3}
        uow.session.execute(update(tables.case).values(**level))
        uow.commit()
    gone(link)
    with hub.unit_of_work() as uow:
        uow.session.execute(update(tables.case).values(sensitivity=Sensitivity.L1))
        links.revoke(uow, who(hub, "ana@example.org"), referral, NOW)
        uow.commit()
    gone(link)
    assert len(pages) == 1


def test_a_link_opens_no_other_referral_and_no_other_page(
    hub: Hub, partner: FlaskClient, sent: tuple[str, str]
) -> None:
    _, link = sent
    other = referred(hub, arrived(hub, number="2"))
    partner.get(link)
    for path in (f"/referrals/{other}", "/referrals", "/cases", f"/api/v1/referrals/{other}"):
        assert partner.get(path).status_code in {302, 401}
    assert other not in partner.get(link).text


def test_the_token_is_not_in_the_database(hub: Hub, sent: tuple[str, str]) -> None:
    token = sent[1].removeprefix("/r/")
    with hub.reading() as uow:
        rows = uow.session.execute(select(tables.partner_link)).all()
    assert rows
    assert not any(token[:10] in str(value) for row in rows for value in row)


def test_guessing_is_slowed(partner: FlaskClient) -> None:
    answers = {partner.get(f"/r/{number}").status_code for number in range(70)}
    assert answers == {404, 429}


def test_once_a_week_is_one_mail_with_a_link_to_each(
    hub: Hub, post: MailServer, partner: FlaskClient, clock: Clock
) -> None:
    with hub.unit_of_work() as uow:
        organisation = uow.organisation("avsi")
        assert organisation is not None
        organisation.mail = MailWish.WEEKLY
        uow.commit()
    referred(hub, arrived(hub))
    referred(hub, arrived(hub, number="2"))
    mail(hub)
    assert post.mails == []
    # Next Monday, half past seven in Maputo.
    clock.now = NOW + timedelta(days=5)
    mail(hub)
    assert len(post.mails) == 1
    paths = re.findall(r"https://hub\.example\.org(/r/\S+)", post.texts()[0])
    assert len(paths) == 2
    assert [partner.get(path).status_code for path in paths] == [200, 200]


def test_the_case_team_stops_the_links(
    hub: Hub, partner: FlaskClient, sent: tuple[str, str]
) -> None:
    referral, link = sent
    with hub.unit_of_work() as uow:
        assert links.revoke(uow, who(hub, "ana@example.org"), referral, NOW) == 1
        uow.commit()
    assert partner.get(link).status_code == 404
