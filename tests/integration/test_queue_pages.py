"""The queue: several cases at once, what is new, what was searched for, and how one likes it."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.reads import issue_list
from feedback_hub.reads.rows import around, marked
from feedback_hub.web.sessions import BY_ITSELF
from tests.pages_world import CHIEF, PUMP, Clock, arrives, log_in, make_app, make_hub, token_in

FOOD = "quando e a proxima distribuicao de comida em Corrane?"
BY_HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """One for all: each test looks at cases of its own."""
    return make_hub(tmp_path_factory.mktemp("queue") / "home", clock=Clock())


@pytest.fixture(scope="module")
def app(hub: Hub) -> Flask:
    return make_app(hub)


def case_of(hub: Hub, ref: str) -> Case:
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        return case


def id_of(hub: Hub, name: str) -> str:
    with hub.reading() as uow:
        found = account_id_of(uow.session, f"{name}@example.org")
        assert found
        return found


def press(client: FlaskClient, path: str, **form: object) -> str:
    token = token_in(client.get("/cases").text)
    answer = client.post(path, data={"csrf_token": token, **form}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_several_are_taken_on_and_given_back(app: Flask, hub: Hub) -> None:
    refs = [arrives(hub, PUMP), arrives(hub, FOOD)]
    ana, own = log_in(app, "ana"), id_of(hub, "ana")
    page = press(ana, "/cases/together", ref=refs, verb="take")
    assert "2 cases are yours now." in page
    assert [case_of(hub, ref).owner for ref in refs] == [own, own]
    before = re.findall(r'name="before" value="([^"]+)"', page)
    assert sorted(before) == sorted(f"{ref}=" for ref in refs)
    assert "2 cases are as they were." in press(ana, "/cases/together/undo", before=before)
    assert [case_of(hub, ref).owner for ref in refs] == ["", ""]


def test_several_are_put_under_an_issue_and_taken_off_again(app: Flask, hub: Hub) -> None:
    there, new = arrives(hub, PUMP), arrives(hub, PUMP)
    ana = log_in(app, "ana")
    press(ana, "/issues/new", title="The pump in block C", cases=there)
    with hub.reading() as uow:
        (issue,), _ = issue_list.page(uow, issue_list.IssueFilters(), limit=1)
    page = press(ana, "/cases/together", ref=[there, new], verb="join-issue", issue=issue.id)
    assert "2 cases are under the issue." in page
    # What was under it before stays there: it is not of this press.
    before = re.findall(r'name="before" value="([^"]+)"', page)
    assert before == [f"{new}="]
    undone = press(ana, "/cases/together/undo", before=before, issue=issue.id)
    assert "1 case is as it was." in undone
    page = ana.get(f"/issues/{issue.id}").text
    assert (there in page, new in page) == (True, False)
    off = press(ana, f"/issues/{issue.id}/cases/{there}/unlink")
    assert "Taken from under this issue. The case stays." in off
    assert there not in ana.get(f"/issues/{issue.id}").text


def test_what_cannot_be_done_holds_up_nothing_and_gives_nothing_away(app: Flask, hub: Hub) -> None:
    pump, chief = arrives(hub, PUMP), arrives(hub, CHIEF)
    page = press(log_in(app, "ana"), "/cases/together", ref=[pump, chief, "482913075"], verb="take")
    assert "1 case is yours now." in page
    # A case of handlers and a number that nobody has: one sentence for both.
    assert page.count("it is not in your list any more") == 1
    assert case_of(hub, chief).owner == ""


def test_several_are_referred_after_one_more_look(app: Flask, hub: Hub) -> None:
    ana = log_in(app, "ana")
    pump, food = arrives(hub, PUMP), arrives(hub, FOOD)
    form = {"codes": "complaint.broken", "sector": "wash", "site": "NTO", "sensitivity": "L1"}
    for ref in (pump, food):
        version = str(case_of(hub, ref).version)
        press(ana, f"/cases/{ref}/triage", version=version, priority="P3", **form)
    asked = press(ana, "/cases/together", ref=[pump, food], verb="refer", organisation="avsi")
    assert "Refer 2 cases to AVSI?" in asked
    assert case_of(hub, pump).state == "triaged"
    sure = {"verb": "refer", "organisation": "avsi", "sure": "yes"}
    assert "2 cases were referred." in press(ana, "/cases/together", ref=[pump, food], **sure)
    assert {case_of(hub, ref).state for ref in (pump, food)} == {"referred"}


def test_a_desk_marks_nothing(app: Flask, hub: Hub) -> None:
    ref = arrives(hub, PUMP)
    filipe = log_in(app, "filipe")
    assert 'form="together"' not in filipe.get("/cases").text
    token = token_in(filipe.get("/cases").text)
    form = {"csrf_token": token, "ref": ref, "verb": "take"}
    assert filipe.post("/cases/together", data=form).status_code == 403


def test_what_is_new_costs_nothing_while_nothing_is(app: Flask, hub: Hub) -> None:
    arrives(hub, PUMP)
    ana = log_in(app, "ana")
    mark = re.search(r'data-mark="(\w+)"', ana.get("/cases").text)
    assert mark
    asked = {"query_string": {"mark": mark[1]}, "headers": {BY_ITSELF: "1", **BY_HTMX}}
    quiet = ana.get("/cases", **asked)
    assert (quiet.status_code, quiet.data) == (204, b"")
    food = arrives(hub, FOOD)
    assert food in ana.get("/cases", **asked).text


def test_a_page_that_asks_by_itself_keeps_nobody_logged_in(tmp_path: Path) -> None:
    clock = Clock()
    hub = make_hub(tmp_path / "home", clock=clock)
    ana = log_in(make_app(hub), "ana")
    idle = hub.config.security.session_idle_minutes
    by_itself = {BY_ITSELF: "1", **BY_HTMX}
    seen = []
    for _ in range(3):
        clock.now += timedelta(minutes=idle / 2)
        seen.append(ana.get("/cases", headers=by_itself).status_code)
    assert (seen[0], seen[-1]) == (200, 401)
    assert ana.get("/cases").status_code == 302


def test_what_was_searched_for_is_set_apart() -> None:
    text = "Bom dia. A nossa família não tem ÁGUA há três dias; as aguas do rio estão sujas."
    shown = around(["nada aqui", text], "agua")
    assert "ÁGUA" in shown[:60]
    assert [one.text for one in marked(shown, "agua") if one.why] == ["ÁGUA", "aguas"]
    assert marked("nada aqui", "agua") == ()


def test_a_filter_is_kept_under_a_name_without_the_words(app: Flask, hub: Hub) -> None:
    arrives(hub, PUMP)
    ana = log_in(app, "ana")
    query = "tab=triage&site=NTO&q=segredo&evil=1"
    page = press(ana, "/looks/filters", name="Ntokota, to triage", query=query)
    assert 'href="/cases?tab=triage&amp;site=NTO"' in page
    assert "segredo" not in ana.get("/looks").text
    forget = re.search(r'name="filter" value="(\w+)"', ana.get("/looks").text)
    assert forget
    assert "Ntokota, to triage" not in press(ana, "/looks/filters/forget", filter=forget[1])


def test_columns_theme_and_density_are_as_somebody_likes_them(app: Flask, hub: Hub) -> None:
    arrives(hub, PUMP)
    ana = log_in(app, "ana")
    assert "c-sector" in ana.get("/cases").text
    press(ana, "/looks", theme="dark", density="dense", columns=["place", "state", "clock"])
    page = ana.get("/cases").text
    assert 'data-theme="dark"' in page
    assert 'data-density="dense"' in page
    assert "c-sector" not in page
    assert "c-place" in page
    # Somebody else's screen is theirs.
    assert "c-sector" in log_in(app, "filipe").get("/cases").text
    press(ana, "/looks", columns=["place", "sector", "age", "clock", "state", "owner"])


def test_where_one_goes_after_a_choice_is_a_page_of_ours(app: Flask) -> None:
    ana = log_in(app, "ana")
    token = token_in(ana.get("/looks").text)
    for bad in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = ana.post("/looks", data={"csrf_token": token, "next": bad})
        assert answer.headers["Location"] == "/looks"


def test_anything_is_found_and_nothing_that_one_may_not_see(app: Flask, hub: Hub) -> None:
    pump, chief = arrives(hub, PUMP), arrives(hub, CHIEF)
    ana, jorge = log_in(app, "ana"), log_in(app, "jorge")
    assert f"/cases/{pump}" in ana.get("/go", query_string={"q": pump}).text
    assert "Nothing found." in ana.get("/go", query_string={"q": chief}, headers=BY_HTMX).text
    assert "site=NTO" in ana.get("/go", query_string={"q": "ntok"}).text
    assert "/cases" not in jorge.get("/go", query_string={"q": pump}, headers=BY_HTMX).text


def test_what_was_written_comes_back_when_the_log_in_has_ended(app: Flask, hub: Hub) -> None:
    ref = arrives(hub, PUMP)
    ana = log_in(app, "ana")
    token = token_in(ana.get("/cases").text)
    assert ana.get("/alive").status_code == 200
    ana.post("/logout", data={"csrf_token": token})
    assert ana.get("/alive").status_code == 401
    form = {"csrf_token": token, "text": "they said the valve is broken"}
    own = ana.post(f"/cases/{ref}/note", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code in {400, 401}
    assert "they said the valve is broken" in own.text
    other = ana.post(f"/cases/{ref}/note", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert "they said" not in other.text


def test_pages_leave_compressed_and_what_does_not_change_is_kept(app: Flask, hub: Hub) -> None:
    arrives(hub, PUMP)
    ana = log_in(app, "ana")
    packed = ana.get("/cases", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"bomba de agua" in gzip.decompress(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    style = re.search(r'href="(/static/app\.css\?v=\w+)"', ana.get("/").text)
    assert style
    kept = ana.get(style[1], headers={"Accept-Encoding": "gzip"})
    assert "immutable" in kept.headers["Cache-Control"]
    with ana.get("/static/app.css") as unmarked:
        assert "immutable" not in unmarked.headers["Cache-Control"]
    # A guess at a token cannot be read off the length of what comes back.
    lengths = {len(ana.get("/", headers={"Accept-Encoding": "gzip"}).data) for _ in range(12)}
    assert len(lengths) > 3


def test_the_styleguide_is_for_who_builds_pages(app: Flask) -> None:
    assert log_in(app, "ana").get("/styleguide").status_code == 404


def test_handlers_see_which_of_them_opened_a_case(app: Flask, hub: Hub) -> None:
    ref = arrives(hub, CHIEF)
    rosa = log_in(app, "rosa")
    assert "Who has opened it" not in rosa.get(f"/cases/{ref}").text
    again = rosa.get(f"/cases/{ref}").text
    assert "Who has opened it" in again
    assert "<dt>Rosa</dt>" in again


def test_the_frame_lends_no_page_a_word_of_its_own(app: Flask) -> None:
    # What the frame sets for itself once stood in the place of what a page was given.
    for name in ("ana", "rosa", "filipe", "graca", "ines", "abel", "jorge"):
        page = log_in(app, name).get("/").text
        assert "Namespace" not in page
        assert "Highly sensitive cases are not shown here" not in page
