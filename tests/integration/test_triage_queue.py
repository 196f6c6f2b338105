"""A shared queue: two people never get the same message, and nobody gets what is not theirs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedback_hub.adapters import triage_queue as leases
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.errors import NotFound, StaleVersion
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services import triage, triage_queue
from feedback_hub.services.triage import Decision
from tests.integration.asking import Asking
from tests.integration.databases import NOW, Database, HubOn

ANA = Actor("ana", memberships=(Membership(Role.CASE_MANAGER),))
ZITA = Actor("zita", memberships=(Membership(Role.CASE_MANAGER),))
ROSA = Actor("rosa", memberships=(Membership(Role.PROTECTION),))
BOTH = Actor("both", memberships=(*ANA.memberships, *ROSA.memberships))
DESK = Actor("desk", memberships=(Membership(Role.DESK),))
API = "/api/v1/triage"
SOON = NOW + timedelta(minutes=1)


def waits(
    hub: Hub,
    *,
    after: int = 0,
    level: Sensitivity = Sensitivity.L1,
    priority: Priority = Priority.P3,
    state: CaseState = CaseState.RECEIVED,
) -> Case:
    at = NOW - timedelta(days=1) + timedelta(minutes=after)
    with hub.unit_of_work() as uow:
        case = Case(uuid.uuid4().hex, uow.new_reference(), "desk", at, at, "filipe")
        case.codes, case.type, case.classified_at = ("request.water",), "request", at
        case.sensitivity, case.suspected = level, level is Sensitivity.L3
        case.priority, case.state = priority, state
        uow.add(case)
        uow.commit()
        return case


def takes(
    hub: Hub, actor: Actor, now: datetime = SOON, *, handlers: bool = False, most: int = 2
) -> Sequence[str]:
    with hub.unit_of_work() as uow:
        found = uow.take_to_triage(actor, now, handlers=handlers, most=most)
        uow.commit()
        return [case.ref for case in found]


def decides(hub: Hub, actor: Actor, ref: str, now: datetime = SOON) -> Case:
    with hub.unit_of_work() as uow:
        case = triage_queue.decide(uow, hub.rules, actor, ref, Decision(), now)
        uow.commit()
        return case


def left(hub: Hub, actor: Actor, now: datetime = SOON, *, handlers: bool = False) -> int:
    with hub.reading() as uow:
        return leases.left(uow.session, actor, now, handlers=handlers)


def test_the_most_urgent_comes_first_and_then_the_oldest(hub: Hub) -> None:
    new, old = waits(hub, after=9), waits(hub, after=1)
    urgent = waits(hub, after=5, priority=Priority.P0)
    again = waits(hub, after=3, state=CaseState.REOPENED)
    assert takes(hub, ANA, most=9) == [urgent.ref, old.ref, again.ref, new.ref]


def test_who_comes_back_finds_what_they_had_and_others_get_others(hub: Hub) -> None:
    cases = [waits(hub, after=number) for number in range(5)]
    assert takes(hub, ANA) == takes(hub, ANA) == [case.ref for case in cases[:2]]
    assert takes(hub, ZITA) == [case.ref for case in cases[2:4]]
    assert (left(hub, ANA), left(hub, ZITA)) == (3, 3)


def test_what_is_decided_makes_room_for_the_next(hub: Hub) -> None:
    first, second, third = (waits(hub, after=number) for number in range(3))
    assert takes(hub, ANA) == [first.ref, second.ref]
    assert decides(hub, ANA, first.ref).state is CaseState.TRIAGED
    assert takes(hub, ANA) == [second.ref, third.ref]
    assert left(hub, ANA) == 2


def test_a_forgotten_case_goes_to_somebody_else_who_then_decides_alone(hub: Hub) -> None:
    case = waits(hub)
    assert takes(hub, ANA) == [case.ref]
    assert takes(hub, ZITA) == []
    later = SOON + leases.LEASE + timedelta(seconds=1)
    assert takes(hub, ZITA, later) == [case.ref]
    with pytest.raises(StaleVersion):
        decides(hub, ANA, case.ref, later)
    assert decides(hub, ZITA, case.ref, later).state is CaseState.TRIAGED


def test_who_looks_again_keeps_what_they_hold(hub: Hub) -> None:
    case = waits(hub)
    almost = leases.LEASE - timedelta(seconds=1)
    assert takes(hub, ANA) == [case.ref]
    assert takes(hub, ANA, SOON + almost) == [case.ref]
    assert takes(hub, ZITA, SOON + 2 * almost - timedelta(seconds=1)) == []


def test_what_is_left_to_others_is_not_offered_again_for_a_while(hub: Hub) -> None:
    case = waits(hub)
    assert takes(hub, ANA) == [case.ref]
    with hub.unit_of_work() as uow:
        triage_queue.leave(uow, ANA, case.ref, SOON)
        uow.commit()
    assert (takes(hub, ANA), left(hub, ANA)) == ([], 0)
    assert takes(hub, ANA, SOON + leases.LEFT_FOR + timedelta(seconds=1)) == [case.ref]


def test_what_is_left_to_others_is_at_once_theirs(hub: Hub) -> None:
    case = waits(hub)
    takes(hub, ANA)
    with hub.unit_of_work() as uow:
        triage_queue.leave(uow, ANA, case.ref, SOON)
        uow.commit()
    assert takes(hub, ZITA) == [case.ref]


def test_a_suspicion_is_in_the_handlers_own_queue_only(hub: Hub) -> None:
    plain, highly = waits(hub), waits(hub, level=Sensitivity.L3)
    assert takes(hub, ANA, handlers=True) == []
    assert takes(hub, ANA) == [plain.ref]
    decides(hub, ANA, plain.ref)
    assert takes(hub, ROSA) == takes(hub, BOTH) == []
    assert (left(hub, BOTH), left(hub, BOTH, handlers=True)) == (0, 1)
    assert takes(hub, BOTH, handlers=True) == [highly.ref]
    with pytest.raises(NotFound):
        decides(hub, ANA, highly.ref)


def test_nobody_without_the_role_gets_anything(hub: Hub) -> None:
    waits(hub)
    assert takes(hub, DESK) == []


def test_what_no_machine_has_read_waits_for_it_but_not_for_ever(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        case = Case(uuid.uuid4().hex, uow.new_reference(), "desk", NOW, NOW, "filipe")
        uow.add(case)
        uow.commit()
    assert takes(hub, ANA) == []
    assert takes(hub, ANA, NOW + timedelta(minutes=11)) == [case.ref]


def test_an_appeal_is_not_offered_to_who_decided_before(hub: Hub) -> None:
    case = waits(hub, state=CaseState.APPEALED)
    with hub.unit_of_work() as uow:
        found = uow.case(case.id)
        assert found is not None
        found.answered_by = "ana"
        uow.commit()
    assert takes(hub, ANA) == []
    assert takes(hub, ZITA) == [case.ref]


def test_a_slip_that_is_taken_back_is_before_the_same_person_again(hub: Hub) -> None:
    case = waits(hub)
    takes(hub, ANA)
    decides(hub, ANA, case.ref)
    with hub.unit_of_work() as uow:
        triage.undo(uow, hub.rules, ANA, case.ref, SOON)
        uow.commit()
    assert takes(hub, ZITA) == []
    assert takes(hub, ANA) == [case.ref]


def test_the_api_hands_out_one_after_the_other(
    sqlite_files: Database, tmp_path: Path, hub_on: HubOn
) -> None:
    hub = hub_on(sqlite_files.fresh(), tmp_path / "home")
    asking = Asking(hub)
    refs = [waits(hub, after=number, priority=Priority.P2).ref for number in range(4)]
    highly = waits(hub, level=Sensitivity.L3)
    first = asking.get(Role.CASE_MANAGER, f"{API}/next").json
    assert (first["left"], [item["ref"] for item in first["items"]]) == (4, refs[:2])
    decided = asking.post(Role.CASE_MANAGER, f"{API}/{refs[0]}")
    assert [item["ref"] for item in decided.json["items"]] == refs[1:3]
    with hub.reading() as uow:
        case = uow.case_by_ref(refs[0])
        assert case is not None
        # Confirmed as it stood, although the code alone would be less urgent.
        assert (case.state, case.priority) == (CaseState.TRIAGED, Priority.P2)
    skipped = asking.post(Role.CASE_MANAGER, f"{API}/{refs[1]}/leave?most=1")
    assert [item["ref"] for item in skipped.json["items"]] == refs[2:3]

    assert asking.get(Role.CASE_MANAGER, f"{API}/next", queue="handlers").status_code == 404
    assert asking.post(Role.CASE_MANAGER, f"{API}/{highly.ref}").status_code == 404
    own = asking.get(Role.PROTECTION, f"{API}/next").json
    assert [(item["ref"], item["suspected"]) for item in own["items"]] == [(highly.ref, True)]
    assert asking.get(Role.DESK, f"{API}/next").status_code == 403


def test_six_people_at_once_never_have_the_same_message(hub: Hub) -> None:
    refs = {waits(hub, after=number).ref for number in range(24)}
    people = [Actor(f"person {n}", memberships=ANA.memberships) for n in range(6)]

    def work(actor: Actor) -> tuple[set[str], list[str]]:
        had: set[str] = set()
        decided: list[str] = []
        while before := takes(hub, actor):
            had.update(before)
            decides(hub, actor, before[0])
            decided.append(before[0])
        return had, decided

    with ThreadPoolExecutor(len(people)) as pool:
        done = list(pool.map(work, people))
    everything = [ref for had, _ in done for ref in had]
    assert sorted(everything) == sorted(refs), "somebody was given what another had"
    assert sorted(ref for _, decided in done for ref in decided) == sorted(refs)
    assert all(had == set(decided) for had, decided in done)
