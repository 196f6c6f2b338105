"""``import frame``: own codes beside those that ship, used at once, never less protected."""

from __future__ import annotations

import csv
from io import StringIO

from feedback_hub.domain.coding import COLUMNS
from feedback_hub.frame import load_frame
from tests.integration.commands import Commands, commands

__all__ = ["commands"]

WELL = {
    "type": "request",
    "code": "request.well",
    "sector": "wash",
    "sensitivity": "L1",
    "priority": "P3",
    "label_en": "A well",
    "label_pt": "Um poço",
    "description": "Asks for a well, with a comma",
}


def table(*rows: dict[str, str]) -> str:
    written = StringIO()
    writer = csv.DictWriter(written, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def shipped(code: str, **cells: str) -> dict[str, str]:
    return {**load_frame()[code].row(), **cells}


def test_a_hub_has_its_own_codes_and_words(commands: Commands) -> None:
    file = commands.file(
        "frame.csv", table(WELL, shipped("request.water", label_pt="Água, por favor"))
    )
    said = commands.run("import", "frame", file).stdout
    assert said.startswith("2 rows: 1 added, 1 changed, 0 known, 0 rejected\n")
    assert "59 codes" in said
    assert commands.run("import", "frame", file).stdout.startswith("2 rows: 0 added, 0 changed, 2 ")
    assert "59 codes" in commands.run("classifier", "info").stdout
    frame = load_frame(commands.folder / "home")
    assert frame["request.well"].label.pt == "Um poço"
    assert frame["request.water"].label.pt == "Água, por favor"
    assert len(commands.rows("SELECT 1 FROM audit WHERE action = 'frame_changed'")) == 1


def test_bad_rows_are_said_and_the_others_taken(commands: Commands) -> None:
    bad = [
        shipped("misconduct.sea", sensitivity="L1"),
        WELL | {"code": "complaint.well"},
        WELL | {"code": "request.tap", "priority": "P9"},
        WELL | {"code": "request.tap", "label_pt": ""},
    ]
    said = commands.run("import", "frame", commands.file("f.csv", table(*bad, WELL, WELL))).stdout
    assert said.startswith("6 rows: 1 added, 0 changed, 0 known, 5 rejected\n")
    rejected = [line.split(",")[:3:2] for line in commands.rejected("f.csv").splitlines()[1:]]
    assert rejected == [
        ["2", "sensitivity"],
        ["3", "code"],
        ["4", "priority"],
        ["5", "label_pt"],
        ["7", "code"],
    ]
    assert load_frame(commands.folder / "home")["misconduct.sea"].sensitivity == "L3"


def test_the_shipped_file_is_known_and_a_damaged_own_one_is_said(commands: Commands) -> None:
    whole = table(*(code.row() for code in load_frame()))
    said = commands.run("import", "frame", commands.file("whole.csv", whole)).stdout
    assert said.startswith("58 rows: 0 added, 0 changed, 58 known, 0 rejected\n")
    own = commands.folder / "home" / "frame"
    assert not own.exists()
    own.mkdir()
    (own / "coding_frame.csv").write_text("type,code\nrequest,nonsense\n", "utf-8")
    assert "row 2" in commands.run("classifier", "info", fails=1).stderr
