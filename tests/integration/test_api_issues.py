"""Many cases, one broken pump: opened, decided, answered in public, and who may know of it."""

from __future__ import annotations

import pytest

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.place import Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.issue_list import visible_refs
from tests.integration.asking import Asking, add_case

ISSUES = "/api/v1/issues"
TEAM, COORDINATOR = Role.CASE_MANAGER, Role.COORDINATOR


@pytest.fixture
def asking(hub: Hub) -> Asking:
    with hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Site("COR", "Corrane")])
        uow.commit()
    return Asking(hub)


@pytest.fixture
def refs(hub: Hub, asking: Asking) -> dict[str, str]:
    """The references of a case of each level at Ntokota, and of one at Corrane."""
    with hub.unit_of_work() as uow:
        made = {
            level.value: add_case(uow, sensitivity=level, site="NTO").ref for level in Sensitivity
        }
        made["elsewhere"] = add_case(uow, site="COR").ref
        uow.commit()
    return made


def opened(asking: Asking, **more: object) -> str:
    answer = asking.post(TEAM, ISSUES, title="The pump in block C", **more)
    assert answer.status_code == 201, answer.text
    issue_id: str = answer.json["id"]
    return issue_id


def test_an_issue_goes_from_a_problem_to_a_public_answer(
    asking: Asking, refs: dict[str, str]
) -> None:
    body = {"site": "NTO", "sector": "wash", "code": "complaint.broken", "owner": "me"}
    issue = f"{ISSUES}/{opened(asking, cases=[refs['L1'], refs['L2']], **body)}"
    linked = asking.post(TEAM, f"/api/v1/cases/{refs['elsewhere']}/link", issue=issue[-32:])
    assert linked.status_code == 200, linked.text

    shown = asking.get(TEAM, issue).json
    assert shown["state"] == "open"
    assert shown["owner"]
    assert set(shown["cases"]) == {refs["L1"], refs["L2"], refs["elsewhere"]}

    # A wrong link is taken back, twice asked is once done, and the history tells both.
    path = f"/api/v1/cases/{refs['elsewhere']}"
    for _ in range(2):
        assert asking.post(TEAM, f"{path}/unlink", issue=issue[-32:]).status_code == 200
    assert set(asking.get(TEAM, issue).json["cases"]) == {refs["L1"], refs["L2"]}
    kinds = [event["kind"] for event in asking.get(TEAM, f"{path}/events").json["items"]]
    assert (kinds.count("linked"), kinds.count("unlinked")) == (1, 1)

    assert asking.post(TEAM, f"{issue}/answer", public_answer="Done").status_code == 409
    decided = asking.post(TEAM, f"{issue}/decide", decision="Two washers", version=1)
    assert (decided.json["state"], decided.json["version"]) == ("decided", 2)
    answered = asking.post(TEAM, f"{issue}/answer", public_answer="You said, we mended it.")
    assert answered.json["public_answer"] == "You said, we mended it."
    assert asking.post(TEAM, f"{issue}/reopen").json["state"] == "open"
    stale = asking.post(TEAM, f"{issue}/decide", decision="Again", version=1)
    assert stale.status_code == 409


def test_a_reader_is_told_only_of_the_cases_they_may_see(
    asking: Asking, refs: dict[str, str]
) -> None:
    issue = f"{ISSUES}/{opened(asking, cases=[refs['L1'], refs['elsewhere']])}"
    assert asking.get(COORDINATOR, issue).json["cases"] == []
    assert asking.get(COORDINATOR, ISSUES).json["items"][0]["cases"] == []
    of_nto = asking.token_at(TEAM, "NTO")
    assert asking.get(of_nto, issue).json["cases"] == [refs["L1"]]
    assert asking.get(of_nto, ISSUES).json["items"][0]["cases"] == [refs["L1"]]


def test_an_l3_is_never_under_an_issue(hub: Hub, asking: Asking, refs: dict[str, str]) -> None:
    def put_under(role: Role, ref: str) -> tuple[int, bytes]:
        answer = asking.post(role, f"/api/v1/cases/{ref}/link", issue=issue_id)
        return answer.status_code, answer.data

    issue_id = opened(asking, cases=[refs["L1"]])
    nowhere = put_under(TEAM, "482913075")
    assert nowhere[0] == 404
    assert put_under(TEAM, refs["L3"]) == put_under(Role.PROTECTION, refs["L3"]) == nowhere
    hidden = asking.post(TEAM, ISSUES, title="Something else", cases=[refs["L3"]])
    assert (hidden.status_code, hidden.data) == nowhere
    assert len(asking.get(TEAM, ISSUES).json["items"]) == 1

    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(refs["L1"])
        assert case is not None
        case.sensitivity = Sensitivity.L3
        uow.commit()
    assert asking.get(TEAM, f"{ISSUES}/{issue_id}").json["cases"] == []
    # Somebody of both teams sees the case, and still not from here.
    both = Actor("both", memberships=(Membership(TEAM), Membership(Role.PROTECTION)))
    with hub.reading() as uow:
        assert uow.visible_case(both, Action.READ_CASE, refs["L1"]) is not None
        assert visible_refs(uow, both, [issue_id]) == {issue_id: []}


