"""Every call log is read: who rang when, how it went, what was noted. All samples are invented."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from feedback_hub.adapters.call_logs import (
    Damaged,
    Ignored,
    LogFormat,
    Logged,
    Source,
    detect,
    read_log,
)
from feedback_hub.adapters.call_logs.base import moment, seconds, told_in
from feedback_hub.adapters.table_files import Unreadable
from feedback_hub.config.values import CALL_LOGS
from feedback_hub.domain.call import Call, CallEnd

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MAPUTO = ZoneInfo("Africa/Maputo")
FIRST = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


def written(folder: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def everything(
    path: Path, log_format: LogFormat, zone: ZoneInfo = MAPUTO
) -> list[Logged | Ignored | Damaged]:
    return list(read_log(log_format, Source(path, zone, NOW)))


def calls(path: Path, log_format: LogFormat, zone: ZoneInfo = MAPUTO) -> list[Call]:
    found = everything(path, log_format, zone)
    assert not [one for one in found if isinstance(one, Damaged)], found
    return [one.call for one in found if isinstance(one, Logged)]


# --- Asterisk CDR -----------------------------------------------------------------------------

MIDDLE = ["2026-03-01 08:30:00", "", "2026-03-01 08:30:20", "20", "0", "NO ANSWER"]
TOOK = ["2026-03-01 08:30:00", "2026-03-01 08:30:05", "2026-03-01 08:31:00", "60", "55", "ANSWERED"]
CLID = '"""Ana"" <258840000001>"'


def cdr(middle: list[str], *tail: str, agent: str = "", app: str = "Queue") -> str:
    """A line of cdr_csv."""
    head = ['""', "258840000001", "1458", "from-trunk", CLID, "SIP/trunk-1", agent, app, "linha"]
    return ",".join((*head, *middle, *tail))


def custom(middle: list[str], *tail: str, agent: str = "") -> str:
    """A line of cdr_custom."""
    head = [CLID, "258840000001", "1458", "from-trunk", "SIP/trunk-1", agent, "Queue", "linha"]
    return ",".join((*head, *middle, *tail))


def without_account(middle: list[str], *tail: str) -> str:
    """A line of cdr_csv whose first column somebody left out."""
    return cdr(middle, *tail).removeprefix('"",')


UNIQUE = "1772346600.17"


@pytest.mark.parametrize(
    ("line", "external_id"),
    [
        (custom(MIDDLE), ""),
        (without_account(MIDDLE), ""),
        (cdr(MIDDLE), ""),
        (custom(MIDDLE, "DOCUMENTATION"), ""),
        (cdr(MIDDLE, "DOCUMENTATION"), ""),
        (custom(MIDDLE, "DOCUMENTATION", ""), ""),
        (cdr(MIDDLE, "DOCUMENTATION", UNIQUE), UNIQUE),
        (custom(MIDDLE, "DOCUMENTATION", "", UNIQUE), UNIQUE),
        (cdr(MIDDLE, "DOCUMENTATION", UNIQUE, "x"), UNIQUE),
        (custom(MIDDLE, "DOCUMENTATION", "", UNIQUE, ""), UNIQUE),
        (custom(MIDDLE, "DOCUMENTATION", "", UNIQUE, "", "7"), UNIQUE),
        (cdr(MIDDLE, "DOCUMENTATION", "", "1772346600.11", "4"), "1772346600.11"),
        (cdr(MIDDLE, "DOCUMENTATION", UNIQUE, "", "1772346600.11", "4"), "1772346600.11"),
        (cdr(MIDDLE, "DOCUMENTATION", UNIQUE, "x", "", "1772346600.11", "4"), "1772346600.11"),
    ],
)
def test_asterisk_cdr_of_every_width(tmp_path: Path, line: str, external_id: str) -> None:
    path = written(tmp_path, f"{line}\n")
    assert detect(path) is LogFormat.ASTERISK_CDR
    (call,) = calls(path, LogFormat.ASTERISK_CDR)
    assert call == Call(external_id, FIRST, CallEnd.ABANDONED, "258840000001", lasted=20)


