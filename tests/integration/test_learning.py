"""Learning mode: exercises that say why, help where it is needed, and nothing real in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.web.exercises import EXERCISES
from feedback_hub.web.help_topics import AT_THE_DESK, TOPICS
from feedback_hub.web.lessons import lessons
from tests.pages_world import LINE, log_in, make_hub, token_in


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return make_hub(tmp_path / "home")


def test_each_exercise_explains_every_choice_and_has_one_that_is_safe() -> None:
    for one in EXERCISES:
        assert [option.right for option in one.options].count(True) == 1, one.name
        assert len({option.why for option in one.options}) == len(one.options), one.name


def test_a_choice_is_explained_and_the_safe_one_is_remembered(app: Flask, hub: Hub) -> None:
    desk = log_in(app, "filipe")
    index = desk.get("/learn").text
    assert "0 of" in index
    for exercise in EXERCISES:
        path = f"/learn/{exercise.name}"
        page = desk.get(path).text
        assert exercise.scene.partition("“")[0] in page
        for place, option in enumerate(exercise.options):
            told = desk.post(path, data={"csrf_token": token_in(page), "choice": place}).text
            assert option.why.partition("“")[0].partition("'")[0] in told
            assert ("That is safe." in told) is option.right
    assert f"{len(EXERCISES)} of {len(EXERCISES)} done" in desk.get("/learn").text
    with hub.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(tables.case)) == 0


def test_an_exercise_goes_on_at_the_practice_phone(app: Flask) -> None:
    desk = log_in(app, "filipe")
    page = desk.get("/learn/pump").text
    told = desk.post("/learn/pump", data={"csrf_token": token_in(page), "choice": 1}).text
    assert f"/handset/{LINE}?exercise=pump" in told
    guided = desk.get(f"/handset/{LINE}?exercise=pump").text
    assert "A bomba do bloco C nao da agua" in guided


def test_there_is_help_for_everything_a_desk_stumbles_over(app: Flask) -> None:
    desk = log_in(app, "filipe")
    for topic in TOPICS:
        assert desk.get(f"/learn/help/{topic.name}").status_code == 200
    assert "/learn/help/highly" in desk.get("/report").text
    assert desk.get("/learn/help/nothing").status_code == 404
    assert desk.get("/learn/nothing").status_code == 404


def test_help_stands_where_the_work_is_done(app: Flask) -> None:
    triage = log_in(app, "ana").get("/triage").text
    assert "Triage: what is it about?" in triage
    assert "choose the higher" in triage


@pytest.mark.parametrize("language", ["por", "eng"])
def test_the_device_gets_the_same_in_both_languages(app: Flask, language: str) -> None:
    with app.test_request_context():
        held = lessons(language)
    assert len(held["exercises"]) == len(EXERCISES)
    # A device at a desk has no use for what the case team reads.
    assert len(held["topics"]) == len(AT_THE_DESK)
    text = str(held)
    assert ("Think" not in text) or language == "eng"
    # Invented people have no numbers.
    assert not re.search(r"\+?\d{6,}", text)
