"""The shipped form: what ODK's own compiler takes, in both languages, and all of the frame."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from channels._kobo_form import Questions
from feedback_hub.adapters import xlsform
from feedback_hub.config import LANGUAGES, keys_of
from feedback_hub.domain.coding import Label
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.custom_field import CustomField, FieldKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.frame import load_frame

SHIPPED = Path(__file__).parents[2] / "docs" / "forms" / "feedback_hub.xlsx"
SITES = (("NTOKOTA", "Ntokota"), ("CORRANE", '=HYPERLINK("x") & <b>'))
AT = datetime(2026, 3, 4, tzinfo=UTC)


def cells(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    workbook = load_workbook(file)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook}


@pytest.fixture(params=[(), SITES], ids=["without sites", "with sites"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "form.xlsx"
    xlsform.write(xlsform.build(load_frame(), request.param), file, AT)
    return file


def test_the_shipped_file_is_what_the_command_makes(tmp_path: Path) -> None:
    xlsform.write(xlsform.build(load_frame()), tmp_path / "form.xlsx", AT)
    remedy = "make it again: feedback-hub form docs/forms/feedback_hub.xlsx"
    assert cells(tmp_path / "form.xlsx") == cells(SHIPPED), remedy


def test_odk_s_own_compiler_takes_it_without_a_warning(made: Path) -> None:
    result = convert(made, validate=False)
    assert result.warnings == []
    assert ET.fromstring(result.xform).tag.endswith("html")  # noqa: S314  we have just made it


def test_everything_is_said_in_both_languages() -> None:
    form = xlsform.build(load_frame(), SITES)
    for sheet in (form.survey, form.choices):
        header, *rows = sheet
        said = [header.index(name) for name in header if name.startswith(("label", "constraint_m"))]
        for row in rows:
            cell = [bool(row[at]) for at in said if header[at].startswith("label")]
            assert all(cell) or row[0] in {"start", "end", "end_group", "end_repeat"}, row
            message = [bool(row[at]) for at in said if header[at].startswith("constraint")]
            assert len(set(message)) <= 1, row


def test_it_offers_the_whole_frame_and_the_hub_s_sites() -> None:
    frame = load_frame()
    form = xlsform.build(frame, SITES)
    assert [row[1] for row in form.choices if row[0] == "codes"] == [code.code for code in frame]
    assert [row[1] for row in form.choices if row[0] == "sites"] == ["NTOKOTA", "CORRANE"]
    assert ("select_one sites", "site") in {row[:2] for row in form.survey}
    assert ("text", "site") in {row[:2] for row in xlsform.build(frame).survey}


@pytest.mark.parametrize(
    ("choices", "ours"),
    [
        ("sex", Sex),
        ("age_band", AgeBand),
        ("population_group", PopulationGroup),
        ("speaks_for", SpeaksFor),
        ("share", Share),
        ("yes_no", Answered),
        ("yes_no", Disability),
        ("accused_class", [*AccusedClass, "not_asked"]),
        ("sensitivity", [*Sensitivity, "not_asked"]),
    ],
)
def test_its_choices_are_the_words_the_hub_knows(choices: str, ours: Any) -> None:
    form = xlsform.build(load_frame())
    assert {row[1] for row in form.choices if row[0] == choices} == set(map(str, ours))


def test_its_languages_are_ones_the_hub_knows() -> None:
    form = xlsform.build(load_frame())
    spoken = {row[1] for row in form.choices if row[0] == "language"}
    assert spoken - {"und"} <= set(LANGUAGES)


def test_each_choice_may_stay_not_asked_and_does_by_itself() -> None:
    form = xlsform.build(load_frame())
    defaults = form.survey[0].index("default")
    for row in form.survey[1:]:
        if row[0].startswith("select_one ") and row[1] != "report_kind":
            assert row[defaults] in {"not_asked", "und"}, row[1]


def test_every_field_that_the_hub_reads_is_a_question_of_it() -> None:
    asked = {row[1] for row in xlsform.build(load_frame()).survey}
    # Kobo's own, and what the form leaves out on purpose: where the phone stood.
    for key in keys_of(Questions):
        assert key.name in {"location", "enumerator"} or set(key.default) & asked, key.name


def test_another_list_of_sites_is_another_version() -> None:
    frame = load_frame()
    assert xlsform.build(frame).settings != xlsform.build(frame, SITES).settings


def test_an_l3_code_shows_the_note_in_the_form_and_in_each_point() -> None:
    form = xlsform.build(load_frame())
    relevant = form.survey[0].index("relevant")
    notes = [row[relevant] for row in form.survey if row[1] == "highly_sensitive"]
    assert len(notes) == 2
    assert all("selected(../codes, 'misconduct.sea')" in note for note in notes)
    assert all("complaint.broken" not in note for note in notes)


def test_a_hub_s_own_questions_come_last_and_compile(tmp_path: Path) -> None:
    fields = [
        CustomField(
            "water",
            FieldKind.CHOICE,
            Label("Water", "Água"),
            choices={"well": Label("Well", "Poço")},
        ),
        CustomField("people", FieldKind.NUMBER, Label("People", "Pessoas")),
        CustomField("since", FieldKind.DATE, Label("Since", "Desde")),
        CustomField("notes-2", FieldKind.TEXT, Label("Notes", "Notas")),
    ]
    form = xlsform.build(load_frame(), (), fields)
    xlsform.write(form, tmp_path / "form.xlsx", AT)
    assert convert(tmp_path / "form.xlsx", validate=False).warnings == []
    asked = {row[1]: row for row in form.survey}
    assert asked["field_water"][:4] == ("select_one field_water", "field_water", "Água", "Water")
    assert ("field_water", "well", "Poço", "Well") in form.choices
    assert form.settings != xlsform.build(load_frame()).settings
