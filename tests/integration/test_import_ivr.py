"""``import ivr``: one case a call that needs one, once, however often a log is handed in."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.call_logs import LogFormat, Source, read_log
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.message import MessageKind
from feedback_hub.services.hotline import Became
from feedback_hub.services.records.work import Queue
from tests.integration.commands import Commands, commands
from tests.integration.databases import NOW
from workers.call_import import CallImport, CallTally
from workers.drain import drain

__all__ = ["commands"]


def line(number: str, at: str, agent: str = "", unique: str = "", note: str = "") -> str:
    """A call in Asterisk's Master.csv; taken by ``agent`` if there is one."""
    taken = (at, "12", "ANSWERED") if agent else ("", "0", "NO ANSWER")
    cells = ("", number, "1458", "in", "<x>", "SIP/t-1", agent, "Queue", "linha", at, taken[0], at)
    return ",".join((*cells, "20", *taken[1:], "DOCUMENTATION", unique, note))


EVENING = [
    line("840000001", "2026-03-01 18:00:00", unique="1772380800.1"),
    line("258840000001", "2026-03-01 18:05:00", unique="1772381100.2"),
    line("+258 84 000 0001", "2026-03-01 19:00:00", unique="1772384400.3"),
    line("840000002", "2026-03-01 19:10:00", agent="SIP/201", unique="1772385000.4"),
    line("840000003", "2026-03-01 19:20:00", "SIP/201", "1772385600.5", "note=Bomba avariada"),
    line("840000001", "2026-03-01 21:30:00", unique="1772393400.6"),
    line("201", "2026-03-01 21:40:00", unique="1772394000.7"),
    line("840000001", "2026-03-02 21:30:00", unique="1772479800.8"),
]


def taken(hub: Hub, path: Path, log_format: LogFormat = LogFormat.ASTERISK_CDR) -> CallTally:
    source = Source(path, hub.config.hub.timezone, NOW)
    with closing(RejectedFile(path)) as rejected:
        return CallImport(hub, "hotline").run(read_log(log_format, source), rejected)


