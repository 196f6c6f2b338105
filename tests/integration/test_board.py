"""A site's public board: what a person approved, of what is ordinary, and nobody's numbers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.web.poster import Poster, PosterPart, Size, draw
from tests.pages_world import START, Clock, log_in, make_hub, token_in

SAID = "A bomba de água não funciona."
DID = "A bomba foi arranjada na segunda-feira."
WORDS = {"site": "NTO", "language": "por", "said": SAID, "did": DID, "not_yet": ""}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=clock)
    yield made
    made.close()


def issue_over(hub: Hub, *levels: Sensitivity, code: str = "") -> str:
    issue_id = uuid.uuid4().hex
    with hub.unit_of_work() as uow:
        uow.add(Issue(issue_id, "Bomba avariada", START, "ana", sector="wash", code=code))
        uow.session.flush()
        for level in levels:
            case = Case(
                id=uuid.uuid4().hex,
                ref=uow.new_reference(),
                channel="desk",
                received_at=START,
                entered_at=START,
                entered_by="ana",
                site="NTO",
                sensitivity=level,
            )
            uow.add(case)
            uow.session.flush()
            uow.link_issue(issue_id, case.id)
        uow.commit()
    return issue_id


def send(client: FlaskClient, issue_id: str, what: str = "", **form: str) -> tuple[int, str]:
    url = f"/issues/{issue_id}"
    form["csrf_token"] = token_in(client.get(url).text)
    answer = client.post(f"{url}/entries{what}", data=form, follow_redirects=True)
    return answer.status_code, answer.text


def approve(client: FlaskClient, issue_id: str) -> None:
    page = client.get(f"/issues/{issue_id}").text
    found = re.search(rf"{issue_id}/entries/(\w+)/approve", page)
    assert found
    assert send(client, issue_id, f"/{found[1]}/approve")[0] == 200


def board(app: Flask, query: str = "?lang=pt") -> str:
    answer = app.test_client().get(f"/board/NTO{query}")
    assert answer.status_code == 200
    return answer.text


def test_only_what_a_person_approved_is_public_and_only_after_a_while(
    hub: Hub, app: Flask, clock: Clock
) -> None:
    issue_id = issue_over(hub, *[Sensitivity.L1] * 5)
    assert "Ainda não há nada aqui" in board(app)
    assert send(log_in(app, "ana"), issue_id, **WORDS)[0] == 200
    clock.now += timedelta(hours=30)
    assert SAID not in board(app)
    approve(log_in(app, "graca"), issue_id)
    assert SAID not in board(app)
    clock.now += timedelta(hours=25)
    page = board(app)
    assert SAID in page
    assert DID in page
    assert "<strong>5</strong>" in page
    assert "We did" in board(app, "?lang=en")

    send(log_in(app, "ana"), issue_id, **WORDS | {"said": "Outra coisa."})
    assert SAID in board(app)
    approve(log_in(app, "ana"), issue_id)
    clock.now += timedelta(hours=25)
    assert SAID not in board(app)
    assert "Outra coisa." in board(app)


def test_few_people_are_not_counted_and_what_is_personal_never_stands_there(
    hub: Hub, app: Flask, clock: Clock
) -> None:
    ana = log_in(app, "ana")
    few = issue_over(hub, *[Sensitivity.L1] * 4, Sensitivity.L2, Sensitivity.L3)
    send(ana, few, **WORDS)
    approve(ana, few)
    clock.now += timedelta(hours=25)
    page = board(app)
    assert SAID in page
    assert "<strong>" not in page
    ana = log_in(app, "ana")  # a day has passed: the first log-in has ended
    personal = issue_over(hub, *[Sensitivity.L2] * 9, *[Sensitivity.L3] * 9)
    assert send(ana, personal, **WORDS)[0] == 422
    code = next(one.code for one in hub.rules.frame.codes if one.sensitivity is Sensitivity.L3)
    confidential = issue_over(hub, *[Sensitivity.L1] * 9, code=code)
    assert send(ana, confidential, **WORDS)[0] == 422

    with hub.unit_of_work() as uow:
        for case in uow.session.query(Case).all():
            case.sensitivity = Sensitivity.L3
        uow.commit()
    assert SAID not in board(app)


@pytest.mark.parametrize(
    "wrong",
    [
        {"said": "uma palavra " * 7},
        {"said": "Liguem ao 841234567"},
        {"said": ""},
        {"did": ""},
        {"site": "XXX"},
        {"language": "xxx"},
    ],
)
def test_an_entry_that_is_too_long_or_names_somebody_is_refused(
    hub: Hub, app: Flask, wrong: dict[str, str]
) -> None:
    issue_id = issue_over(hub, Sensitivity.L1)
    assert send(log_in(app, "ana"), issue_id, **WORDS | wrong)[0] == 422


def test_who_has_no_part_in_it_writes_and_approves_nothing(hub: Hub, app: Flask) -> None:
    issue_id = issue_over(hub, Sensitivity.L1)
    for name in ("jorge", "rosa", "filipe", "ines", "abel"):
        assert log_in(app, name).get(f"/issues/{issue_id}").status_code == 403
    graca = log_in(app, "graca")
    assert send(graca, issue_id, **WORDS)[0] == 403
    assert app.test_client().get("/board/XXX").status_code == 404


def test_the_board_is_a_poster_too_with_a_code_to_scan(hub: Hub, app: Flask, clock: Clock) -> None:
    issue_id = issue_over(hub, *[Sensitivity.L1] * 5)
    send(log_in(app, "ana"), issue_id, **WORDS | {"not_yet": "Falta — “uma peça” de Pemba."})
    approve(log_in(app, "graca"), issue_id)
    clock.now += timedelta(hours=25)
    anybody = app.test_client()
    for size, points in (("a3", 841), ("a4", 595)):
        answer = anybody.get(f"/board/NTO/poster.pdf?lang=pt&size={size}")
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert f"/MediaBox [0 0 {points}".encode() in answer.data
    assert anybody.get("/board/NTO/poster.pdf?size=a0").status_code == 404
    assert anybody.get("/board/XXX/poster.pdf").status_code == 404
    assert DID in anybody.get("/board/NTO/script?lang=pt").text


def test_entries_of_many_issues_go_on_to_another_sheet() -> None:
    part = PosterPart("check", "We did", "word " * 12)
    short, long = (
        draw(Poster("Ntokota", "", [[part, part]] * entries, "1458", "https://t.me/a_bot"), Size.A4)
        for entries in (1, 30)
    )
    assert short.count(b"/Type /Page\n") == 1
    assert long.count(b"/Type /Page\n") > 5


def test_the_past_stays_readable_and_readings_are_noted_by_who_works_there(
    hub: Hub, app: Flask, clock: Clock
) -> None:
    issue_id = issue_over(hub, *[Sensitivity.L1] * 5)
    ana = log_in(app, "ana")
    send(ana, issue_id, **WORDS)
    approve(ana, issue_id)
    clock.now += timedelta(hours=25)
    anybody = app.test_client()
    assert SAID not in anybody.get("/board/NTO/past").text
    ana = log_in(app, "ana")  # the day is over, and with it the session
    found = re.search(rf"{issue_id}/entries/(\w+)/archive", ana.get(f"/issues/{issue_id}").text)
    assert found
    send(ana, issue_id, f"/{found[1]}/archive")
    assert SAID in anybody.get("/board/NTO/past").text

    # Filipe is the desk of Ntokota, and of no other site.
    filipe = log_in(app, "filipe")
    reading = {"occasion": "radio", "language": "por", "read_on": "2026-03-02", "people": "40"}
    for site, form, status in (
        ("NTO", reading, 303),
        ("NTO", reading | {"read_on": "2027-01-01"}, 422),
        ("NTO", reading | {"people": "many"}, 422),
        ("COR", reading, 404),
    ):
        token = token_in(filipe.get("/board/NTO/past").text)
        answer = filipe.post(f"/board/{site}/readings", data=form | {"csrf_token": token})
        assert answer.status_code == status, answer.text
    shown = anybody.get("/board/NTO/past", headers={"Accept-Language": "en"}).text
    assert shown.count("Radio") == 1
    assert "40 people" in shown
    assert "Note a reading" not in shown