def test_the_legs_of_a_call_are_one_call(tmp_path: Path) -> None:
    linked = "1772346600.11"
    lines = [
        cdr(MIDDLE, "DOCUMENTATION", "1772346600.11", "", "", linked, "1", agent="SIP/201-1"),
        cdr(MIDDLE, "DOCUMENTATION", "1772346620.40", "", "", "1772346620.40", "3"),
        cdr(TOOK, "DOCUMENTATION", "1772346600.12", "", "", linked, "2", agent="SIP/202-1"),
    ]
    found = calls(written(tmp_path, "\n".join(lines)), LogFormat.ASTERISK_CDR)
    assert [(call.external_id, call.end) for call in found] == [
        (linked, CallEnd.ANSWERED),
        ("1772346620.40", CallEnd.ABANDONED),
    ]
    assert found[0].lasted == 60


@pytest.mark.parametrize(
    ("line", "end"),
    [
        (cdr(TOOK, "DOCUMENTATION", agent="SIP/202-1"), CallEnd.ANSWERED),
        # The queue answered, nobody else did.
        (cdr(TOOK, "DOCUMENTATION"), CallEnd.ABANDONED),
        (cdr(TOOK, "DOCUMENTATION", app="Playback"), CallEnd.AUTOMATED),
        (cdr(TOOK, "DOCUMENTATION", app="VoiceMail", agent="SIP/x"), CallEnd.ABANDONED),
    ],
)
def test_who_answered(tmp_path: Path, line: str, end: CallEnd) -> None:
    (call,) = calls(written(tmp_path, line), LogFormat.ASTERISK_CDR)
    assert call.end is end


def test_what_the_dial_plan_noted(tmp_path: Path) -> None:
    line = cdr(TOOK, "DOCUMENTATION", UNIQUE, "keys=1-2;note=Sem água; há três dias", agent="SIP/1")
    (call,) = calls(written(tmp_path, line), LogFormat.ASTERISK_CDR)
    assert call.keys == ("1", "2")
    assert call.note == "Sem água; há três dias"


def test_the_hour_that_comes_twice_is_told_by_the_unique_id(tmp_path: Path) -> None:
    lisbon = ZoneInfo("Europe/Lisbon")
    twice = ["2025-10-26 01:30:00", "", "2025-10-26 01:30:20", "20", "0", "NO ANSWER"]
    first, second = 1761438600, 1761442200
    lines = [cdr(twice, "DOCUMENTATION", f"{at}.1") for at in (first, second)]
    found = calls(written(tmp_path, "\n".join(lines)), LogFormat.ASTERISK_CDR, lisbon)
    assert [int(call.at.timestamp()) for call in found] == [first, second]


def test_a_damaged_line_is_reported_with_its_number_and_stops_nothing(tmp_path: Path) -> None:
    future = ["2036-03-01 08:30:00", *MIDDLE[1:]]
    wrong = ["2026-02-30 08:30:00", *MIDDLE[1:]]
    lines = [
        cdr(MIDDLE, "DOCUMENTATION"),
        "a,b,c",
        cdr(future, "DOCUMENTATION"),
        cdr(wrong, "DOCUMENTATION"),
        cdr([*MIDDLE[:5], "MAYBE"], "DOCUMENTATION"),
        '"never closed,' + cdr(MIDDLE),
        cdr(MIDDLE, "DOCUMENTATION"),
    ]
    found = everything(written(tmp_path, "\n".join(lines)), LogFormat.ASTERISK_CDR)
    assert [one.number for one in found if isinstance(one, Damaged)] == [2, 3, 4, 5, 6]
    assert len([one for one in found if isinstance(one, Logged)]) == 2


# --- Asterisk queue_log -----------------------------------------------------------------------

