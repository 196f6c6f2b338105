"""An issue on the screen: opened from a case, decided, answered, and every reporter told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case_states import CaseState
from feedback_hub.services import triage
from feedback_hub.services.triage import Decision
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_app, make_hub, token_in

MANAGER = Actor("manager", memberships=(Membership(Role.CASE_MANAGER),))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=Clock())
    yield made
    made.close()


def sends(client: FlaskClient, path: str, url: str, **form: str) -> tuple[int, str, str]:
    page = client.get(path).text
    version = re.search(r'name="version" value="(\d+)"', page)
    form |= {"csrf_token": token_in(page)} | ({"version": version[1]} if version else {})
    answer = client.post(url, data=form, follow_redirects=True)
    return answer.status_code, answer.text, answer.request.path


def test_an_issue_from_a_case_to_everybody_being_told(hub: Hub) -> None:
    app = make_app(hub)
    ana = log_in(app, "ana")
    refs = [arrives(hub, PUMP) for _ in range(3)]
    fresh, secret = arrives(hub, PUMP), arrives(hub, CHIEF)
    with hub.unit_of_work() as uow:
        for ref in refs:
            triage.triage(uow, hub.rules, MANAGER, ref, Decision(), hub.clock())
        uow.commit()
    assert f"/issues/new?case={refs[0]}" in ana.get(f"/cases/{refs[0]}").text
    form = ana.get(f"/issues/new?case={refs[0]}").text
    assert refs[0] in form

    status, page, _ = sends(ana, "/issues/new", "/issues/new", title=" ", cases="12")
    assert status == 422
    opened = {"title": "Bomba do bloco C", "site": "NTO", "sector": "wash", "cases": refs[0]}
    status, page, issue = sends(ana, "/issues/new", "/issues/new", **opened)
    assert status == 200, page
    more = f"{refs[1]}, {refs[2]}\n{fresh}"
    assert sends(ana, issue, f"{issue}/cases", cases=more)[0] == 200
    # What is handled in confidence is not there to be put under anything.
    assert sends(ana, issue, f"{issue}/cases", cases=secret)[0] == 404
    page = ana.get(issue).text
    assert all(f"/cases/{ref}" in page for ref in [*refs, fresh])

    assert sends(ana, issue, f"{issue}/tell")[0] == 409
    assert "Two new washers" in sends(ana, issue, f"{issue}/decide", decision="Two new washers")[1]
    said = "A bomba foi arranjada."
    assert said in sends(ana, issue, f"{issue}/answer", public_answer=said)[1]
    told = sends(ana, issue, f"{issue}/tell")[1]
    assert "0 are texted, 3 are called or found, 1 wait" in told
    again = sends(ana, issue, f"{issue}/tell")[1]
    assert "0 are texted, 0 are called or found, 4 wait" in again
    with hub.reading() as uow:
        for ref in refs:
            case = uow.case_by_ref(ref)
            assert case is not None
            assert case.state is CaseState.LOOP_ATTEMPTED
            assert len(uow.open_call_backs(case.id)) == 1
    # A coordinator reads it and presses nothing.
    graca = log_in(app, "graca")
    page = graca.get(issue).text
    assert "Tell them all" not in page
    assert sends(graca, issue, f"{issue}/reopen")[0] == 403
    assert sends(ana, issue, f"{issue}/reopen")[0] == 200


def test_what_a_figure_was_asked_with_opens_one_word_of_it_alone(hub: Hub) -> None:
    ana = log_in(make_app(hub), "ana")
    for query in ("from=2026-03-01", "to=2026-03-31", "site=NTO", "sector=wash"):
        page = ana.get(f"/issues?{query}")
        assert page.status_code == 200, query
        assert "Show all" in page.text
