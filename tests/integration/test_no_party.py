"""Nobody judges themselves: the accused, a site's leaders, who wrote it down, the hub itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.place import Organisation, OrganisationKind, Service, Site
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services import escalation, notices, referrals, triage
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.triage import Decision
from tests.integration.asking import add_case
from tests.integration.databases import NOW
from workers.schedule import tick

PUMP = Decision(codes=("complaint.broken",), sector="wash")
DAY = timedelta(days=1)
PEOPLE = {
    "ana": Membership(Role.CASE_MANAGER),
    "bruno": Membership(Role.CASE_MANAGER),
    "jorge": Membership(Role.FOCAL_POINT, "avsi"),
    "bela": Membership(Role.FOCAL_POINT, "avsi"),
    "lider": Membership(Role.FOCAL_POINT, "committee"),
    "dora": Membership(Role.PROTECTION),
    "carla": Membership(Role.COORDINATOR),
    "olga": Membership(Role.PROTECTION, "ombudsman"),
}


@pytest.fixture
def hub(own_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    document = {
        "hub": {"home": str(tmp_path), "organisation": "iom"},
        "database": {"url": own_database_url},
        "on_call": {"external_focal_point": "olga@x.example"},
        "routing": {
            "night": {"organisation": "wfp", "code": "complaint", "hours": "18:00-23:00"},
            "tsonga": {"organisation": "wfp", "language": "tso", "focal_point": "w@x.example"},
        },
        "calendars": {"gone": {"organisations": ["wfp"], "working_days": ["sat", "sun"]}},
    }
    made = build(parse_config(document, {}), clock=lambda: NOW)
    with made.unit_of_work() as uow:
        uow.session.add_all(
            [
                Site("NTO", "Ntokota"),
                Organisation("iom", "IOM"),
                Organisation("avsi", "AVSI"),
                Organisation("wfp", "WFP"),
                Organisation("ombudsman", "Ombudsman"),
                Organisation("committee", "Committee", kind=OrganisationKind.COMMUNITY),
            ]
        )
        uow.session.flush()
        for at, who, focal, backup in (
            ("NTO", "committee", "lider@x.example", ""),
            ("*", "avsi", "jorge@x.example", "bela@x.example"),
        ):
            uow.session.add(Service(at + who, at, "wash", who, focal, backup))
        for name, held in PEOPLE.items():
            add_account(uow.session, f"{name}@x.example", "x", (held,), NOW, name=name)
        uow.commit()
    yield made
    made.close()


def who(hub: Hub, name: str) -> Actor:
    with hub.reading() as uow:
        actor = uow.actor(f"{name}@x.example")
    assert actor is not None
    return actor


def told(hub: Hub, kind: NoticeKind | None = None) -> set[str]:
    notice, account = tables.notice.c, tables.account.c
    found = select(account.name).join_from(
        tables.notice, tables.account, account.id == notice.account_id
    )
    with hub.reading() as uow:
        return set(uow.session.scalars(found.where(notice.kind == kind) if kind else found))


def reported(hub: Hub, **changes: object) -> Case:
    with hub.unit_of_work() as uow:
        case = add_case(uow, site="NTO")
        for name, value in changes.items():
            setattr(case, name, value)
        uow.commit()
    return case


def sees(hub: Hub, name: str, case: Case) -> bool:
    with hub.reading() as uow:
        return uow.visible_case(who(hub, name), Action.WORK_CASE, case.ref) is not None


def test_a_committee_serves_its_site_but_hears_of_no_complaint_about_anybody(hub: Hub) -> None:
    for accused, to in ((None, "committee"), (AccusedClass.LEADER, "avsi")):
        case = reported(hub, accused_class=accused)
        with hub.unit_of_work() as uow:
            found = triage.triage(uow, hub.rules, who(hub, "ana"), case.ref, PUMP, NOW)
            assert found.route_organisation == to
            if accused:
                with pytest.raises(Invalid):
                    referrals.refer(uow, hub.rules, who(hub, "ana"), case.ref, "committee", NOW)
            else:
                referrals.refer(uow, hub.rules, who(hub, "ana"), case.ref, "committee", NOW)
            uow.commit()
    assert told(hub) == {"lider"}


def test_whoever_wrote_down_what_somebody_is_accused_of_is_no_judge_of_it(hub: Hub) -> None:
    ana, bruno = who(hub, "ana"), who(hub, "bruno")
    case = reported(hub, entered_by=ana.id, accused_class=AccusedClass.AID_WORKER)
    assert not sees(hub, "ana", case)
    assert sees(hub, "bruno", case)
    # Of an organisation that serves badly they may go on with it; the ladder passes them by.
    case = reported(hub, entered_by=ana.id, accused_organisation="wfp")
    assert sees(hub, "ana", case)
    with hub.reading() as uow:
        mine = uow.case(case.id)
        assert mine is not None
        assert [one.id for one in notices.team_of(uow, mine, 2)] == [bruno.id]


def test_what_accuses_the_hub_itself_is_the_named_outsiders(hub: Hub) -> None:
    case = reported(hub, accused_organisation="iom", sensitivity=Sensitivity.L3)
    assert [name for name in PEOPLE if sees(hub, name, case)] == ["olga"]
    with hub.unit_of_work() as uow:
        kept = uow.case(case.id)
        assert kept is not None
        notices.tell_urgent(uow, hub.rules, kept, NOW)
        uow.commit()
    assert told(hub) == {"olga"}
    # Not a highly sensitive one either; and of anybody else's she hears as any handler.
    assert sees(hub, "olga", reported(hub, accused_organisation="iom"))
    assert not sees(hub, "olga", reported(hub, accused_organisation="wfp"))


def test_a_rule_comes_before_the_services_and_each_works_by_its_own_calendar(hub: Hub) -> None:
    evening = NOW.replace(hour=17)
    ana = who(hub, "ana")
    for language, at, to in (
        ("tso", NOW, "wfp"),
        ("por", evening, "wfp"),
        ("por", NOW, "committee"),
    ):
        case = reported(hub, language=language)
        with hub.unit_of_work() as uow:
            slow = replace(PUMP, priority=Priority.P3)
            found = triage.triage(uow, hub.rules, ana, case.ref, slow, at)
            assert found.route_organisation == to, (language, at)
            asked = referrals.refer(uow, hub.rules, ana, case.ref, to, at)
            # Three working days: by the hub's calendar Monday, by WFP's the third weekend day.
            assert asked.due_at is not None
            assert asked.due_at.date().day == (14 if to == "wfp" else 9)
            assert asked.focal_point == {"tso": "w@x.example"}.get(
                language, "" if to == "wfp" else "lider@x.example"
            )
            uow.commit()


def test_silence_climbs_on_to_the_coordinator_until_somebody_else_is_asked(hub: Hub) -> None:
    case = reported(hub, accused_class=AccusedClass.CONTRACTOR)
    ana = who(hub, "ana")
    with hub.unit_of_work() as uow:
        triage.triage(uow, hub.rules, ana, case.ref, PUMP, NOW)
        late = referrals.refer(uow, hub.rules, ana, case.ref, "avsi", NOW)
        uow.commit()
    assert late.due_at is not None
    tick(hub, late.due_at + timedelta(minutes=1))
    assert told(hub, NoticeKind.EXPIRED) == {"ana", "bruno"}
    assert told(hub, NoticeKind.OVERDUE) == {"jorge", "bela"}
    # A day of outage and more: still one rung at a time, and each once.
    tick(hub, late.due_at + 3 * DAY)
    assert told(hub, NoticeKind.OVERDUE) == {"jorge", "bela", "ana", "bruno"}
    tick(hub, late.due_at + 4 * DAY)
    assert "carla" in told(hub, NoticeKind.OVERDUE)
    with hub.unit_of_work() as uow:
        referrals.refer(uow, hub.rules, ana, case.ref, "wfp", late.due_at + 4 * DAY)
        uow.commit()
    with hub.unit_of_work() as uow:
        again = escalation.sound_referral(uow, hub.rules, late.id, late.due_at + 6 * DAY)
        kept = uow.referral(late.id)
        assert (again, kept.state if kept else None) == (0, ReferralState.EXPIRED)
        assert kept is not None
        assert kept.alarm_at is None


def test_the_last_rung_is_left_out_where_it_is_of_the_accused(hub: Hub) -> None:
    rules = replace(hub.rules, last_rung="bela@x.example", sends_mail=True)
    accused, other = (reported(hub, accused_organisation=of) for of in ("avsi", "wfp"))
    for day in range(21):
        with hub.unit_of_work() as uow:
            for case in (accused, other):
                escalation.sound_case(uow, rules, case.id, NOW + day * DAY)
            uow.commit()
    notice = tables.notice.c
    reached = select(notice.case_id).where(notice.email == rules.last_rung)
    with hub.reading() as uow:
        assert set(uow.session.scalars(reached)) == {other.id}