QUEUE_LOG = """\
1772346000|NONE|NONE|NONE|QUEUESTART|
1772346600|1772346599.1|linha|NONE|DID|1458
1772346600|1772346599.1|linha|NONE|ENTERQUEUE||258840000001|1
1772346605|1772346599.1|linha|SIP/201|RINGNOANSWER|5000
1772346610|1772346600.2|linha|NONE|ENTERQUEUE||258840000002|2
1772346612|1772346599.1|linha|SIP/202|CONNECT|12|1772346600.3|3
1772346630|1772346600.2|linha|NONE|ABANDON|1|2|20
1772346700|1772346599.1|linha|SIP/202|COMPLETECALLER|12|88|1
1772346701|1772346599.1|linha|SIP/202|NOTE|Bomba avariada | bloco 4
1772346710|1772346700.4|linha|NONE|ENTERQUEUE||258840000003|1
1772346770|1772346700.4|linha|NONE|EXITWITHTIMEOUT|1|1|60
1772346780|1772346771.5|linha|NONE|ENTERQUEUE||258840000004|1
1772346790|1772346771.5|linha|NONE|EXITWITHKEY|2|1|1|10
"""


def test_asterisk_queue_log(tmp_path: Path) -> None:
    path = written(tmp_path, QUEUE_LOG, "queue_log")
    assert detect(path) is LogFormat.ASTERISK_QUEUE_LOG
    assert [
        (call.external_id, call.caller[-1:], call.end, call.note, call.keys)
        for call in calls(path, LogFormat.ASTERISK_QUEUE_LOG)
    ] == [
        ("1772346599.1", "1", CallEnd.ANSWERED, "Bomba avariada | bloco 4", ()),
        ("1772346600.2", "2", CallEnd.ABANDONED, "", ()),
        ("1772346700.4", "3", CallEnd.ABANDONED, "", ()),
        ("1772346771.5", "4", CallEnd.ABANDONED, "", ("2",)),
    ]


def test_a_call_still_waiting_at_the_end_is_left_for_the_next_look(tmp_path: Path) -> None:
    recent = int(NOW.timestamp()) - 60
    path = written(tmp_path, f"{recent}|{recent}.1|linha|NONE|ENTERQUEUE||258840000001|1\n")
    assert calls(path, LogFormat.ASTERISK_QUEUE_LOG) == []


# --- FreeSWITCH -------------------------------------------------------------------------------

A_LEG, B_LEG = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


def freeswitch(uuid: str, partner: str, talked: int, *more: str, answer: str = "") -> str:
    cells = ["Ana", "258840000001", "1458", "public", "2026-03-01 08:30:00", answer]
    cells += ["2026-03-01 08:31:00", "60", str(talked), "NORMAL_CLEARING", uuid, partner, *more]
    return ",".join(f'"{cell}"' for cell in cells)


def test_freeswitch_and_its_b_leg_are_one_call(tmp_path: Path) -> None:
    lines = [
        freeswitch(B_LEG, "", 55, "", "PCMA", "PCMA"),
        freeswitch(A_LEG, B_LEG, 55, "", "PCMA", "PCMA", answer="2026-03-01 08:30:05"),
        freeswitch(A_LEG[:-1] + "3", "", 0, "keys=1-2"),
    ]
    path = written(tmp_path, "\n".join(lines))
    assert detect(path) is LogFormat.FREESWITCH_CDR
    found = calls(path, LogFormat.FREESWITCH_CDR)
    assert [(call.external_id, call.end, call.keys) for call in found] == [
        (A_LEG, CallEnd.ANSWERED, ()),
        (A_LEG[:-1] + "3", CallEnd.ABANDONED, ("1", "2")),
    ]
    assert found[0].at == FIRST


# --- Twilio -----------------------------------------------------------------------------------

