"""Who is shut out of a case cannot reckon it: nothing they can read changes when it comes."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.person import HAS_POWER, AccusedClass
from feedback_hub.domain.place import Organisation, OrganisationKind, Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import measures as reads
from feedback_hub.web.reporting.sending import READER
from tests.integration.asking import Asking
from tests.integration.databases import NOW
from tests.integration.test_behind import somebody
from tests.integration.test_measures import WHOLE, Made, any_case, put
from workers import tally

MEETING, ISSUE = uuid.uuid4().hex, uuid.uuid4().hex
PATHS = ("measures", "cases", "issues", "sites/NTO", "sites/NTO/committee", "sites", "services")


@pytest.fixture
def asking(hub: Hub) -> Asking:
    chance = random.Random(41)
    with hub.unit_of_work() as uow:
        uow.session.add_all([Organisation(code, code) for code in ("avsi", "wfp", "rare")])
        uow.session.add(Organisation("block", "Block C", OrganisationKind.COMMUNITY))
        uow.session.add(Site("NTO", "Ntokota", population=1500))
        uow.add(Issue(ISSUE, "Pump", NOW - timedelta(days=9), "ana", site="NTO"))
        uow.session.execute(
            insert(tables.meeting).values(
                id=MEETING,
                kind=MeetingKind.COMMITTEE,
                held_on=(NOW - timedelta(days=5)).date(),
                site="NTO",
                place="",
                committee_present=Answered.YES,
                present={},
                entered_by="ana",
                entered_at=NOW,
            )
        )
        uow.commit()
    put(hub, [replace(any_case(chance), accused="", accused_class=None) for _ in range(70)])
    linked(hub)
    return Asking(hub)


def linked(hub: Hub) -> None:
    """Every case at the site was raised at the committee's meeting, and is under the issue."""
    with hub.unit_of_work() as uow:
        here = uow.session.scalars(select(Case).where(tables.case.c.site == "NTO")).all()
        uow.session.execute(tables.meeting_case.delete())
        for one in here:
            row = {"case_id": one.id, "meeting_id": MEETING}
            uow.session.execute(insert(tables.meeting_case).values(row))
            uow.link_issue(ISSUE, one.id)
        uow.commit()


def accusing(count: int) -> list[Made]:
    """Cases of every level that accuse an aid worker of an organisation."""
    chance = random.Random(43)
    return [
        replace(
            any_case(chance),
            site="NTO",
            level=list(Sensitivity)[number % 3],
            accused="avsi",
            accused_class=AccusedClass.AID_WORKER,
            doubted=False,
            received_at=NOW - timedelta(days=20),
        )
        for number in range(count)
    ]


def everything(hub: Hub, asking: Asking, who: str) -> dict[str, object]:
    """All that a token may read of how many there are."""
    found: dict[str, object] = {}
    for path in PATHS:
        answer = asking.get(who, f"/api/v1/{path}", **(WHOLE if path != "services" else {}))
        found[path] = (answer.status_code, answer.json)
    metrics = asking.get(who, "/metrics")
    found["metrics"] = [
        line
        for line in metrics.text.splitlines()
        if line.startswith(("feedback_hub_cases", "feedback_hub_deliveries"))
    ]
    return found


@pytest.mark.parametrize("organisation", ["avsi", "block"])
@pytest.mark.parametrize("role", [Role.CASE_MANAGER, Role.COORDINATOR])
def test_nothing_changes_for_whom_a_case_accuses_when_it_comes(
    hub: Hub, asking: Asking, organisation: str, role: Role
) -> None:
    who, _ = somebody(hub, Membership(role, organisation))
    other, _ = somebody(hub, Membership(role, "wfp"))
    everything(hub, asking, who)  # the token's first use is noted once
    before, theirs = everything(hub, asking, who), everything(hub, asking, other)
    put(hub, accusing(18))
    linked(hub)
    assert everything(hub, asking, who) == before
    assert everything(hub, asking, other) != theirs, "others see that they came"
    while tally.fold(hub):
        pass
    assert everything(hub, asking, who) == before


def test_nothing_changes_for_anybody_while_cases_are_in_doubt(hub: Hub, asking: Asking) -> None:
    who, _ = somebody(hub, Membership(Role.CASE_MANAGER))
    before = everything(hub, asking, who)
    doubted = [replace(one, level=Sensitivity.L1) for one in accusing(9)]
    put(hub, [replace(one, accused="", accused_class=None, doubted=True) for one in doubted])
    linked(hub)
    assert everything(hub, asking, who) == before


def test_what_many_read_counts_nothing_that_accuses_somebody(hub: Hub, asking: Asking) -> None:
    period = reads.asked(
        (NOW - timedelta(days=60)).date(), NOW.date(), "", NOW, hub.config.hub.timezone
    )

    def mailed() -> object:
        with hub.reading() as uow:
            return reads.measure(uow, hub.rules, READER, period, NOW, 5)

    def on_board() -> tuple[int, int]:
        with hub.reading() as uow:
            return uow.ordinary_cases(ISSUE, "NTO")

    before, told = mailed(), on_board()
    put(hub, accusing(18))
    linked(hub)
    assert mailed() == before
    assert on_board() == (told[0] + 6, told[1])


def test_who_wrote_a_case_against_somebody_with_power_does_not_count_it(hub: Hub) -> None:
    rosa = Actor("rosa", memberships=(Membership(Role.CASE_MANAGER),))
    period = reads.asked(
        (NOW - timedelta(days=60)).date(), NOW.date(), "", NOW, hub.config.hub.timezone
    )
    put(hub, [Made(entered_by="rosa", accused_class=one) for one in AccusedClass])
    with hub.reading() as uow:
        found = reads.measure(uow, hub.rules, rosa, period, NOW, 0)
    assert found["cases"] == len(set(AccusedClass) - HAS_POWER)
