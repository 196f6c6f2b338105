"""``export``: cases as one person may see them, and the hub's figures, as tables."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from feedback_hub.adapters import engine
from feedback_hub.adapters.table_writing import neutral
from feedback_hub.cli import COMMANDS, main
from tests.integration.commands import Commands, commands

__all__ = ["commands"]


def test_the_manual_names_every_command() -> None:
    said = CliRunner().invoke(main, ["--help"])
    assert said.exit_code == 0
    assert all(f"  {name} " in said.stdout for name in COMMANDS)


def test_a_mistake_in_the_call_is_said_in_a_line() -> None:
    for words in (["nonsense"], ["--bogus"], ["export", "cases"], ["import", "sites", "not-there"]):
        said = CliRunner().invoke(main, words)
        assert said.exit_code == 2
        assert said.stdout == ""
        assert said.stderr.startswith("feedback-hub: ")
        assert said.stderr.count("\n") == 1


def test_the_table_keeps_to_what_the_account_may_see(commands: Commands) -> None:
    lines = ["id,text,received_at,site", "1,Não há água,2026-01-01,S1", "2,Obrigado,2026-01-02,S2"]
    commands.run("import", "sites", commands.file("s.csv", ["code,name", "S1,Um", "S2,Dois"]))
    commands.run("import", "messages", commands.file("m.csv", lines))
    commands.run("user", "add", "all@b.org", "--role", "case_manager")
    commands.run("user", "add", "one@b.org", "--role", "case_manager", "--site", "S1")
    commands.run("user", "add", "admin@b.org", "--role", "admin")
    file = commands.folder / "cases.csv"

    def sites(email: str, *words: str) -> list[str]:
        commands.run("export", "cases", str(file), "--as", email, *words)
        with file.open(encoding="utf-8", newline="") as rows:
            return [row["site"] for row in csv.DictReader(rows)]

    assert sites("all@b.org") == ["S2", "S1"]
    commands.run("export", "cases", str(file))
    assert len(_table(file)) == 3
    assert sites("all@b.org", "--site", "S1") == ["S1"]
    assert sites("one@b.org") == ["S1"]
    assert "água" not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    for email in ("admin@b.org", "nobody@b.org"):
        commands.run("export", "cases", str(file), "--as", email, fails=1)


def test_a_database_that_gives_no_turn_is_named_and_the_table_comes_when_asked_again(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.run("import", "messages", commands.file("m.csv", ["id,text", "1,Obrigado"]))
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    file = str(commands.folder / "cases.csv")
    with closing(sqlite3.connect(commands.folder / "home" / "hub.sqlite3")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        said = commands.run("export", "cases", file, fails=1)
        commands.run("audit", "verify")
    assert said.stderr.startswith("feedback-hub: the database gave no turn")
    assert said.stderr.count("\n") == 1
    commands.run("export", "cases", file)


def test_a_cell_that_looks_like_a_formula_is_made_harmless() -> None:
    assert [neutral(cell) for cell in ("=1+1", "-1", "@x", "482913075", "")] == [
        "'=1+1",
        "'-1",
        "'@x",
        "482913075",
        "",
    ]


def _table(file: Path) -> list[list[str]]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))
    sheet = load_workbook(file).worksheets[0]
    rows = [["" if v is None else str(v) for v in row] for row in sheet.iter_rows(values_only=True)]
    # A workbook keeps no empty cells at the end of a row.
    return [row + [""] * (len(rows[0]) - len(row)) for row in rows]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_figures_are_tagged_and_hide_what_is_small(commands: Commands, ending: str) -> None:
    said = [f"{n},Não há água,2026-03-0{1 + n % 9},{'S1' if n else '=S2'}" for n in range(8)]
    # The next smallest is hidden with what is small, which the sum would give away.
    said += [f"{n},O poço está seco,2026-03-0{1 + n % 9},S3" for n in range(20, 26)]
    sites = [
        "code,name,pcode,pcode_scheme,population",
        "S1,Um,MZ010203,cod-ab-2019,500",
        "=S2,Dois,,,",
        "S3,Três,KE009001,cod-ab-ke,",
    ]
    commands.run("import", "sites", commands.file("s.csv", sites))
    # In another country the code does not say where the province's ends: the districts do.
    districts = commands.file("d.csv", ["pcode,name,adm1_pcode", "KE009001,Mandera,KE009"])
    commands.run("import", "boundaries", districts, "--scheme", "cod-ab-ke")
    commands.run("import", "organisations", commands.file("o.csv", ["code,name", "avsi,AVSI"]))
    services = ["site,sector,organisation", "*,wash,avsi", "=S2,food,avsi"]
    commands.run("import", "services", commands.file("v.csv", services))
    lines = ["id,text,received_at,site", *said]
    commands.run("import", "messages", commands.file("m.csv", lines))
    file = commands.folder / f"out.{ending}"
    period = ("--from", "2026-03-01", "--to", "2026-03-31")

    commands.run("export", "measures", str(file), *period)
    header, tags, *rows = _table(file)
    assert tags[header.index("site")] == "#loc+code"
    assert tags[-1] == "#indicator+num"
    assert {"#adm1+code", "#adm2+code", "#sector", "#org", "#status", "#date+reported"} < set(tags)
    by_site = {
        row[header.index("group")]: row for row in rows if row[header.index("breakdown")] == "site"
    }
    assert by_site["S1"][-1] == "7"
    assert by_site["S1"][:2] == ["MZ01", "MZ0102"]
    assert by_site["S3"][:2] == ["KE009", "KE009001"]
    assert by_site["'=S2"][:2] == ["", ""]
    assert by_site["'=S2"][-1] == by_site["S3"][-1] == ""
    assert file.stat().st_mode & 0o077 == 0

    commands.run("export", "site", str(file), "--site", "S1", *period)
    header, _, *rows = _table(file)
    number = {row[header.index("measure")]: row[-1] for row in reversed(rows)}
    assert (number["population"], number["cases"]) == ("500", "7")
    assert number["cases_per_1000_residents"] in {"14", "14.0"}
    serving = [row[header.index("sector")] for row in rows if row[9] == "service"]
    assert serving == ["wash"]
    assert "água" not in str(rows)

    commands.run("export", "site", str(file), "--site", "S9", fails=1)
    commands.run(
        "export", "measures", str(file), "--from", "2026-04-01", "--to", "2026-03-01", fails=1
    )
    commands.run("export", "measures", str(file), "--as", "nobody@b.org", fails=1)
