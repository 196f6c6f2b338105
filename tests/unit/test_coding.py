"""The coding frame: read from its file, whole, and honest about what is wrong with one."""

from __future__ import annotations

import pytest

from feedback_hub.domain.coding import (
    COLUMNS,
    SECTOR_LABELS,
    TYPE_LABELS,
    UNCLEAR,
    CodingFrame,
    FeedbackType,
    Sector,
)
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.frame import load_frame


def _row(**cells: str) -> dict[str, str]:
    usual = {
        "type": "other",
        "code": UNCLEAR,
        "sector": "",
        "sensitivity": "L1",
        "priority": "P4",
        "label_en": "Unclear",
        "label_pt": "Pouco claro",
        "description": "Nobody can read it",
    }
    return {**usual, **cells}


@pytest.fixture(scope="module")
def frame() -> CodingFrame:
    return load_frame()


def test_the_shipped_frame_has_every_type_and_the_unclear_code(frame: CodingFrame) -> None:
    assert {code.type for code in frame} == set(FeedbackType)
    assert UNCLEAR in frame
    assert len(frame) == len({code.code for code in frame}) == 58


def test_every_type_and_sector_has_a_name_in_both_languages() -> None:
    assert set(TYPE_LABELS) == set(FeedbackType)
    assert set(SECTOR_LABELS) == set(Sector)
    assert TYPE_LABELS[FeedbackType.RUMOUR].in_language("por") == "Boato"
    assert TYPE_LABELS[FeedbackType.RUMOUR].in_language("vmw") == "Rumour"


def test_all_misconduct_is_highly_sensitive_and_due_within_a_day(frame: CodingFrame) -> None:
    misconduct = frame.of_type(FeedbackType.MISCONDUCT)
    assert misconduct
    assert {code.sensitivity for code in misconduct} == {Sensitivity.L3}
    assert {code.priority for code in misconduct} == {Priority.P1}


def test_of_several_codes_the_highest_level_and_the_most_urgent_clock_hold(
    frame: CodingFrame,
) -> None:
    codes = ("thanks.any", "request.water", "misconduct.sea")
    assert frame.sensitivity_of(codes) is Sensitivity.L3
    assert frame.priority_of(codes) is Priority.P1
    assert frame.type_of(codes) is FeedbackType.THANKS
    assert frame.sector_of(codes) == Sector.WASH
    assert frame.sector_of(("thanks.any",)) == ""


def test_a_code_outside_the_frame_is_refused(frame: CodingFrame) -> None:
    with pytest.raises(Invalid):
        frame["complaint.weather"]
    with pytest.raises(Invalid):
        frame.priority_of(())


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"type": "gossip"}, "row 2, type"),
        ({"code": "Other Unclear"}, "row 2, code"),
        ({"code": "thanks.any"}, "row 2, code"),
        ({"sector": "weather"}, "row 2, sector"),
        ({"sensitivity": ""}, "row 2, sensitivity"),
        ({"priority": "P9"}, "row 2, priority"),
        ({"label_pt": " "}, "row 2, label_pt"),
        ({"description": ""}, "row 2, description"),
    ],
)
def test_a_damaged_row_is_named_with_its_column(cells: dict[str, str], where: str) -> None:
    with pytest.raises(Invalid, match=where):
        CodingFrame.from_rows([_row(**cells)])


def test_a_code_may_stand_only_once_and_unclear_may_not_be_missing() -> None:
    with pytest.raises(Invalid, match="row 3, code"):
        CodingFrame.from_rows([_row(), _row()])
    with pytest.raises(Invalid, match="frame"):
        CodingFrame.from_rows([_row(type="thanks", code="thanks.any")])


def test_the_version_follows_the_content_alone() -> None:
    same = {column: f" {cell} " for column, cell in _row().items()}
    first = CodingFrame.from_rows([_row()])
    assert set(same) == set(COLUMNS)
    assert CodingFrame.from_rows([same]).version == first.version
    assert CodingFrame.from_rows([_row(priority="P3")]).version != first.version
