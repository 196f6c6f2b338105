"""Several people and one broken pump: suggested as links and as an issue, never merged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.domain.access import Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.place import Site
from tests.integration.asking import Answer, Asking
from tests.integration.talking import CHIEF, Talk

TEAM = Role.CASE_MANAGER
PUMP = "a bomba de agua do bloco C em {} esta avariada ha tres dias, as mulheres vao ao rio"
NUMBERS = [f"+25884222000{n}" for n in range(9)]


@pytest.fixture
def asking(talk: Talk) -> Asking:
    with talk.hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Site("COR", "Corrane")])
        uow.commit()
    return Asking(talk.hub)


def said(talk: Talk, text: str, number: str) -> Case:
    talk.says(text, number)
    return talk.cases(number)[-1]


def likely(asking: Asking, case: Case, who: Role | str = TEAM) -> Answer:
    return asking.get(who, f"/api/v1/cases/{case.ref}/likely")


def refs(found: list[dict[str, str]]) -> set[str]:
    return {one["ref"] for one in found}


def test_three_people_and_one_pump_are_an_issue_with_one_press(talk: Talk, asking: Asking) -> None:
    first = said(talk, PUMP.format("Ntokota"), NUMBERS[0])
    assert likely(asking, first).json == {"cases": [], "issue": None}
    second = said(talk, PUMP.format("Ntokota") + " obrigado", NUMBERS[1])
    third = said(talk, "a bomba de ntocota avariou", NUMBERS[2])
    elsewhere = said(talk, PUMP.format("Corrane"), NUMBERS[3])
    hidden = said(talk, CHIEF + " em Ntokota", NUMBERS[4])

    body = likely(asking, first).json
    assert [(one["ref"], one["why"]) for one in body["cases"]] == [(second.ref, "same_words")]
    assert body["issue"]["reporters"] == 3
    assert refs(body["issue"]["cases"]) == {second.ref, third.ref}
    assert likely(asking, elsewhere).json["issue"] is None
    assert likely(asking, hidden, Role.PROTECTION).json == {"cases": [], "issue": None}
    assert likely(asking, hidden).status_code == 404
    assert likely(asking, first, Role.DESK).status_code == 403

    issue = asking.post(
        TEAM, "/api/v1/issues", title="Pump", site="NTO", code=first.codes[0], cases=[first.ref]
    ).json["id"]
    joined = likely(asking, third).json["issue"]
    assert joined["issues"] == [{"id": issue, "title": "Pump"}]
    assert likely(asking, first).json["issue"] is None


def test_what_one_may_not_see_is_not_suggested_nor_counted(talk: Talk, asking: Asking) -> None:
    ours = said(talk, PUMP.format("Ntokota"), NUMBERS[0])
    other = said(talk, PUMP.format("bloco C"), NUMBERS[1])
    assert refs(likely(asking, ours).json["cases"]) == {other.ref}
    there = asking.token_at(TEAM, "NTO")
    assert likely(asking, ours, there).json == {"cases": [], "issue": None}


def test_linked_or_dismissed_is_not_suggested_again(talk: Talk, asking: Asking) -> None:
    first, second, third = (said(talk, PUMP.format("Ntokota"), n) for n in NUMBERS[:3])
    path = f"/api/v1/cases/{first.ref}"
    assert asking.post(TEAM, f"{path}/link", ref=second.ref).status_code == 200
    assert refs(likely(asking, first).json["cases"]) == {third.ref}
    for _ in range(2):
        assert asking.post(TEAM, f"{path}/dismiss", ref=third.ref).status_code == 200
    assert asking.post(TEAM, f"{path}/dismiss", ref="no such").status_code == 404
    assert likely(asking, first).json["cases"] == []
    assert refs(likely(asking, third).json["cases"]) == {second.ref}
    assert asking.post(TEAM, f"{path}/dismiss").status_code == 200
    assert likely(asking, first).json["issue"] is None
    assert likely(asking, second).json["issue"] is not None


def test_the_same_person_on_the_same_matter_is_said_so_at_one_level_only(
    talk: Talk, asking: Asking
) -> None:
    first = said(talk, "falta agua em Ntokota", NUMBERS[0])
    # Longer than a conversation lasts.
    talk.now += timedelta(days=4)
    again = said(talk, "falta agua em Ntokota outra vez", NUMBERS[0])
    assert again.id != first.id
    (one,) = likely(asking, again).json["cases"]
    assert (one["ref"], one["why"]) == (first.ref, "same_person")
    raised = {"level": "L2", "reason": "health"}
    asking.post(TEAM, f"/api/v1/cases/{again.ref}/sensitivity", **raised)
    assert likely(asking, again).json["cases"] == []


def test_nothing_is_kept_of_what_is_not_ordinary_and_no_word_of_what_is(
    talk: Talk, asking: Asking
) -> None:
    case = said(talk, PUMP.format("Ntokota"), NUMBERS[0])
    said(talk, CHIEF, NUMBERS[1])
    with talk.hub.reading() as uow:
        (kept,) = uow.session.execute(select(tables.likeness)).all()
    assert (kept.case_id, kept.site) == (case.id, "NTO")
    assert len(kept.minima) == 64
    raised = {"level": "L3", "reason": "a threat"}
    asking.post(TEAM, f"/api/v1/cases/{case.ref}/sensitivity", **raised)
    with talk.hub.reading() as uow:
        assert uow.session.execute(select(tables.likeness)).all() == []
