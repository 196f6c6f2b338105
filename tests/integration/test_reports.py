"""Reports: the same figures as everywhere, as page, PDF, XLSX and tagged CSV, mailed once."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select

from feedback_hub.adapters.tables import audit, metadata
from feedback_hub.bootstrap import Hub, build
from feedback_hub.cli import describing, main
from feedback_hub.config import parse_config
from feedback_hub.domain.reporting import ReportKind, days_of, last_over
from feedback_hub.reads.measure_rows import COLUMNS, figures
from feedback_hub.web.app import create_app
from feedback_hub.web.reporting.sending import send_due
from tests.integration.databases import SqliteFiles
from tests.integration.test_measures import any_case, put
from tests.pages_world import log_in, make_app, make_hub
from tests.providers.outgoing import Outgoing

WEEK = {"first": "2026-02-23", "last": "2026-03-01"}


@pytest.mark.parametrize(
    ("kind", "day", "first", "last"),
    [
        (ReportKind.WEEKLY, "2026-03-01", "2026-02-23", "2026-03-01"),
        (ReportKind.MONTHLY, "2024-02-10", "2024-02-01", "2024-02-29"),
        (ReportKind.QUARTERLY, "2026-12-31", "2026-10-01", "2026-12-31"),
    ],
)
def test_which_days_a_report_is_of(kind: ReportKind, day: str, first: str, last: str) -> None:
    said = days_of(kind, date.fromisoformat(day))
    assert [one.isoformat() for one in said] == [first, last]
    assert last_over(kind, said[1] + timedelta(days=1)) == said


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Hub]:
    hub = make_hub(tmp_path_factory.mktemp("hub"))
    chance = random.Random(4)
    for _ in range(2):
        put_in_march(hub, chance)
    return make_app(hub), hub


def put_in_march(hub: Hub, chance: random.Random) -> None:
    """Cases of a week that both sites and partners have something in."""
    world = [any_case(chance) for _ in range(60)]
    for made in world:
        made.received_at = datetime(2026, 2, 24, 8, tzinfo=UTC) + timedelta(
            hours=chance.randrange(90)
        )
        made.referrals = [one for one in made.referrals if one[0] != "rare"]
    put(hub, world)


def test_the_same_number_on_every_paper(pages: tuple[Flask, Hub]) -> None:
    app, hub = pages
    graca = log_in(app, "graca")
    asked = {"day": "2026-03-01"}
    said = graca.get("/api/v1/measures", query_string={"from": WEEK["first"], "to": WEEK["last"]})
    cases = said.get_json()["cases"]
    assert cases > 50
    page = graca.get("/reports/weekly", query_string=asked)
    assert f"<dd>{cases}</dd>" in page.text
    tagged = list(
        csv.reader(io.StringIO(graca.get("/reports/weekly.csv", query_string=asked).text))
    )
    header, tags, *rows = tagged
    assert tags[-1] == "#indicator+num"
    measure = header.index("measure")
    assert next(row for row in rows if row[measure] == "cases")[-1] == str(cases)
    book = load_workbook(io.BytesIO(graca.get("/reports/weekly.xlsx", query_string=asked).data))
    assert book["report"]["B4"].value == str(cases)
    assert [cell.value for cell in book["hxl"][2]] == tags
    pdf = graca.get("/reports/quarterly.pdf", query_string=asked)
    assert pdf.data.startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"].endswith('.pdf"')
    with hub.reading() as uow:
        kinds = uow.session.scalars(select(audit.c.kind)).all()
    assert {"report weekly", "report quarterly"} <= set(kinds)


def in_page(html: str) -> str:
    """What a reader of the page reads."""
    return unescape(re.sub(r"<[^>]+>", " ", html))


def in_pdf(data: bytes) -> str:
    """What a reader of the paper reads."""
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def in_book(data: bytes) -> str:
    """What stands on the sheet to read."""
    rows = load_workbook(io.BytesIO(data))["report"].iter_rows(values_only=True)
    return " ".join(str(cell) for row in rows for cell in row if cell is not None)


def squeezed(words: str) -> str:
    """Without white space, which each paper breaks in its own way, and marks within numbers."""
    return re.sub(r"[\s.,]", "", words)


@pytest.mark.parametrize(
    ("kind", "site", "language"),
    [("weekly", "", "pt"), ("monthly", "NTO", "en"), ("quarterly", "", "pt")],
)
def test_page_pdf_and_workbook_say_the_same(
    pages: tuple[Flask, Hub], kind: str, site: str, language: str
) -> None:
    """Every line of every table, word for word and number for number."""
    app, _ = pages
    graca = log_in(app, "graca")
    graca.post("/language", data={"language": language})
    asked = {"day": "2026-03-01"} | ({"site": site} if site else {})
    page, pdf, xlsx = (
        graca.get(f"/reports/{kind}{ending}", query_string=asked)
        for ending in ("", ".pdf", ".xlsx")
    )
    lines = [squeezed(in_page(line)) for line in re.findall(r"<tr>.*?</tr>", page.text, re.DOTALL)]
    assert len(lines) > 5
    assert any(re.search(r"\d", line) for line in lines)
    paper, sheet = squeezed(in_pdf(pdf.data)), squeezed(in_book(xlsx.data))
    missing = [line for line in lines if line not in paper or line not in sheet]
    assert missing == []
    figures = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.text)
    assert len(figures) == 4
    for words, big in figures:
        assert squeezed(unescape(words)) in paper
        assert squeezed(unescape(words + big)) in sheet
        assert squeezed(unescape(big)) in paper


def test_the_tagged_rows_are_the_api_s_figures(pages: tuple[Flask, Hub]) -> None:
    """CSV, the workbook's second sheet and ``/api/v1/measures``: the same numbers, HXL tagged."""
    graca = log_in(pages[0], "graca")
    days = {"from": WEEK["first"], "to": WEEK["last"]}
    measured = graca.get("/api/v1/measures", query_string=days).get_json()
    said = graca.get("/reports/weekly.csv?day=2026-03-01").text
    header, _, *rows = csv.reader(io.StringIO(said))
    places = [header.index(name) for name in ("measure", "breakdown", "group", "figure", "number")]
    assert sorted(
        [*(row[place] for place in places[:-1]), written(float(row[-1]) if row[-1] else None)]
        for row in rows
    ) == sorted(
        [one.measure, one.breakdown, one.group, one.figure, written(one.number)]
        for one in figures(measured)
    )
    book = load_workbook(io.BytesIO(graca.get("/reports/weekly.xlsx?day=2026-03-01").data))
    tagged = book["hxl"].iter_rows(min_row=3, values_only=True)
    assert [[written(cell) for cell in row] for row in tagged] == [
        [*row[:-1], written(float(row[-1]) if row[-1] else None)] for row in rows
    ]


