"""Who would get this, and why: what is said of an example is what becomes of a real case."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.on_call import HandlerGroup
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.services import notices, referrals, triage
from feedback_hub.services.triage import Decision
from tests.integration.asking import Asking, add_case
from tests.integration.databases import NOW

ROUTING = "/api/v1/routing"
MANAGER = Actor("manager", memberships=(Membership(Role.CASE_MANAGER),))
PUMP = {"code": "complaint.broken", "site": "NTO", "sector": "wash"}


@pytest.fixture
def asking(hub: Hub) -> Asking:
    with hub.unit_of_work() as uow:
        uow.session.add_all(
            [
                Site("NTO", "Ntokota"),
                Organisation("avsi", "AVSI", email="office@avsi.example"),
                Organisation("wfp", "WFP"),
                Organisation("gone", "Gone", active=False),
            ]
        )
        uow.session.flush()
        for site, organisation, focal in (
            ("NTO", "avsi", "jorge@avsi.example"),
            ("*", "wfp", ""),
            ("NTO", "gone", ""),
        ):
            service = Service(uuid.uuid4().hex, site, "wash", organisation, focal)
            service.backup = "berta@avsi.example" if focal else ""
            uow.session.add(service)
        for name, held in (
            ("jorge", Membership(Role.FOCAL_POINT, "avsi")),
            ("berta", Membership(Role.FOCAL_POINT, "avsi")),
            ("celia", Membership(Role.FOCAL_POINT, "wfp")),
            ("ana", Membership(Role.CASE_MANAGER)),
        ):
            add_account(uow.session, f"{name}@avsi.example", "x", (held,), NOW, name=name.title())
        uow.commit()
    return Asking(hub)


def away(hub: Hub, *people: str) -> None:
    with hub.unit_of_work() as uow:
        account = tables.account
        uow.session.execute(
            account.update()
            .where(account.c.email.in_([f"{one}@avsi.example" for one in people]))
            .values(absent_until=date(2100, 1, 1))
        )
        uow.commit()


def told(asking: Asking, **example: str) -> dict[str, Any]:
    answer = asking.get(Role.CASE_MANAGER, ROUTING, **example)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def account_of(hub: Hub, name: str) -> str:
    with hub.reading() as uow:
        actor = uow.actor(f"{name}@avsi.example")
        assert actor is not None
        return actor.id


def test_an_example_goes_where_a_real_case_goes_and_leaves_no_trace(
    hub: Hub, asking: Asking
) -> None:
    found = told(asking, **PUMP)
    assert (found["organisation"], found["why"]) == ("avsi", "service_at_site")
    verdicts = {one["organisation"]: one["verdict"] for one in found["services"]}
    assert verdicts == {"avsi": "chosen", "wfp": "reserve"}
    first = {one["rung"]: one["told"] for one in found["rungs"]}
    assert (found["lands"], first["focal_point"]) == ("focal_point", [account_of(hub, "jorge")])
    with hub.reading() as uow:
        for table in (tables.case, tables.referral, tables.notice):
            assert uow.session.scalar(select(func.count()).select_from(table)) == 0

    with hub.unit_of_work() as uow:
        case = add_case(uow, site="NTO")
        decision = Decision(codes=(PUMP["code"],), sector="wash")
        triage.triage(uow, hub.rules, MANAGER, case.ref, decision, NOW)
        assert case.route_organisation == found["organisation"]
        real = referrals.refer(uow, hub.rules, MANAGER, case.ref, "avsi", NOW)
        people = notices.partner_of(uow, case, real, 1, NOW)
        assert [one.id for one in people if isinstance(one, Actor)] == first["focal_point"]
        assert real.due_at is not None
        assert real.due_at.isoformat() == found["accept_by"]


def test_nobody_there_is_never_a_dead_end(hub: Hub, asking: Asking) -> None:
    away(hub, "jorge")
    found = told(asking, **PUMP)
    assert found["lands"] == "backup"
    assert found["rungs"][0]["missed"] == ["jorge@avsi.example"]
    away(hub, "jorge", "berta")
    # Nobody of theirs and no mail: the case team.
    assert told(asking, **PUMP)["lands"] == "team"
    assert told(asking, **PUMP, accused="avsi")["organisation"] == "wfp"
    nowhere = told(asking, code="question.dates", sector="food")
    assert (nowhere["organisation"], nowhere["why"], nowhere["lands"]) == ("", "no_site", "team")


def test_of_what_is_highly_sensitive_only_its_group_is_said(hub: Hub, asking: Asking) -> None:
    found = told(asking, **PUMP | {"code": "misconduct.sea"})
    assert (found["why"], found["handlers"]) == (
        "handlers",
        HandlerGroup.PSEA,
    )
    assert found["services"] == []
    # Nobody handles such cases here yet, and the page says so.
    assert (found["lands"], found["organisation"]) == (None, "")
    rosa = Membership(Role.PROTECTION)
    with hub.unit_of_work() as uow:
        add_account(uow.session, "rosa@avsi.example", "x", (rosa,), NOW)
        uow.commit()
    found = told(asking, **PUMP | {"sensitivity": "L3"})
    assert (found["lands"], found["rungs"][0]["count"]) == ("handlers", 1)
    assert found["rungs"][0]["told"] == []


def test_who_may_ask_and_what_is_refused(asking: Asking) -> None:
    for role in (Role.DESK, Role.FOCAL_POINT, Role.AUDITOR, Role.MECHANISM):
        assert asking.get(role, ROUTING, **PUMP).status_code == 403
    for wrong in (
        {"code": "x"},
        {"site": "X"},
        {"sector": "x"},
        {"at": "x"},
        {"sensitivity": "L9"},
    ):
        assert asking.get(Role.COORDINATOR, ROUTING, **PUMP | wrong).status_code == 422