SID = "CA" + "0" * 31


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("Call SID,Parent Call SID,Start Time,From,To,Direction,Status,Duration", "iso"),
        ("CallSid,ParentCallSid,DateCreated,From,To,Direction,Status,Duration", "rfc"),
        ("sid,parent_call_sid,start_time,from,to,direction,status,duration", "console"),
    ],
)
def test_twilio_calls(tmp_path: Path, header: str, at: str) -> None:
    when = {
        "iso": "2026-03-01T06:30:00Z",
        "rfc": '"Sun, 01 Mar 2026 06:30:00 +0000"',
        "console": "08:30:00 CAT 2026-03-01",
    }[at]
    rows = [
        f"{SID}4,,{when},+258840000003,+1500,outbound-api,completed,10",
        f"{SID}3,,{when},+258840000002,+1500,inbound,no-answer,0",
        f"{SID}2,{SID}1,{when},+258840000001,+258840000099,outbound-dial,completed,60",
        f"{SID}1,,{when},+258840000001,+1500,inbound,completed,75",
        f"{SID}5,,{when},+258840000005,+1500,inbound,completed,15",
        f"{SID}7,{SID}6,{when},+258840000006,+258840000099,outbound-dial,busy,0",
        f"{SID}6,,{when},+258840000006,+1500,inbound,completed,15",
        f"{SID}8,,{when},+258840000007,+1500,inbound,in-progress,",
    ]
    path = written(tmp_path, "\n".join([header, *rows]))
    assert detect(path) is LogFormat.TWILIO_CALLS
    found = calls(path, LogFormat.TWILIO_CALLS)
    assert {call.external_id[-1]: (call.end, call.inbound) for call in found} == {
        "1": (CallEnd.ANSWERED, True),
        "3": (CallEnd.ABANDONED, True),
        "4": (CallEnd.AUTOMATED, False),
        "5": (CallEnd.AUTOMATED, True),
        "6": (CallEnd.ABANDONED, True),
    }
    assert {call.at for call in found} == {FIRST}


# --- RapidPro ---------------------------------------------------------------------------------


def run(number: int, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
        "flow": {"uuid": "f" * 8, "name": "Linha"},
        "contact": {"uuid": "c" * 8, "urn": "tel:+258840000001", "name": "Ana"},
        "start": None,
        "responded": True,
        "path": [],
        "values": {
            "texto": {
                "value": "Sem água",
                "category": "All Responses",
                "time": "2",
                "name": "O que",
            },
            "topic": {"value": "2", "input": "2", "category": "Food", "time": "1", "name": "Topic"},
        },
        "created_on": "2026-03-01T08:30:00.000000+02:00",
        "exited_on": "2026-03-01T06:31:00Z",
        "exit_type": "completed",
        **more,
    }


RUNS = [
    run(1),
    run(2, responded=False, values={}, exit_type="expired"),
    run(3, responded=False, values={}, start={"uuid": "s"}),
    run(4, responded=False, values={}, exit_type=None),
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"next": "https://x/?a=[1]", "previous": None, "results": RUNS}),
        json.dumps(RUNS, indent=2),
        "\n".join(json.dumps(one) for one in RUNS),
    ],
)
def test_rapidpro_runs(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content, "runs.json")
    assert detect(path) is LogFormat.RAPIDPRO
    first, second = calls(path, LogFormat.RAPIDPRO)
    assert first == Call(
        "00000000-0000-4000-8000-000000000001",
        FIRST,
        CallEnd.AUTOMATED,
        "+258840000001",
        lasted=60,
        keys=("2",),
        answers={"topic": "Food"},
        note="O que: Sem água",
        name="Ana",
    )
    assert second.end is CallEnd.ABANDONED


def test_rapidpro_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    content = json.dumps({"results": [run(1), run(2)]})
    found = everything(written(tmp_path, content[:-200]), LogFormat.RAPIDPRO)
    assert [type(one) for one in found] == [Logged, Damaged]


def test_a_long_file_of_runs_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"results": [run(n) for n in range(1000)]}))
    assert len(calls(path, LogFormat.RAPIDPRO)) == 1000


# --- Operators --------------------------------------------------------------------------------

LINHA_VERDE = """\
Nº;DATA;Hora;Número de Telefone;Nome;Distrito;Localidade;Tipo;Descrição;Encaminhado para;Estado
1;01/03/2026;08h30;84 000 0001;Ana;Metuge;Centro A;Reclamação;Não há água;FIPAG;fechado
2;01/03/2026;8:30;840000002;;;;Chamada perdida;;;
3;01/03/2026;08:30:00;840000003;;;;Informação;;;atendida
"""


