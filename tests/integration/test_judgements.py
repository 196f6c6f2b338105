"""What a person decides is kept beside what the machine had suggested, and a slip is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.errors import IllegalMove, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import wire
from feedback_hub.services import casework, intake, triage
from feedback_hub.services.records.work import Queue
from feedback_hub.services.triage import Decision
from tests.integration.databases import NOW, HubOn, SqliteFiles
from workers.drain import drain

ANA = Actor("ana", memberships=(Membership(Role.CASE_MANAGER),))
ZITA = Actor("zita", memberships=(Membership(Role.CASE_MANAGER),))
ROSA = Actor("rosa", memberships=(Membership(Role.PROTECTION),))
PUMP = "a bomba de agua nao funciona ha 3 dias"
CHIEF = "o chefe disse que se eu for dormir com ele o meu nome fica na lista"
AFTER = NOW + timedelta(minutes=1)
LATER = AFTER + timedelta(minutes=1)


@pytest.fixture
def hub(sqlite_files: SqliteFiles, tmp_path: Path, hub_on: HubOn) -> Hub:
    """On SQLite: the queue's tests, which decide and take back too, run on either database."""
    return hub_on(sqlite_files.fresh(), tmp_path / "home")


def arrives(hub: Hub, text: str) -> Case:
    number = f"+25884{abs(hash(text)) % 10**7:07}"
    with hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [InboundMessage(text, NOW, text, number, number)], b"", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    drain(hub, Queue.TRIAGE)
    with hub.reading() as uow:
        known = uow.message_at("sms", text)
        assert known is not None
        case = uow.case(known.case_id)
        assert case is not None
        return case


def decides(hub: Hub, actor: Actor, case: Case, decision: Decision, now: datetime = AFTER) -> Case:
    with hub.unit_of_work() as uow:
        decided = triage.triage(uow, hub.rules, actor, case.ref, decision, now)
        uow.commit()
        return decided


def undoes(hub: Hub, actor: Actor, case: Case, now: datetime = LATER) -> Case:
    with hub.unit_of_work() as uow:
        undone = triage.undo(uow, hub.rules, actor, case.ref, now)
        uow.commit()
        return undone


def judgements(hub: Hub, case: Case) -> list[dict[str, Any]]:
    with hub.reading() as uow:
        return list(wire.judgements_body(uow, case))


def standing(case: Case) -> tuple[object, ...]:
    return (
        *(case.state, case.codes, case.type, case.sector, case.sensitivity, case.suspected),
        *(case.priority, case.site, case.owner, case.triaged_at),
    )


def test_a_decision_stands_beside_the_suggestion_and_the_version_that_made_it(hub: Hub) -> None:
    case = arrives(hub, PUMP)
    suggested = case.codes
    decides(hub, ANA, case, Decision(codes=("complaint.quality",), sector="wash"))
    (kept,) = judgements(hub, case)
    assert (kept["by"], kept["codes"], kept["sector"]) == ("ana", ["complaint.quality"], "wash")
    assert kept["suggested"]["codes"] == list(suggested) != kept["codes"]
    assert kept["suggested"]["classifier"] == hub.classifier.version
    assert PUMP not in str(kept)


def test_who_only_judges_the_sensitivity_says_nothing_of_the_codes(hub: Hub) -> None:
    case = arrives(hub, CHIEF)
    assert case.suspected
    with hub.unit_of_work() as uow:
        triage.confirm(uow, hub.rules, ROSA, case.ref, Decision(), AFTER)
        uow.commit()
    (kept,) = judgements(hub, case)
    assert (kept["codes"], kept["sensitivity"]) == ([], "L3")


def test_a_triage_is_taken_back_whole_and_nothing_is_learnt_from_it(hub: Hub) -> None:
    case = arrives(hub, PUMP)
    before = standing(case)
    decided = decides(hub, ANA, case, Decision(sensitivity=Sensitivity.L2, sector="health"))
    assert (decided.state, decided.sensitivity) == (CaseState.TRIAGED, Sensitivity.L2)
    assert standing(undoes(hub, ANA, case)) == before
    assert judgements(hub, case) == []
    with hub.reading() as uow:
        kinds = [line["kind"] for line in wire.events_body(uow, case)]
    assert kinds[-2:] == [EventKind.TRIAGE_UNDONE, EventKind.SENSITIVITY_CHANGED]
    assert decides(hub, ZITA, case, Decision()).state is CaseState.TRIAGED


@pytest.mark.parametrize("who", [ZITA, ROSA])
def test_nobody_takes_back_what_somebody_else_decided(hub: Hub, who: Actor) -> None:
    case = arrives(hub, PUMP)
    decides(hub, ANA, case, Decision())
    with pytest.raises(NotFound):
        undoes(hub, who, case)


def test_a_triage_is_not_taken_back_late_or_after_something_came_of_it(hub: Hub) -> None:
    late, answered = arrives(hub, PUMP), arrives(hub, PUMP + ", ajudem")
    for case in (late, answered):
        decides(hub, ANA, case, Decision())
    with hub.unit_of_work() as uow:
        casework.answer(
            uow, hub.rules, ZITA, answered.ref, "it is repaired", Outcome.RESOLVED, AFTER
        )
        uow.commit()
    with pytest.raises(IllegalMove):
        undoes(hub, ANA, answered)
    with pytest.raises(IllegalMove):
        undoes(hub, ANA, late, AFTER + triage.UNDO_WITHIN * 2)


def test_who_raised_a_case_out_of_their_sight_cannot_fetch_it_back(hub: Hub) -> None:
    case = arrives(hub, PUMP)
    decides(hub, ANA, case, Decision(sensitivity=Sensitivity.L3))
    with pytest.raises(NotFound):
        undoes(hub, ANA, case)


def test_a_handler_who_lowered_a_case_puts_it_back_under_suspicion(hub: Hub) -> None:
    case = arrives(hub, CHIEF)
    before = standing(case)
    lowered = Decision(
        codes=("question.eligibility",), sensitivity=Sensitivity.L1, reason="a joke between two"
    )
    assert decides(hub, ROSA, case, lowered).sensitivity is Sensitivity.L1
    with hub.reading() as uow:
        assert uow.visible_case(ROSA, Action.READ_CASE, case.ref) is None
    assert standing(undoes(hub, ROSA, case)) == before


def test_what_a_machine_raised_meanwhile_is_not_lowered_by_taking_back(hub: Hub) -> None:
    both = replace(ANA, memberships=(*ANA.memberships, *ROSA.memberships))
    case = arrives(hub, PUMP)
    decides(hub, both, case, Decision())
    with hub.unit_of_work() as uow:
        found = uow.case(case.id)
        assert found is not None
        found.suspect(found.priority, AFTER)
        uow.commit()
    with pytest.raises(IllegalMove):
        undoes(hub, both, case)
