"""``import messages``: every row a message and a case, once; what is damaged is named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.commands import Commands, commands
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer, twilio_server

__all__ = ["commands", "twilio_server"]

WELL = [
    "id,received_at,from,text,site,language",
    "1,2026-03-01 08:30,+258840000001,Não há água no bloco 4 há três dias,SITE-A,por",
    "2,2026-03-01T09:00:00+02:00,+258840000002,When is the next distribution of food?,,en",
    "3,2026-03-02 10:00,,Obrigado pela lona,Site A,pt",
]


def test_each_row_becomes_a_case_that_is_read_and_nothing_is_sent(commands: Commands) -> None:
    commands.run("import", "sites", commands.file("sites.csv", ["code,name", "SITE-A,Site A"]))
    said = commands.run("import", "messages", commands.file("m.csv", WELL))
    assert said.stdout.endswith("3 rows: 3 added, 0 known, 0 rejected\n")
    # No line of the log for each row: the count is what an operator watches.
    assert "{" not in said.stderr
    cases = commands.rows(
        'SELECT received_at, site, codes, from_history, due_at, channel FROM "case" '
        "ORDER BY received_at"
    )
    assert [row[0][:16] for row in cases] == [
        "2026-03-01 06:30",  # Maputo is two hours ahead
        "2026-03-01 07:00",
        "2026-03-02 08:00",
    ]
    assert [row[1] for row in cases] == ["SITE-A", "", "SITE-A"]
    assert all(row[2] != "[]" for row in cases)
    assert all(row[3] and row[4] is None and row[5] == "import" for row in cases)
    assert commands.count("delivery") == 0
    assert commands.count("contact") == 2


def test_again_adds_nothing(commands: Commands) -> None:
    file = commands.file("m.csv", WELL)
    commands.run("import", "messages", file)
    keys = commands.count("data_key")
    said = commands.run("import", "messages", file)
    assert said.stdout.endswith("3 rows: 0 added, 3 known, 0 rejected\n")
    assert commands.count("case") == 3
    assert commands.count("data_key") == keys


def test_a_known_id_with_other_words_is_not_lost_silently(commands: Commands) -> None:
    commands.run("import", "messages", commands.file("a.csv", ["id,text", "1,first file"]))
    other = commands.file("b.csv", ["id,text", "1,second file"])
    commands.run("import", "messages", other, fails=1)
    assert "--channel" in commands.rejected("b.csv")
    commands.run("import", "messages", other, "--channel", "second")
    assert commands.count("case") == 2


def test_without_an_id_equal_rows_are_all_kept_and_recognised(commands: Commands) -> None:
    file = commands.file("m.csv", ["text", "help", "help", "water"])
    assert "3 added" in commands.run("import", "messages", file).stdout
    assert "0 added, 3 known" in commands.run("import", "messages", file).stdout


def test_damaged_rows_go_to_the_rejected_file_with_the_reason(commands: Commands) -> None:
    file = commands.file(
        "m.csv",
        b"\xef\xbb\xbf"
        + b"\r\n".join(
            [
                b"id;received_at;text",
                b"1;2026-03-01;good",
                b"2;2026-03-01",
                b"3;2026-03-01;caf\xe9",
                b"4;2026-03-01;nul\0",
                b"5;2026-03-01;" + b"x" * 200_000,
                b"id;received_at;text",
                b"7;31/31/2026;no such day",
                b"8;2999-01-01;not yet",
                b"9;2026-03-01;",
                b";2026-03-01;no id",
                b'11;2026-03-01;"never closed',
                b"12;2026-03-01;good",
            ]
        ),
    )
    said = commands.run("import", "messages", file)
    assert said.stdout.endswith("12 rows: 2 added, 0 known, 10 rejected\n")
    assert "m.csv.rejected.csv" in said.stderr
    lines = commands.rejected("m.csv").splitlines()
    assert lines[0] == "row,line,column,reason"
    assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(3, 13)]
    for line, word in zip(
        lines[1:],
        (
            "cut",
            "UTF-8",
            "NUL",
            "100,000",
            "header",
            "--date-format",
            "future",
            "empty",
            "id",
            "qu",
        ),
        strict=True,
    ):
        assert word in line
    # The list says where, not what: it is no second copy of people's words.
    assert "caf" not in commands.rejected("m.csv")
    assert commands.count("case") == 2


def test_a_list_of_rejected_rows_does_not_outlive_its_reason(commands: Commands) -> None:
    commands.run("import", "messages", commands.file("m.csv", ["id,text", "1,"]), fails=1)
    assert (commands.folder / "m.csv.rejected.csv").exists()
    commands.run("import", "messages", commands.file("m.csv", ["id,text", "1,mended"]))
    assert not (commands.folder / "m.csv.rejected.csv").exists()


def test_other_headers_by_option_or_by_file(commands: Commands) -> None:
    file = commands.file(
        "m.csv", ["Serial,WHEN IT WAS,WHAT,EXTRA", "7,25/01/2026 10:00,no water,x"]
    )
    commands.run(
        "import", "messages", file, "--map", 'id=Serial,text=WHAT,received_at="WHEN IT WAS"'
    )
    mapping = commands.file(
        "map.toml",
        [
            'date_format = "%d/%m/%Y %H:%M"',
            "[columns]",
            'id = "Serial"',
            'text = "WHAT"',
            'received_at = "WHEN IT WAS"',
        ],
    )
    again = commands.run("import", "messages", file, "--mapping", mapping)
    assert "0 added, 1 known" in again.stdout
    when = commands.rows('SELECT received_at FROM "case"')[0][0]
    assert when.startswith("2026-01-25 08:00")


def test_month_first_where_the_column_shows_it(commands: Commands) -> None:
    file = commands.file(
        "m.csv", ["id,received_at,text", "1,02/03/2026,one", "2,02/25/2026 11:00:00,two"]
    )
    commands.run("import", "messages", file, "--timezone", "UTC")
    days = [row[0][:10] for row in commands.rows('SELECT received_at FROM "case" ORDER BY 1')]
    assert days == ["2026-02-03", "2026-02-25"]


def test_what_is_wrong_with_the_call_is_said_in_a_line(commands: Commands) -> None:
    file = commands.file("m.csv", ["id,text,colour", "1,a,red"])
    unknown = commands.run("import", "messages", file, fails=1)
    assert "colour" in unknown.stderr
    assert "--ignore-unknown" in unknown.stderr
    assert unknown.stderr.count("\n") == 1
    commands.run("import", "messages", file, "--ignore-unknown")
    no_text = commands.run("import", "messages", commands.file("n.csv", "id\n1\n"), fails=1)
    assert "text is missing" in no_text.stderr
    for words in (["--map", "nothing"], ["--map", "colour=colour"], ["--timezone", "Mars"]):
        commands.run("import", "messages", file, *words, fails=2)
    commands.run("import", "messages", "not-there.csv", fails=2)
    absent = commands.run("import", "messages", file, "--map", "text=TEXTO", fails=1)
    assert "TEXTO" in absent.stderr


def test_live_messages_start_their_clocks(commands: Commands) -> None:
    file = commands.file("m.csv", WELL)
    commands.run("import", "messages", file, "--live")
    assert all(row[0] for row in commands.rows('SELECT due_at FROM "case"'))


def test_history_is_silent_and_live_messages_are_answered(
    commands: Commands, twilio_server: TwilioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN", AUTH_TOKEN)
    config = commands.file(
        "config.toml",
        [
            "[channels.sms]",
            'kind = "twilio_sms"',
            f'account_sid = "{ACCOUNT_SID}"',
            'from_number = "+15005550006"',
            f'api_base = "{twilio_server.url}"',
        ],
    )
    told = ("--config", config)
    commands.run(*told, "packs", "approve")
    words = (*told, "import", "messages")
    commands.run(*words, commands.file("old.csv", WELL), "--channel", "sms")
    assert twilio_server.sent == []
    new = commands.file("new.csv", [WELL[0], *(f"new-{line}" for line in WELL[1:])])
    for _ in range(2):
        commands.run(*words, new, "--channel", "sms", "--live")
    # The third gave no number; a second run sends nothing again.
    assert sorted(one.recipient for one in twilio_server.sent) == ["+258840000001", "+258840000002"]


def test_killed_in_the_middle_and_run_again_loses_and_doubles_nothing(commands: Commands) -> None:
    lines = [f"{n},message number {n}" for n in range(600)]
    file = commands.file("m.csv", ["id,text", *lines])
    environment = os.environ | {"FEEDBACK_HUB_HOME": str(commands.folder / "home")}
    words = [sys.executable, "-m", "feedback_hub", "import", "messages", file]
    process = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    database = commands.folder / "home" / "hub.sqlite3"
    deadline = time.monotonic() + 60
    while not _cases(commands, database):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("0 added, 600 known, 0 rejected\n")
    # What the killed run had claimed comes free when its lease ends; nothing is made twice.
    assert commands.rows("SELECT count(*), count(DISTINCT external_id) FROM inbox") == [(600, 600)]
    cases = commands.count("case")
    assert cases == commands.count("message")
    assert cases == commands.rows("SELECT count(*) FROM inbox WHERE case_id IS NOT NULL")[0][0]
    waiting = "SELECT count(*) FROM inbox WHERE handled_at IS NULL AND set_aside_at IS NULL"
    assert commands.rows(waiting)[0][0] + cases == 600


def _cases(commands: Commands, database: Path) -> bool:
    if not database.exists():
        return False
    tables = commands.rows("SELECT count(*) FROM sqlite_master WHERE name = 'case'")
    return bool(tables[0][0]) and commands.count("case") > 5
