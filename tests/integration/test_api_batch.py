"""A meeting's points and a box's slips over the API, each kept once (issue 3, Help desk)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.person import SpeaksFor
from tests.integration.asking import Asking, typed_of

BATCH = "/api/v1/intake/batch"
HELD = {
    "kind": "community",
    "held_on": "2026-03-02",
    "committee_present": True,
    "present": [
        {"sex": "female", "age_band": "18_39", "count": 14},
        {"sex": "male", "age_band": "40_59", "count": 0},
    ],
}


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


def cases(hub: Hub) -> dict[str, Case]:
    with hub.reading() as uow:
        return {case.ref: case for case in uow.session.scalars(select(Case))}


@pytest.mark.parametrize("level", ["L1", "L3"])
def test_what_somebody_else_handed_in_gives_nothing_to_whoever_repeats_it(
    asking: Asking, level: str
) -> None:
    body = {
        "submission_id": str(uuid.uuid4()),
        "text": "O chefe pede dinheiro",
        "sensitivity": level,
    }
    first = asking.post(Role.DESK, "/api/v1/intake", **body)
    again = asking.post(Role.DESK, "/api/v1/intake", **body)
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    refused = set()
    for stranger in (Role.MECHANISM, asking.token_at(Role.DESK, "NTO")):
        taken = asking.post(stranger, "/api/v1/intake", **body)
        assert taken.status_code == 409
        assert not {first.json["ref"], first.json["secret"]} & set(taken.text.split('"'))
        refused.add(taken.text)
    # Nothing tells what became of it.
    gone = asking.post(
        Role.MECHANISM, "/api/v1/intake", **body | {"text": "x", "sensitivity": "L1"}
    )
    assert {gone.text} == refused


def test_what_may_be_a_survivors_is_nobodys_but_its_handlers_before_it_was_read(
    asking: Asking,
) -> None:
    body = {"text": "o chefe disse que se eu dormir com ele fico na lista"}
    answer = asking.post(Role.DESK, "/api/v1/intake", submission_id=str(uuid.uuid4()), **body)
    assert answer.status_code == 201
    path = f"/api/v1/cases/{answer.json['ref']}"
    assert asking.get(Role.CASE_MANAGER, path).status_code == 404
    assert asking.get(Role.PROTECTION, path).status_code == 200


def test_a_meeting_is_kept_with_its_points_and_a_longer_list_adds_what_is_new(
    hub: Hub, asking: Asking
) -> None:
    points = [{"text": "Falta água"}, {"text": "Falta sabão", "place": "bloco C"}]
    body = {
        "submission_id": str(uuid.uuid4()),
        "channel": "meeting",
        "place": "mangueira",
        "received_at": "2026-03-02T14:00:00+02:00",
        "meeting": HELD,
        "points": points,
    }
    first = asking.post(Role.DESK, BATCH, **body)
    assert first.status_code == 201, first.text
    again = asking.post(Role.DESK, BATCH, **body)
    assert (again.status_code, again.json) == (200, first.json)
    stolen = asking.post(Role.MECHANISM, BATCH, **body)
    assert (stolen.status_code, stolen.json["errors"][0]["field"]) == (422, "submission_id")
    body["points"] = [*points, {"text": "Falta luz"}]
    body["meeting"] = HELD | {"present": []}
    longer = asking.post(Role.DESK, BATCH, **body)
    assert longer.status_code == 201
    assert longer.json["items"][:2] == first.json["items"]
    kept = cases(hub)
    assert len(kept) == 3
    water, soap, _ = (kept[item["ref"]] for item in longer.json["items"])
    assert water.channel == "meeting"
    assert [typed_of(hub, one).place for one in (water, soap)] == ["mangueira", "bloco C"]
    assert water.person.speaks_for is SpeaksFor.COMMUNITY
    beside = asking.get(Role.CASE_MANAGER, f"/api/v1/cases/{water.ref}/related").json
    assert (beside["meeting"]["kind"], beside["meeting"]["held_on"]) == ("community", "2026-03-02")
    assert beside["meeting"]["present"] == []
    with hub.reading() as uow:
        linked = select(func.count()).select_from(tables.meeting_case)
        assert uow.session.scalar(linked) == 3


def test_each_slip_of_a_box_is_a_case_and_one_that_is_wrong_keeps_all_out(
    hub: Hub, asking: Asking
) -> None:
    own = str(uuid.uuid4())
    body = {"submission_id": str(uuid.uuid4()), "channel": "suggestion_box"}
    slips = [{"text": "Obrigado"}, {"submission_id": own, "text": "Mais sombra"}]
    wrong = asking.post(Role.DESK, BATCH, **body, points=[*slips, {"text": " "}])
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json["errors"]] == ["points.2.text"]
    assert cases(hub) == {}
    done = asking.post(Role.DESK, BATCH, **body, points=slips)
    assert done.status_code == 201
    assert done.json["items"][1]["submission_id"] == own
    assert {case.channel for case in cases(hub).values()} == {"suggestion_box"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "sms"}, "channel"),
        ({"meeting": None}, "meeting"),
        ({"meeting": HELD | {"kind": "party"}}, "meeting.kind"),
        ({"meeting": HELD | {"held_on": "2026-03-05"}}, "meeting.held_on"),
        ({"points": "all"}, "points"),
        ({"points": [{"text": "a"}] * 201}, "points"),
    ],
)
def test_what_is_wrong_with_a_batch_is_said(
    asking: Asking, wrong: dict[str, object], field: str
) -> None:
    body = {"submission_id": str(uuid.uuid4()), "channel": "meeting", "meeting": HELD} | wrong
    answer = asking.post(Role.DESK, BATCH, **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
