"""``export cases``: what one person may see, as a table, without what was said."""

from __future__ import annotations

import csv

from click.testing import CliRunner

from feedback_hub.cli import COMMANDS, main
from feedback_hub.cli.exporting import neutral
from tests.integration.commands import Commands, commands

__all__ = ["commands"]


def test_the_manual_names_every_command() -> None:
    said = CliRunner().invoke(main, ["--help"])
    assert said.exit_code == 0
    assert all(f"  {name} " in said.stdout for name in COMMANDS)


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
    assert sites("all@b.org", "--site", "S1") == ["S1"]
    assert sites("one@b.org") == ["S1"]
    assert "água" not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    for email in ("admin@b.org", "nobody@b.org"):
        commands.run("export", "cases", str(file), "--as", email, fails=1)


def test_a_cell_that_looks_like_a_formula_is_made_harmless() -> None:
    assert [neutral(cell) for cell in ("=1+1", "-1", "@x", "482913075", "")] == [
        "'=1+1",
        "'-1",
        "'@x",
        "482913075",
        "",
    ]