def test_an_operators_log_with_portuguese_headers(tmp_path: Path) -> None:
    path = written(tmp_path, LINHA_VERDE)
    assert detect(path) is LogFormat.OPERATOR
    first, second, third = calls(path, LogFormat.OPERATOR)
    assert first == Call(
        "1",
        FIRST,
        CallEnd.ANSWERED,
        "84 000 0001",
        answers={"type": "Reclamação"},
        note="Não há água\nTipo: Reclamação\nEncaminhado para: FIPAG",
        name="Ana",
        place="Centro A, Metuge",
    )
    assert (second.at, second.end, second.note) == (FIRST, CallEnd.ABANDONED, "")
    assert (third.at, third.end) == (FIRST, CallEnd.ANSWERED)


def test_an_operators_workbook(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Data", "HORA", "numero", "descricao"])
    sheet.append([date(2026, 3, 1), time(8, 30), 840000001, "Sem lona"])
    path = tmp_path / "log.xlsx"
    book.save(path)
    assert detect(path) is LogFormat.OPERATOR
    (call,) = calls(path, LogFormat.OPERATOR)
    assert (call.at, call.caller, call.note) == (FIRST, "840000001", "Sem lona")


def test_other_headers_are_mapped(tmp_path: Path) -> None:
    path = written(tmp_path, "Quando,O que disse\n2026-03-01 08:30,Sem lona\n")
    with pytest.raises(Unreadable):
        detect(path)
    source = Source(path, MAPUTO, NOW, {"date": "Quando", "description": "O que disse"})
    (found,) = read_log(LogFormat.OPERATOR, source)
    assert isinstance(found, Logged)
    assert (found.call.at, found.call.note) == (FIRST, "Sem lona")


# --- what they share --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-03-01 08:30:00", "Africa/Maputo", "2026-03-01T06:30"),
        ("2026-03-01T08:30:00-05:00", "Africa/Maputo", "2026-03-01T13:30"),
        ("2026-03-01 08:30:00+0200", "UTC", "2026-03-01T06:30"),
        ("2026-07-01 08:30:00", "Europe/Lisbon", "2026-07-01T07:30"),
        ("2026-01-01 08:30:00", "Europe/Lisbon", "2026-01-01T08:30"),
        ("08:30:00 CAT 2026-03-01", "UTC", "2026-03-01T06:30"),
        ("Sun, 01 Mar 2026 08:30:00 +0200", "UTC", "2026-03-01T06:30"),
        ("08:30:00 CST 2026-03-01", "UTC", None),
        ("yesterday", "UTC", None),
    ],
)
def test_times(text: str, zone: str, utc: str | None) -> None:
    found = moment(text, ZoneInfo(zone))
    assert (found.isoformat()[:16] if found else None) == utc


def test_free_fields_and_lengths() -> None:
    assert told_in("keys=12") == (("1", "2"), "")
    assert told_in("/var/spool/rec-84.wav") == ((), "")
    assert told_in("agent=7;teclas=3>1;nota=a;b=c") == (("3", "1"), "a;b=c")
    assert [seconds(one) for one in ("75", "1:15", "0:01:15.5", "x", "")] == [75, 75, 75.5, 0, 0]


@settings(max_examples=60)
@given(
    st.sampled_from(LogFormat),
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.sampled_from(
                [
                    cdr(MIDDLE, "DOCUMENTATION", UNIQUE).encode(),
                    QUEUE_LOG.encode(),
                    freeswitch(A_LEG, B_LEG, 5).encode(),
                    LINHA_VERDE.encode(),
                    json.dumps(run(1)).encode(),
                    b"CallSid,From,Status,Date",
                    b'[{"uuid": "1", "created_on": 1, "values": [1]}',
                    b'"',
                    b"\xef\xbb\xbf",
                ]
            ),
        ),
        max_size=6,
    ),
)
def test_no_bytes_crash_a_reader(
    tmp_path_factory: pytest.TempPathFactory, log_format: LogFormat, lines: list[bytes]
) -> None:
    path = written(tmp_path_factory.mktemp("any"), b"\n".join(lines))
    try:
        for one in read_log(log_format, Source(path, MAPUTO, NOW)):
            assert isinstance(one, Logged | Ignored | Damaged)
            if isinstance(one, Logged):
                assert one.call.at.tzinfo is UTC
        detect(path)
    except Unreadable:
        pass


def test_the_configuration_knows_every_format() -> None:
    assert list(LogFormat) == list(CALL_LOGS)