def log_of(folder: Path, lines: list[str], name: str = "Master.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def worked_off(hub: Hub) -> list[tuple[MessageKind, datetime]]:
    while drain(hub, Queue.INTAKE) + drain(hub, Queue.TRIAGE):
        pass
    with hub.reading() as uow:
        message = tables.message.c
        found = select(message.kind, message.received_at).order_by(message.received_at)
        return [(kind, at) for kind, at in uow.session.execute(found)]


def test_five_tries_in_an_evening_are_one_request_to_be_called_back(
    hub: Hub, tmp_path: Path
) -> None:
    tally = taken(hub, log_of(tmp_path, EVENING))
    assert tally.became == {Became.ADDED: 3, Became.SAME_CALLER: 3}
    assert "3 more tries of a caller" in tally.line()
    evening = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert worked_off(hub) == [
        (MessageKind.MISSED_CALL, evening),
        (MessageKind.CALL, evening + timedelta(hours=1, minutes=20)),
        # The next evening is another request.
        (MessageKind.MISSED_CALL, evening + timedelta(days=1, hours=3, minutes=30)),
    ]


def test_the_same_file_and_the_grown_file_add_nothing_twice(hub: Hub, tmp_path: Path) -> None:
    taken(hub, log_of(tmp_path, EVENING[:5]))
    worked_off(hub)
    again = taken(hub, log_of(tmp_path, EVENING[:5]))
    assert again.became[Became.ADDED] == 0
    grown = taken(hub, log_of(tmp_path, EVENING))
    assert grown.became[Became.ADDED] == 1
    backwards = taken(hub, log_of(tmp_path, EVENING[::-1]))
    assert backwards.became[Became.ADDED] == 0
    assert len(worked_off(hub)) == 3


def test_rows_without_an_id_are_recognised_and_equal_ones_are_kept(
    hub: Hub, tmp_path: Path
) -> None:
    rows = ["data,numero,descricao", *["2026-03-01,840000001,Sem lona"] * 2]
    first = taken(hub, log_of(tmp_path, rows, "a.csv"), LogFormat.OPERATOR)
    assert first.became == {Became.ADDED: 2}
    again = taken(hub, log_of(tmp_path, rows, "b.csv"), LogFormat.OPERATOR)
    assert again.became == {Became.KNOWN: 2}


def test_a_known_call_with_other_words_is_reported(hub: Hub, tmp_path: Path) -> None:
    rows = ["no,data,numero,descricao", "1,2026-03-01,840000001,Sem lona"]
    taken(hub, log_of(tmp_path, rows, "a.csv"), LogFormat.OPERATOR)
    rows[1] += " e sem pano"
    tally = taken(hub, log_of(tmp_path, rows, "a.csv"), LogFormat.OPERATOR)
    assert tally.became == {Became.OTHER_WORDS: 1}
    assert "other words" in (tmp_path / "a.csv.rejected.csv").read_text()


def test_the_number_lies_sealed_and_no_id_tells_it(hub: Hub, tmp_path: Path) -> None:
    taken(hub, log_of(tmp_path, EVENING))
    with hub.reading() as uow:
        for (external_id,) in uow.session.execute(select(tables.inbox.c.external_id)):
            assert "84000000" not in external_id
        keys = uow.session.scalar(select(func.count()).select_from(tables.data_key))
        assert keys == uow.session.scalar(select(func.count()).select_from(tables.inbox))


def test_from_the_command_line_to_a_case_with_its_code_and_site(commands: Commands) -> None:
    config = commands.file("config.toml", ["[hotline]", 'codes = ["type=Água=request.water"]'])
    told = ("--config", config)
    sites = commands.file("sites.csv", ["code,name", "SITE-A,Centro A"])
    commands.run(*told, "import", "sites", sites)
    log = commands.file(
        "linha.csv",
        [
            "Nº;Data;Hora;Telefone;Localidade;Distrito;Tipo;Descrição;Ficha",
            "1;01/03/2026;08h30;840000001;Centro A;Metuge;Água;A bomba do bloco quatro;",
            "2;01/03/2026;09h00;840000002;Outro;Pemba;Lona;Precisamos de lonas;",
            "3;31/31/2026;09h00;840000002;;;;Nunca;",
            "4;01/03/2026;10h00;840000004;;;Chamada perdida;;",
        ],
    )
    said = commands.run(*told, "import", "ivr", log, "--detect")
    assert "This is operator." in said.stderr
    assert "Columns left out: Ficha" in said.stderr
    assert said.stdout == "3 calls: 3 added, 0 known; 1 lines rejected\n"
    assert commands.rejected("linha.csv").splitlines()[1].startswith("4,4,,has no date")
    cases = commands.rows(
        'SELECT received_at, site, codes, channel, due_at, from_history FROM "case" '
        "ORDER BY received_at"
    )
    assert cases[0][0].startswith("2026-03-01 06:30")
    assert cases[0][1:3] == ("SITE-A", '["request.water"]')
    assert cases[1][1] == ""
    ((sealed,),) = commands.rows("SELECT words_sealed FROM case_typed")
    assert b"Pemba" not in sealed
    assert all(case[3] == "hotline" and case[4] is None and case[5] for case in cases)
    assert commands.count("delivery") == 0
    again = commands.run(*told, "import", "ivr", log, "--format", "operator", "--channel", "lv")
    assert again.stdout.startswith("3 calls: 3 added")


def test_a_call_with_keys_is_known_again_whatever_the_keys_are_called_now(
    commands: Commands,
) -> None:
    def told(code: str, key: str) -> str:
        config = commands.file("config.toml", ["[hotline]", f'codes = ["1={code}", "2={code}"]'])
        rows = ["no,data,numero,teclas", f"1,2026-03-01,840000001,{key}"]
        words = ("import", "ivr", commands.file("menu.csv", rows), "--format", "operator")
        return commands.run("--config", config, *words).output

    assert "1 added, 0 known; 0 lines rejected" in told("request.water", "1")
    assert "0 added, 1 known; 0 lines rejected" in told("request.food", "1")
    # Another key under the same number is another log's call.
    assert "0 added, 0 known; 1 lines rejected" in told("request.food", "2")


def test_live_calls_start_their_clocks(commands: Commands) -> None:
    log = commands.file("Master.csv", EVENING)
    commands.run("import", "ivr", log, "--format", "asterisk_cdr", "--live", "--timezone", "UTC")
    cases = commands.rows('SELECT due_at, received_at FROM "case" ORDER BY received_at')
    assert all(due for due, _ in cases)
    assert cases[0][1].startswith("2026-03-01 18:00")


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        ((), 2, "--format or --detect"),
        (("--detect", "--format", "operator"), 2, "--format or --detect"),
        (("--format", "pbx"), 2, "asterisk_cdr"),
        (("--detect",), 1, "no format known"),
        (("--format", "operator"), 1, "has no column for the date"),
        (("--format", "asterisk_cdr", "--map", "date=x"), 2, "date"),
        (("--format", "operator", "--timezone", "Mars"), 2, "time zone"),
        (("--format", "asterisk_cdr"), 1, "2 lines rejected"),
    ],
)
def test_what_is_wrong_with_the_call_is_said(
    commands: Commands, words: tuple[str, ...], exit_code: int, says: str
) -> None:
    log = commands.file("log.csv", ["one,two", "1,2"])
    said = commands.run("import", "ivr", log, *words, fails=exit_code)
    assert says in said.output


def test_a_code_the_frame_does_not_know_is_said(commands: Commands) -> None:
    config = commands.file("config.toml", ["[hotline]", 'codes = ["1=request.rainbows"]'])
    log = commands.file("Master.csv", EVENING)
    words = ("--config", config, "import", "ivr", log, "--detect")
    assert "hotline.codes" in commands.run(*words, fails=1).stderr
