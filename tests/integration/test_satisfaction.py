"""Was the answer good? Asked once a closing; a no opens the case again, for somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import IllegalMove, Invalid, NotAllowed
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, triage
from feedback_hub.services.triage import Decision
from tests.integration.talking import ANA, BERTA, PUMP, Talk, make_talk

EVA = Actor("eva", ActorKind.ACCOUNT, (Membership(Role.CASE_MANAGER),))
DESK = Actor("desk", ActorKind.ACCOUNT, (Membership(Role.DESK),))


def closes(
    talk: Talk,
    ref: str,
    outcome: Outcome = Outcome.RESOLVED,
    actor: Actor = ANA,
    level: Sensitivity | None = None,
) -> None:
    rules = talk.hub.rules
    with talk.hub.unit_of_work() as uow:
        decision = Decision(codes=("complaint.broken",), sensitivity=level)
        triage.triage(uow, rules, actor, ref, decision, talk.now)
        casework.answer(uow, rules, actor, ref, "Reparada.", outcome, talk.now, on_the_spot=True)
        casework.close(uow, rules, actor, ref, outcome, "Foi reparada.", talk.now)
        uow.commit()
    talk.work()


def questions(talk: Talk, number: str = "") -> int:
    texts = talk.texts(number) if number else talk.texts()
    return sum(t.purpose is Purpose.ASK_SATISFACTION and not t.withheld for t in texts)


def test_a_good_answer_is_counted_and_nothing_opens(talk: Talk) -> None:
    talk.says(PUMP)
    closes(talk, talk.case().ref)
    assert questions(talk) == 1
    talk.says("4")
    case = talk.case()
    assert (case.state, case.satisfied, case.satisfaction) == (CaseState.CLOSED, True, 4)
    # It was said: another digit is a message like any other, not a second judgement.
    talk.says("1")
    assert talk.cases()[0].satisfaction == 4
    with talk.hub.unit_of_work() as uow, pytest.raises(IllegalMove):
        casework.judge(uow, talk.hub.rules, EVA, case.ref, None, talk.now, score=1)


def test_a_bad_one_opens_it_for_somebody_else_and_is_asked_again_after(talk: Talk) -> None:
    talk.says(PUMP)
    ref = talk.case().ref
    closes(talk, ref)
    talk.says("Não")
    case = talk.case()
    assert (case.state, case.satisfied, case.satisfaction) == (CaseState.REOPENED, False, 2)
    assert case.owner == ""
    with talk.hub.unit_of_work() as uow, pytest.raises(NotAllowed):
        triage.triage(uow, talk.hub.rules, ANA, ref, Decision(), talk.now)
    with talk.hub.unit_of_work() as uow:
        triage.triage(uow, talk.hub.rules, EVA, ref, Decision(), talk.now)
        with pytest.raises(NotAllowed):
            casework.answer(uow, talk.hub.rules, ANA, ref, "Sim.", Outcome.RESOLVED, talk.now)
        rules = talk.hub.rules
        casework.answer(
            uow, rules, EVA, ref, "Agora sim.", Outcome.RESOLVED, talk.now, on_the_spot=True
        )
        casework.close(uow, rules, ANA, ref, Outcome.RESOLVED, "Arranjada.", talk.now)
        uow.commit()
    talk.work()
    assert questions(talk) == 2
    talk.says("5")
    assert (talk.case().state, talk.case().satisfaction) == (CaseState.CLOSED, 5)


def test_the_desk_asks_but_never_who_answered(talk: Talk) -> None:
    talk.says(PUMP)
    ref, rules = talk.case().ref, talk.hub.rules
    closes(talk, ref)
    with talk.hub.unit_of_work() as uow:
        with pytest.raises(Invalid, match="other than"):
            casework.judge(uow, rules, ANA, ref, None, talk.now, score=5)
        for wrong in ({"score": 6}, {"score": 0}, {"score": 1, "satisfied": True}, {}):
            said: dict[str, Any] = {"satisfied": None} | wrong
            with pytest.raises(Invalid):
                casework.judge(uow, rules, DESK, ref, now=talk.now, **said)
        casework.judge(uow, rules, DESK, ref, None, talk.now, score=3)
        uow.commit()
    # The text's question is settled with it.
    talk.says("1")
    assert talk.cases()[0].satisfaction == 3


def test_nobody_is_asked_who_got_no_answer_or_may_get_no_text(talk: Talk) -> None:
    talk.says(PUMP)
    with talk.hub.unit_of_work() as uow:
        casework.close(
            uow, talk.hub.rules, ANA, talk.case().ref, Outcome.NOT_FEEDBACK, "Engano.", talk.now
        )
        uow.commit()
    talk.says(PUMP, BERTA)
    (other,) = talk.cases(BERTA)
    talk.says("PARAR", BERTA)
    closes(talk, other.ref)
    assert (questions(talk), questions(talk, BERTA)) == (0, 0)


def test_a_digit_that_answers_another_question_is_no_judgement(
    own_database_url: str, tmp_path: Path
) -> None:
    talk = make_talk(own_database_url, tmp_path / "home", ask=["safe"])
    talk.says(PUMP)
    closes(talk, talk.case().ref)
    assert questions(talk) == 0
    talk.says("1")
    assert talk.case().satisfied is None
    talk.hub.close()