def test_what_is_handled_in_confidence_is_no_issue(asking: Asking) -> None:
    answer = asking.post(TEAM, ISSUES, title="x", code="misconduct.sea")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "code"


@pytest.mark.parametrize("role", [role for role in Role if role not in {TEAM, COORDINATOR}])
def test_nobody_else_reads_or_writes_one(asking: Asking, role: Role) -> None:
    issue = f"{ISSUES}/{opened(asking)}"
    assert asking.get(role, ISSUES).status_code == 403
    assert asking.get(role, issue).status_code == 403
    assert asking.post(role, ISSUES, title="x").status_code == 403
    for verb in ("decide", "answer", "reopen"):
        assert asking.post(role, f"{issue}/{verb}").status_code in {403, 422}
    assert asking.get(TEAM, issue).json["state"] == "open"


def test_a_coordinator_reads_and_does_not_write(asking: Asking) -> None:
    issue = f"{ISSUES}/{opened(asking)}"
    assert asking.get(COORDINATOR, issue).json["title"] == "The pump in block C"
    assert asking.post(COORDINATOR, f"{issue}/decide", decision="x").status_code == 403
    assert asking.app.test_client().get(issue).status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 201),
        ("site", "NOWHERE"),
        ("sector", "plumbing"),
        ("code", "complaint.moon"),
        ("owner", "0" * 32),
    ],
)
def test_what_cannot_be_is_refused_by_field(asking: Asking, field: str, value: str) -> None:
    answer = asking.post(TEAM, ISSUES, **{"title": "A pump", field: value})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert value.strip() == "" or value not in answer.text


def test_the_list_is_narrowed_and_paged(asking: Asking) -> None:
    made = {opened(asking, site=site) for site in ("NTO", "NTO", "NTO", "COR")}
    seen: list[str] = []
    cursor = ""
    while True:
        page = asking.get(TEAM, ISSUES, limit="3", cursor=cursor).json
        seen += [issue["id"] for issue in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(seen) == sorted(made)
    assert len(asking.get(TEAM, ISSUES, site="NTO").json["items"]) == 3
    assert asking.get(TEAM, ISSUES, state="answered").json["items"] == []
    for query in ({"state": "gone"}, {"cursor": "gone"}, {"limit": "0"}):
        assert asking.get(TEAM, ISSUES, **query).status_code == 422
    assert asking.get(TEAM, f"{ISSUES}/{'0' * 32}").status_code == 404


def test_who_told_the_desk_is_told_too_though_nobody_triaged_it_yet(
    hub: Hub, asking: Asking, refs: dict[str, str]
) -> None:
    with hub.unit_of_work() as uow:
        desk = uow.case_by_ref(refs["L1"])
        assert desk is not None
        desk.entered_by, desk.codes = "filipe", ("complaint.broken",)
        uow.commit()
    path = opened(asking, cases=[refs["L1"]], code="complaint.broken", owner="me")
    issue = f"{ISSUES}/{path}"
    with hub.reading() as uow:
        case = uow.case_by_ref(refs["L1"])
    assert case is not None
    assert case.state.value == "received"
    asking.post(TEAM, f"{issue}/decide", decision="Two washers")
    asking.post(TEAM, f"{issue}/answer", public_answer="We mended it.")
    told = asking.post(TEAM, f"{issue}/tell").json
    assert (told["texts"] + told["people"], told["left"]) == (1, 0)
    shown = asking.get(TEAM, f"/api/v1/cases/{refs['L1']}").json
    assert (shown["state"], shown["codes"]) == ("loop_attempted", ["complaint.broken"])


def test_an_issue_changes_hands(asking: Asking) -> None:
    issue = f"{ISSUES}/{opened(asking, owner='me')}"
    assert asking.post(TEAM, f"{issue}/assign", owner="").json["owner"] == ""
    assert asking.post(TEAM, f"{issue}/assign", owner="me").json["owner"]
    assert asking.post(TEAM, f"{issue}/assign", owner="nobody").status_code == 422
    assert asking.post(TEAM, f"{issue}/assign").status_code == 422
    assert asking.post(Role.DESK, f"{issue}/assign", owner="me").status_code == 403
