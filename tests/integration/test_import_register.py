"""``import organisations|sites|services``: upsert by code, each row whole or rejected."""

from __future__ import annotations

from openpyxl import Workbook

from tests.integration.commands import Commands, commands

__all__ = ["commands"]

ORGANISATIONS = ["code,name,kind,email,language", "WATERORG,Water Org,INGO,focal@water.example,por"]
SITES = [
    "code;name;aliases;province;district;pcode;pcode_scheme;latitude;longitude;population;status",
    'S1;Centro Um;"Um;Bairro 1";Sofala;Dondo;MZ1103;2019;-19,6;34.7;1200;active',
    "S2;Centro Dois;;;;;;;;;handed over",
]
SERVICES = [
    "site,sector,organisation,focal_point,valid_from,valid_to",
    "S1,wash,WATERORG,focal@water.example,2026-01-01,",
    "*,wash,WATERORG,,,",
]


def test_a_register_is_taken_changed_and_recognised(commands: Commands) -> None:
    partners = commands.file("o.csv", ORGANISATIONS)
    places = commands.file("s.csv", SITES)
    done = commands.file("v.csv", SERVICES)
    for kind, file, count in (("organisations", partners, 1), ("sites", places, 2)):
        said = commands.run("import", kind, file)
        assert said.stdout == f"{count} rows: {count} added, 0 changed, 0 known, 0 rejected\n"
    assert "2 added" in commands.run("import", "services", done).stdout
    assert "2 known" in commands.run("import", "services", done).stdout
    assert "2 known" in commands.run("import", "sites", places).stdout
    moved = commands.file("s2.csv", ["code,name", "S2,Centro Dois B"])
    assert "0 added, 1 changed" in commands.run("import", "sites", moved).stdout
    found = commands.rows("SELECT code, name, aliases, latitude, status FROM site ORDER BY code")
    assert found == [
        ("S1", "Centro Um", '["Um", "Bairro 1"]', -19.6, "active"),
        ("S2", "Centro Dois B", "[]", None, "handed_over"),  # what no column names stays
    ]


def test_what_cannot_be_taken_is_named_by_row_and_column(commands: Commands) -> None:
    commands.run("import", "organisations", commands.file("o.csv", ORGANISATIONS))
    file = commands.file(
        "v.csv",
        [
            "site,sector,organisation,focal_point,valid_from,valid_to",
            "NOWHERE,wash,WATERORG,,,",
            "*,magic,WATERORG,,,",
            "*,wash,NOBODY,,,",
            "*,wash,WATERORG,no@address,,",
            "*,wash,WATERORG,,2026-02-02,2026-01-01",
            "*,wash,WATERORG,,31/12/2026,",
            "*,wash,WATERORG,,,",
        ],
    )
    said = commands.run("import", "services", file)
    assert said.stdout == "7 rows: 1 added, 0 changed, 0 known, 6 rejected\n"
    listed = [line.split(",")[::2][:2] for line in commands.rejected("v.csv").splitlines()[1:]]
    columns = ["site", "sector", "organisation", "focal_point", "valid_to", "valid_from"]
    assert listed == [[str(n), column] for n, column in enumerate(columns, start=2)]


def test_what_a_partner_is_called_and_who_answers_there_may_be_in_any_words(
    commands: Commands,
) -> None:
    lines = ["code,name,kind", "A,First,Consortium", "hub,Our team,cluster lead"]
    said = commands.run("import", "organisations", commands.file("o.csv", lines))
    assert "1 added, 1 changed, 0 known, 0 rejected" in said.stdout
    lines = ["site,sector,organisation,focal_point", "*,wash,A,Ana Machava"]
    commands.run("import", "services", commands.file("v.csv", lines))
    assert commands.rows("SELECT focal_point FROM service") == [("Ana Machava",)]
    commands.run("token", "add", "--name", "ours", "--role", "desk", "--organisation", "hub")


def test_a_pcode_needs_its_scheme(commands: Commands) -> None:
    file = commands.file("s.csv", ["code,name,pcode", "S1,Angoche or Beira,MZ0701"])
    commands.run("import", "sites", file, fails=1)
    assert "scheme" in commands.rejected("s.csv")


def test_the_same_code_twice_in_a_file_is_one_organisation(commands: Commands) -> None:
    file = commands.file("o.csv", ["code,name", "A,First", "A,Second"])
    assert "1 added, 1 changed" in commands.run("import", "organisations", file).stdout
    # The hub's own is there from the first start.
    assert commands.rows("SELECT code, name FROM organisation") == [
        ("hub", "Feedback hub"),
        ("A", "Second"),
    ]


def test_xlsx(commands: Commands) -> None:
    book = Workbook()
    for row in (["name", "code"], ["Água e Saúde", "AS"], [None, None], ["No code", None]):
        book.worksheets[0].append(row)
    book.save(commands.folder / "o.xlsx")
    said = commands.run("import", "organisations", str(commands.folder / "o.xlsx"))
    assert "2 rows: 1 added, 0 changed, 0 known, 1 rejected" in said.stdout
    assert commands.rejected("o.xlsx").splitlines()[1].startswith("4,4,code,")


def test_something_else_than_a_table(commands: Commands) -> None:
    for name, content in (("a.xlsx", b"PK\x03\x04broken"), ("b.csv", b"")):
        said = commands.run("import", "sites", commands.file(name, content), fails=1)
        assert said.stderr.count("\n") == 1
        assert name in said.stderr
