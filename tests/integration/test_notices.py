"""Who is told that something waits, in the app and by e-mail, and that no word says what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import MailWish, Organisation, Service, Site
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services import intake, referrals, triage
from feedback_hub.services.records.staff import MailState, Notice, NoticeKind
from feedback_hub.services.records.work import InboxKind, Queue
from feedback_hub.services.triage import Decision
from tests.integration.databases import NOW
from tests.providers.mail import MailServer
from workers.drain import drain
from workers.schedule import tick

WORDS = "a bomba de agua de Ntokota nao funciona, 841234567"
SECRETS = re.compile(r"bomba|agua|wash|ntokota|84123|\d{3}-?\d{3}-?\d{3}", re.IGNORECASE)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> object:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def post() -> Iterator[MailServer]:
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture
def hub(own_database_url: str, tmp_path: Path, post: MailServer, clock: Clock) -> Iterator[Hub]:
    document = {
        "hub": {"home": str(tmp_path / "home"), "base_url": "https://hub.example.org"},
        "database": {"url": own_database_url},
        "mail": {"smtp_url": post.url, "address": "voz@example.org", "timeout": 3},
    }
    made = build(parse_config(document, {}), clock=clock)  # type: ignore[arg-type]  # a dict, as TOML gives it
    with made.unit_of_work() as uow:
        uow.session.add_all(
            [
                Site("NTO", "Ntokota"),
                Organisation("avsi", "AVSI", email="office@avsi.example.org", language="eng"),
                Organisation("wfp", "WFP", email="office@wfp.example.org"),
            ]
        )
        uow.session.flush()
        uow.session.add(
            Service(
                "1" * 32, "*", "wash", "avsi", "jorge@avsi.example.org", "bela@avsi.example.org"
            )
        )
        for name, role, organisation in (
            ("ana", Role.CASE_MANAGER, "hub"),
            ("rosa", Role.PROTECTION, "hub"),
            ("rui", Role.PROTECTION, "avsi"),
        ):
            email = f"{name}@example.org"
            add_account(
                uow.session, email, None, (Membership(role, organisation),), NOW, locale="en"
            )
        uow.commit()
    yield made
    made.close()


def has_account(hub: Hub, email: str, organisation: str = "avsi") -> str:
    with hub.unit_of_work() as uow:
        made = add_account(
            uow.session,
            email,
            None,
            (Membership(Role.FOCAL_POINT, organisation),),
            NOW,
            locale="en",
        )
        uow.commit()
    return made


def who(hub: Hub, email: str) -> Actor:
    with hub.reading() as uow:
        found = uow.actor(email)
    assert found is not None
    return found


def arrived(hub: Hub, text: str = WORDS, number: str = "1") -> str:
    message = InboundMessage(number, NOW, text, "+25884123456" + number, "+25884123456" + number)
    with hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [message], b"raw", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    drain(hub, Queue.TRIAGE)
    with hub.reading() as uow:
        row = uow.accepted("sms", InboxKind.MESSAGE, number)
        assert row is not None
        case = uow.case(row.case_id or "")
        assert case is not None
        return case.ref


def referred(
    hub: Hub, ref: str, organisation: str = "avsi", priority: Priority = Priority.P3
) -> str:
    ana = who(hub, "ana@example.org")
    with hub.unit_of_work() as uow:
        decision = Decision(("complaint.broken",), "wash", Sensitivity.L1, priority, "NTO")
        triage.triage(uow, hub.rules, ana, ref, decision, hub.clock())
        uow.session.flush()
        made = referrals.refer(uow, hub.rules, ana, ref, organisation, hub.clock())
        uow.commit()
    return made.id


def mail(hub: Hub) -> None:
    drain(hub, Queue.HOUSEKEEPING)


def notices(hub: Hub) -> list[tuple[str, str]]:
    with hub.reading() as uow:
        rows = uow.session.execute(
            select(tables.notice.c.kind, tables.notice.c.email, tables.account.c.email).outerjoin(
                tables.account
            )
        ).all()
    return sorted((row[0].value, row[2] or row[1]) for row in rows)


def test_a_focal_point_with_an_account_is_told_by_mail_that_names_nothing(
    hub: Hub, post: MailServer
) -> None:
    has_account(hub, "jorge@avsi.example.org")
    referral = referred(hub, arrived(hub))
    mail(hub)
    mail(hub)
    assert post.recipients() == ["jorge@avsi.example.org"]
    assert post.mails[0]["Subject"] == "feedback_hub: you have a task"
    assert f"https://hub.example.org/referrals/{referral}" in post.texts()[0]
    assert not SECRETS.search(post.texts()[0].replace(referral, ""))


def test_of_a_highly_sensitive_case_its_handlers_hear_at_once_and_again_if_unread(
    hub: Hub, post: MailServer, clock: Clock
) -> None:
    arrived(hub, "o chefe disse que se eu for dormir com ele o meu nome fica na lista")
    # Rui's organisation is not the accused here, so both handlers hear.
    assert notices(hub) == [("urgent", "rosa@example.org"), ("urgent", "rui@example.org")]
    mail(hub)
    assert post.recipients() == ["rosa@example.org", "rui@example.org"]
    assert all("/notices" in text for text in post.texts())
    with hub.unit_of_work() as uow:
        rui = who(hub, "rui@example.org").id
        uow.session.execute(
            update(tables.notice).where(tables.notice.c.account_id == rui).values(read_at=NOW)
        )
        uow.commit()
    clock.now = NOW + timedelta(minutes=14)
    mail(hub)
    assert len(post.mails) == 2
    clock.now = NOW + timedelta(minutes=16)
    mail(hub)
    mail(hub)
    assert post.recipients() == ["rosa@example.org", "rosa@example.org", "rui@example.org"]
    clock.now = NOW + timedelta(hours=2)
    mail(hub)
    assert len(post.mails) == 3


def test_an_accused_organisation_s_own_handler_hears_nothing(hub: Hub, post: MailServer) -> None:
    ref = arrived(hub)
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        case.accused_organisation = "avsi"
        uow.session.flush()
        ana = who(hub, "ana@example.org")
        triage.change_sensitivity(uow, hub.rules, ana, ref, Sensitivity.L3, "staff named", NOW)
        uow.commit()
    assert ("urgent", "rosa@example.org") in notices(hub)
    assert not [whom for _, whom in notices(hub) if whom == "rui@example.org"]


def test_once_a_day_is_one_mail_in_the_morning(hub: Hub, post: MailServer, clock: Clock) -> None:
    jorge = has_account(hub, "jorge@avsi.example.org")
    with hub.unit_of_work() as uow:
        uow.session.execute(
            update(tables.account).where(tables.account.c.id == jorge).values(mail=MailWish.DAILY)
        )
        uow.commit()
    referred(hub, arrived(hub))
    referred(hub, arrived(hub, number="2"))
    mail(hub)
    assert post.mails == []
    # The next working day, 07:30 in Maputo.
    clock.now = (NOW + timedelta(days=1)).replace(hour=5, minute=29)
    mail(hub)
    assert post.mails == []
    clock.now += timedelta(minutes=2)
    mail(hub)
    assert len(post.mails) == 1
    assert "(2 things)" in post.texts()[0]


def test_of_danger_to_life_all_hear_at_once_and_the_partner_has_an_hour(
    hub: Hub, post: MailServer, clock: Clock
) -> None:
    jorge = has_account(hub, "jorge@avsi.example.org")
    has_account(hub, "bela@avsi.example.org")
    with hub.unit_of_work() as uow:
        uow.session.execute(
            update(tables.account).where(tables.account.c.id == jorge).values(mail=MailWish.DAILY)
        )
        uow.commit()
    referral = referred(hub, arrived(hub), priority=Priority.P0)
    for _ in range(2):
        mail(hub)
    assert set(post.recipients()) == {
        "ana@example.org",
        "bela@avsi.example.org",
        "jorge@avsi.example.org",
    }

    def state() -> ReferralState:
        tick(hub, clock.now)
        with hub.reading() as uow:
            found = uow.referral(referral)
        assert found is not None
        return found.state

    for minutes, expected in ((1, "sent"), (59, "sent"), (61, "expired")):
        clock.now = NOW + timedelta(minutes=minutes)
        assert state() == expected
    assert ("expired", "ana@example.org") in notices(hub)


@pytest.mark.parametrize("absent", [True, False])
def test_whoever_is_away_or_gone_is_stood_in_for(hub: Hub, post: MailServer, absent: bool) -> None:
    jorge = has_account(hub, "jorge@avsi.example.org")
    has_account(hub, "bela@avsi.example.org")
    values = {"absent_until": NOW.date()} if absent else {"active": False}
    with hub.unit_of_work() as uow:
        uow.session.execute(
            update(tables.account).where(tables.account.c.id == jorge).values(**values)
        )
        uow.commit()
    referred(hub, arrived(hub))
    mail(hub)
    assert post.recipients() == ["bela@avsi.example.org"]


def test_where_nobody_can_be_told_the_case_team_is(hub: Hub, post: MailServer) -> None:
    post.refuses["jorge@avsi.example.org"] = "550 no such box"
    referred(hub, arrived(hub))
    mail(hub)
    mail(hub)
    assert ("unreached", "ana@example.org") in notices(hub)
    with hub.unit_of_work() as uow:
        organisation = uow.organisation("wfp")
        assert organisation is not None
        organisation.email = ""
        uow.commit()
    referred(hub, arrived(hub, number="2"), "wfp")
    assert notices(hub).count(("unreached", "ana@example.org")) == 2


def test_a_mail_whose_fate_is_unknown_is_not_sent_again(hub: Hub, post: MailServer) -> None:
    post.drops = True
    has_account(hub, "jorge@avsi.example.org")
    referred(hub, arrived(hub))
    mail(hub)
    mail(hub)
    assert len(post.mails) == 1
    with hub.reading() as uow:
        states = uow.session.scalars(
            select(tables.notice.c.mail).where(tables.notice.c.kind == NoticeKind.REFERRED)
        ).all()
    assert states == [MailState.UNKNOWN]


def test_a_server_that_cannot_now_is_tried_again(hub: Hub, post: MailServer, clock: Clock) -> None:
    has_account(hub, "jorge@avsi.example.org")
    referred(hub, arrived(hub))
    post.refuses["jorge@avsi.example.org"] = "451 later"
    mail(hub)
    assert post.mails == []
    post.refuses.clear()
    clock.now += timedelta(minutes=1)
    mail(hub)
    assert post.recipients() == ["jorge@avsi.example.org"]


def test_an_answer_sent_back_goes_down_the_chain_and_the_new_one_comes_up(hub: Hub) -> None:
    has_account(hub, "jorge@avsi.example.org")
    has_account(hub, "celia@wfp.example.org", "wfp")
    ana, jorge, celia = (
        who(hub, one)
        for one in ("ana@example.org", "jorge@avsi.example.org", "celia@wfp.example.org")
    )
    top = referred(hub, arrived(hub))
    with hub.unit_of_work() as uow:
        child = referrals.refer_on(uow, hub.rules, jorge, top, "wfp", NOW).id
        uow.session.flush()
        referrals.accept(uow, hub.rules, celia, child, NOW)
        referrals.answer(uow, hub.rules, celia, child, "Two taps.", Outcome.PARTLY, NOW)
        uow.commit()

    def states() -> list[ReferralState]:
        with hub.reading() as uow:
            return [one.state for key in (top, child) if (one := uow.referral(key)) is not None]

    assert states() == ["answered", "answered"]
    with hub.unit_of_work() as uow:
        referrals.verify(uow, hub.rules, ana, top, False, "And the third?", NOW)
        uow.commit()
    assert states() == ["referred_on", "in_action"]
    assert ("sent_back", "celia@wfp.example.org") in notices(hub)
    with hub.unit_of_work() as uow:
        referrals.answer(uow, hub.rules, celia, child, "Three now.", Outcome.RESOLVED, NOW)
        uow.commit()
    assert states() == ["answered", "answered"]
    with hub.unit_of_work() as uow:
        referrals.verify(uow, hub.rules, ana, top, True, "", NOW)
        uow.commit()
    assert states() == ["verified", "verified"]


def test_two_workers_send_one_mail(hub: Hub) -> None:
    has_account(hub, "jorge@avsi.example.org")
    referred(hub, arrived(hub))
    with hub.unit_of_work() as uow:
        notice = uow.session.scalars(
            select(Notice).where(tables.notice.c.kind == NoticeKind.REFERRED)
        ).one()
        assert uow.claim_mails(notice, NOW) == [notice.id]
        assert uow.claim_mails(notice, NOW) == []
