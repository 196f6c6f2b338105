"""``python -m bench.places`` measures what it says: on invented districts, within seconds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import places

NAMES = (
    *("Mutambala", "Quirasse", "Namuelo", "Chivuri", "Lupanhe", "Matirone", "Ncuaba", "Riparua"),
    *("Sanculo", "Tevire", "Muaguide", "Xindole", "Zimbuene", "Inharuca", "Dacata", "Bilibiza"),
    *("Ocua", "Mazeze", "Cuaia", "Nipiode"),
)
ROWS = "ADM1_PT,ADM1_PCODE,ADM2_PT,ADM2_PCODE,ADM2ALT1PT\n" + "".join(
    f"Litoral,XX01,{name},XX01{at:02},\n" for at, name in enumerate(NAMES)
)


def test_what_is_written_exactly_is_found_and_where_none_is_named_none_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "districts.csv"
    file.write_text(ROWS, "utf-8")
    monkeypatch.setattr(sys, "argv", ["places", str(file)])
    assert places.main() == 0
    lines = [line.rsplit(maxsplit=5) for line in capsys.readouterr().out.splitlines()[1:]]
    rows = {way: (int(count), right, wrong) for way, count, right, _, _, wrong in lines}
    for way in ("site: as written, and aliases", "district: as written, and aliases"):
        count, right, wrong = rows[way]
        assert count
        assert (right, wrong) == ("100.0%", "0.0%")
    assert rows["no place named"][1] == "100.0%"
    assert rows["site: one slip"][2] == "0.0%"
