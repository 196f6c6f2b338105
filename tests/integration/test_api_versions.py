"""Whoever read an older state of a case is told so, whatever the verb; and who is not rung."""

from __future__ import annotations

import uuid

import pytest

from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.place import Organisation
from tests.integration.asking import Asking, add_case

TEAM = Role.CASE_MANAGER


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("triage", {"codes": ["request.water"]}),
        ("sensitivity", {"level": "L2", "reason": "Her illness"}),
        ("assign", {"owner": "me"}),
        ("note", {"text": "She called"}),
        ("translation", {"text": "No water", "language": "eng"}),
    ],
)
def test_a_stale_version_is_refused_by_each_verb(
    hub: Hub, asking: Asking, verb: str, body: dict[str, object]
) -> None:
    with hub.unit_of_work() as uow:
        ref = add_case(uow).ref
        uow.commit()
    case = f"/api/v1/cases/{ref}"
    read = asking.get(TEAM, case).json["version"]

    stale = asking.post(TEAM, f"{case}/{verb}", **body, version=read + 1)
    assert stale.status_code == 409, stale.text
    assert asking.get(TEAM, case).json["version"] == read

    assert asking.post(TEAM, f"{case}/{verb}", **body, version=read).status_code == 200


@pytest.mark.parametrize("said", [False, "no"])
def test_a_person_who_wants_no_contact_is_not_put_on_the_call_list(
    asking: Asking, said: object
) -> None:
    taken = asking.post(
        TEAM,
        "/api/v1/intake",
        submission_id=str(uuid.uuid4()),
        text="No water",
        contact={"phone": "+258841110056"},
        consent={"contact": said},
    )
    case = f"/api/v1/cases/{taken.json['ref']}"
    asking.post(TEAM, f"{case}/triage", codes=["request.water"])
    asking.post(TEAM, f"{case}/answer", text="It is mended", outcome="resolved")
    task = asking.post(TEAM, f"{case}/loop-back").json["task"]
    # On the desk's list; only a result that is noted counts as an attempt.
    assert (task["kind"], task["attempt"]) == ("desk", 0)


def test_a_partner_says_in_its_own_words_why_not(hub: Hub, asking: Asking) -> None:
    with hub.unit_of_work() as uow:
        ref = add_case(uow).ref
        uow.session.add(Organisation("AGUA", "Agua Viva"))
        partner = Membership(Role.FOCAL_POINT, "AGUA")
        asking.tokens[Role.FOCAL_POINT] = add_token(uow.session, "partner", partner, hub.clock())
        uow.commit()
    asking.post(TEAM, f"/api/v1/cases/{ref}/triage", codes=["request.water"])
    sent = asking.post(TEAM, f"/api/v1/cases/{ref}/referrals", organisation="AGUA").json
    at = f"/api/v1/referrals/{sent['id']}"
    declined = asking.post(Role.FOCAL_POINT, f"{at}/decline", reason="The road is cut").json
    assert (declined["state"], declined["decline_reason"]) == ("declined", "other")
    assert "The road is cut" in asking.get(TEAM, at).text