def written(cell: object) -> str:
    """A cell as text: 88 and 88.0 are one number."""
    if isinstance(cell, int | float):
        return f"{cell:g}"
    return "" if cell is None else str(cell)


def test_a_snapshot_is_two_pages_of_one_site(pages: tuple[Flask, Hub]) -> None:
    app, _ = pages
    graca = log_in(app, "graca")
    pdf = graca.get("/reports/monthly.pdf?site=NTO&day=2026-02-10")
    assert pdf.data.count(b"/Type /Page\n") == 2
    assert graca.get("/reports/monthly").status_code == 422
    assert graca.get("/reports/monthly?site=NOWHERE").status_code == 404
    assert log_in(app, "filipe").get("/reports/weekly").status_code == 403
    assert app.test_client().get("/reports/weekly.csv").status_code == 302


def test_they_are_mailed_once_and_again_where_the_server_was_away(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    # The first of April is a Wednesday: a week, a month and a quarter are just over.
    now = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    document = {
        "hub": {"home": str(tmp_path / "home")},
        "database": {"url": sqlite_files.fresh()},
        "monitoring": {"report_to": ["graca@example.org", "cccm@example.org"]},
    }
    hub = build(parse_config(document, {}), clock=lambda: now)
    app, box = create_app(hub), Outgoing()
    assert send_due(hub, app, now) == 0
    hub.post = box
    box.refuses = True
    assert send_due(hub, app, now) == 0
    box.refuses = False
    # No site yet, so no snapshot.
    assert send_due(hub, app, now) == 4
    assert send_due(hub, app, now + timedelta(hours=2)) == 0
    assert {mail.to for mail in box.mails} == {"graca@example.org", "cccm@example.org"}
    assert {mail.names for mail in box.mails} == {
        ("weekly-2026-03-29.pdf", "weekly-2026-03-29.xlsx"),
        ("quarterly-2026-03-31.pdf", "quarterly-2026-03-31.xlsx"),
    }
    hub.close()


def test_the_dictionary_is_the_program_s_own_and_always_the_same(tmp_path: Path) -> None:
    file = tmp_path / "dictionary.md"
    done = CliRunner().invoke(main, ["dictionary", str(file)])
    assert done.exit_code == 0, done.output
    said = file.read_text("utf-8")
    assert said == describing.text()
    for table in metadata.sorted_tables:
        assert f"### {table.name}\n" in said
    for tag in COLUMNS.values():
        assert f"`{tag}`" in said
