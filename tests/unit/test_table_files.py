"""Tables as people hand them in: every row comes out once, whole or with the reason."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from feedback_hub.adapters.table_files import Damaged, Row, Unreadable, open_table

ALL = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(tmp_path: Path, content: bytes) -> list[Row | Damaged]:
    path = tmp_path / "table"
    path.write_bytes(content)
    with open_table(path) as table:
        return list(table)


def whole(rows: list[Row | Damaged]) -> list[dict[str, str]]:
    return [row.cells for row in rows if isinstance(row, Row)]


def reasons(rows: list[Row | Damaged]) -> dict[int, str]:
    return {row.number: row.reason for row in rows if isinstance(row, Damaged)}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
def test_dialects(tmp_path: Path, mark: bytes, end: bytes, delimiter: bytes) -> None:
    lines = (b"id,text,site", b'1,"a,""b"";c",x', b"2,d,")
    content = mark + end.join(line.replace(b",", delimiter) for line in lines)
    inside = f'a{delimiter.decode()}"b";c'
    assert whole(read(tmp_path, content)) == [
        {"id": "1", "text": inside, "site": "x"},
        {"id": "2", "text": "d", "site": ""},
    ]


def test_damage_is_named_and_stops_nothing(tmp_path: Path) -> None:
    content = b"\n".join(
        [
            b"id,text",
            b"1,good",
            b"2",
            b"3,a,b",
            b"4,nul\0here",
            b"5,caf\xe9",
            b"6," + b"x" * 100_001,
            b"7," + b"x" * 200_000,
            b"id,text",
            b'9,"two\nlines"',
            b"10,last",
        ]
    )
    rows = read(tmp_path, content)
    assert [cells["id"] for cells in whole(rows)] == ["1", "9", "10"]
    assert list(reasons(rows)) == [3, 4, 5, 6, 7, 8, 9]
    said = list(reasons(rows).values())
    for reason, words in zip(
        said, ("cut", "3 columns", "NUL", "UTF-8", "100,000", "100,000", "header"), strict=True
    ):
        assert words in reason


def test_a_quote_never_closed_does_not_swallow_the_file(tmp_path: Path) -> None:
    rest = [f"{n},line {n}".encode() for n in range(3, 1000)]
    rows = read(tmp_path, b"\n".join([b"id,text", b'2,"open', *rest]))
    assert list(reasons(rows)) == [2]
    assert "quote" in reasons(rows)[2]
    assert len(whole(rows)) == len(rest)


def test_a_quote_never_closed_before_quoted_rows(tmp_path: Path) -> None:
    rows = read(tmp_path, b'id,text\n2,"open\n3,"good"\n4,"good"\n')
    assert list(reasons(rows)) == [2]
    assert [cells["id"] for cells in whole(rows)] == ["3", "4"]


def test_rows_tell_number_and_line(tmp_path: Path) -> None:
    rows = read(tmp_path, b'id,text\n1,"a\nb\nc"\n\n2,d\n')
    assert [(row.number, row.line) for row in rows] == [(2, 2), (4, 6)]


def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    rows = read(tmp_path, b"id,text\n1," + b"x" * 9_000_000 + b"\n2,good\n")
    assert list(reasons(rows)) == [2]
    assert [cells["id"] for cells in whole(rows)] == ["2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b,a\n", "twice"),
        ("id,text\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 and no more", "XLSX"),
        (b"id,text\n".replace(b"\n", b"\r") * 3, "carriage return"),
    ],
)
def test_no_table(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(tmp_path, content)


def test_xlsx(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["id", "text", "received_at", "population"])
    when = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001  a spreadsheet knows no zone
    sheet.append([1, "Não há água", when, 12.0])
    sheet.append([None, None, None, None])
    sheet.append([2, "x" * 30_000, None, 1.5])
    sheet.append([3, "y", None, None, "outside"])
    kept = io.BytesIO()
    book.save(kept)
    rows = read(tmp_path, kept.getvalue())
    assert whole(rows)[0] == {
        "id": "1",
        "text": "Não há água",
        "received_at": "2026-01-02T03:04:00",
        "population": "12",
    }
    assert [row.number for row in rows] == [2, 4, 5]
    assert "5 columns" in reasons(rows)[5]


@ALL
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    for start in (b"", b"id,text\n", b"PK\x03\x04"):
        try:
            rows = read(tmp_path, start + content)
        except Unreadable:
            continue
        numbers = [row.number for row in rows]
        assert numbers == sorted(set(numbers))


_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@ALL
@given(st.lists(st.tuples(_CELL.filter(str.strip), _CELL, _CELL), max_size=20))
def test_what_was_written_is_read(tmp_path: Path, table: list[tuple[str, str, str]]) -> None:
    kept = io.StringIO(newline="")
    writer = csv.writer(kept, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text", "site"), *table])
    rows = read(tmp_path, kept.getvalue().encode())
    expected = [row for row in table if row != ("id", "text", "site")]
    assert [tuple(cells.values()) for cells in whole(rows)] == expected


@ALL
@given(st.lists(st.sampled_from([b"1,a", b"2", b'3,"b', b'4,"c"', b"5,e", b'"', b"7,d,e"])))
def test_each_line_is_accounted_for(tmp_path: Path, lines: list[bytes]) -> None:
    rows = read(tmp_path, b"\n".join([b"id,text", *lines]))
    covered = 0
    for row in rows:
        many = 1 + sum(c.count("\n") for c in row.cells.values()) if isinstance(row, Row) else 1
        covered += many
    assert covered == len(lines)
