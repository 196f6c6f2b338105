"""Whoever leaves hands over: a colleague's cases, a partner's referrals, a site's open cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.consent import Consent, Share
from feedback_hub.domain.place import Organisation, Site
from feedback_hub.domain.sensitivity import Sensitivity
from tests.integration.asking import Asking, add_case
from tests.integration.databases import NOW

API = "/api/v1/handovers"
MANAGER = Role.CASE_MANAGER


@pytest.fixture
def hub(own_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    document = {
        "hub": {"home": str(tmp_path)},
        "database": {"url": own_database_url},
        "exchange": {"linha": {"kind": "file", "organisation": "lv"}},
    }
    made = build(parse_config(document, {}), clock=lambda: NOW)
    with made.unit_of_work() as uow:
        uow.session.add_all(
            [
                Site("NTO", "Ntokota"),
                Organisation("avsi", "AVSI"),
                Organisation("wfp", "WFP"),
                Organisation("lv", "Linha Verde"),
            ]
        )
        uow.session.flush()
        for name in ("ana", "bruno"):
            held = (Membership(Role.CASE_MANAGER),)
            add_account(uow.session, f"{name}@x.example", "x", held, NOW, name=name)
        here = (Membership(Role.CASE_MANAGER, site="COR"),)
        add_account(uow.session, "carla@x.example", "x", here, NOW, name="carla")
        uow.commit()
    yield made
    made.close()


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


def arrived(hub: Hub, share: Share = Share.NOT_ASKED, **changes: object) -> str:
    with hub.unit_of_work() as uow:
        case = add_case(uow, site="NTO")
        case.consent, case.state, case.triaged_at = Consent(share=share), CaseState.TRIAGED, NOW
        case.codes, case.type, case.sector = ("complaint.broken",), "complaint", "wash"
        for name, value in changes.items():
            setattr(case, name, value)
        uow.commit()
    return case.ref


def lines(answer: Any) -> dict[str, tuple[str | None, str | None]]:
    cases = answer.json["cases"]
    return {one["ref"]: (one["share"], one["why_left"]) for one in cases}


def test_a_colleague_s_open_cases_go_to_another_who_may_work_on_them(
    hub: Hub, asking: Asking
) -> None:
    with hub.reading() as uow:
        ana, bruno = (uow.actor(f"{one}@x.example") for one in ("ana", "bruno"))
    assert ana is not None
    assert bruno is not None
    mine, other = arrived(hub, owner=ana.id), arrived(hub)
    secret = arrived(hub, owner=ana.id, sensitivity=Sensitivity.L3)
    asked = {"from_owner": "ana@x.example", "to_owner": "bruno@x.example", "reason": "leaves"}
    assert lines(asking.post(MANAGER, f"{API}/preview", **asked)) == {mine: ("not_asked", None)}
    assert asking.get(MANAGER, f"/api/v1/cases/{mine}").json["owner"] == ana.id
    nobody = asked | {"to_owner": "carla@x.example"}
    assert lines(asking.post(MANAGER, API, **nobody)) == {mine: (None, "no_access")}
    assert asking.post(MANAGER, API, **asked).status_code == 201
    owners = {
        ref: asking.get(MANAGER, f"/api/v1/cases/{ref}").json["owner"] for ref in (mine, other)
    }
    assert owners == {mine: bruno.id, other: ""}
    assert secret not in asking.post(MANAGER, API, **asked).text


def test_what_a_partner_had_goes_to_the_next_and_its_answer_comes_up_the_same_way(
    hub: Hub, asking: Asking
) -> None:
    named, masked = arrived(hub, Share.NAME), arrived(hub, Share.NAME)
    for ref in (named, masked):
        path = f"/api/v1/cases/{ref}/referrals"
        assert asking.post(MANAGER, path, organisation="avsi", share="name").status_code == 201
    asked = {"from_organisation": "avsi", "to_organisation": "wfp", "reason": "AVSI leaves"}
    made = asking.post(MANAGER, API, **asked, named=[named])
    # A name that was meant for one organisation goes to another only if the person was asked.
    assert lines(made) == {named: ("name", None), masked: ("anonymous", None)}
    for ref, share in ((named, "name"), (masked, "anonymous")):
        with hub.reading() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            above, below = uow.referrals_of(case.id)
        assert (above.state.value, below.organisation, below.share) == ("referred_on", "wfp", share)
        with hub.unit_of_work() as uow:
            focal = Membership(Role.FOCAL_POINT, "wfp")
            add_account(uow.session, f"{ref}@wfp.example", "x", (focal,), NOW)
            uow.commit()
    # Pressed again nothing is left to hand over.
    assert lines(asking.post(MANAGER, API, **asked)) == {}


def test_a_site_s_open_cases_go_to_another_mechanism_as_far_as_consent_allows(
    hub: Hub, asking: Asking
) -> None:
    goes, refuses = arrived(hub), arrived(hub, Share.NO)
    early = arrived(hub, state=CaseState.RECEIVED, triaged_at=None)
    arrived(hub, state=CaseState.CLOSED)
    asked = {"site": "NTO", "to_organisation": "lv", "reason": "the site closes"}
    became = lines(asking.post(MANAGER, API, **asked))
    assert became == {
        goes: ("anonymous", None),
        refuses: (None, "no_consent"),
        early: (None, "not_triaged"),
    }
    with hub.reading() as uow:
        sent = uow.session.scalars(select(tables.passage.c.peer)).all()
    assert sent == ["linha"]
    # Asked anew they agree: then it goes too, and what went is not sent twice.
    reviewed = asking.post(MANAGER, f"/api/v1/cases/{refuses}/consent", share="anonymous")
    assert reviewed.status_code == 200
    assert lines(asking.post(MANAGER, API, **asked))[refuses] == ("anonymous", None)
    with hub.reading() as uow:
        assert len(uow.session.scalars(select(tables.passage.c.peer)).all()) == 2
        kinds = uow.session.scalars(select(tables.case_event.c.kind)).all()
    assert "consent_reviewed" in {kind.value for kind in kinds}


def test_who_may_and_what_is_refused(asking: Asking) -> None:
    good = {"site": "NTO", "to_organisation": "wfp", "reason": "x"}
    for role in (Role.DESK, Role.COORDINATOR, Role.FOCAL_POINT, Role.ADMIN):
        assert asking.post(role, API, **good).status_code == 403
    for wrong in (
        {"to_organisation": ""},
        {"to_owner": "ana@x.example"},
        {"site": ""},
        {"site": "X"},
        {"to_organisation": "x"},
        {"reason": " "},
    ):
        assert asking.post(MANAGER, API, **good | wrong).status_code == 422, wrong
    gone = good | {"to_organisation": "", "to_owner": "nobody@x.example"}
    assert asking.post(MANAGER, API, **gone).status_code == 404
