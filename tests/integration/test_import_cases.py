"""``import cases``: another register's cases, as they stood there, once, and nobody is told."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from sqlalchemy import select

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.services import case_history
from feedback_hub.services.case_history import PastCase
from tests.integration.commands import Commands, commands

__all__ = ["commands"]

HEADER = (
    "id,received_at,channel,from,text,site,codes,sensitivity,state,outcome,closed_at,answer,"
    "reason,sex,age_band,share,tags"
)
PUMP = (
    "A-1,2026-01-05 09:00,desk,+258841112222,A bomba avariou,NTO,complaint.broken;request.water,,"
    "closed,resolved,2026-01-19,A bomba foi reparada,reparada no dia 19,female,18_39,name,bomba"
)
OPEN = "A-2,2026-02-05 10:00,sms,+258841113333,nao recebi comida,NTO,complaint.excluded,,triaged"
SECRET = "A-3,2026-02-06,desk,,o professor toca nas meninas,NTO,,,received"
FIELDS = HEADER.count(",")


def table(*rows: str) -> list[str]:
    return [HEADER, *(row + "," * (FIELDS - row.count(",")) for row in rows)]


def test_cases_come_as_they_stood_and_only_once(commands: Commands) -> None:
    commands.run("import", "sites", commands.file("s.csv", ["code,name", "NTO,Ntokota"]))
    file = commands.file("c.csv", table(PUMP, OPEN, SECRET))
    said = commands.run("import", "cases", file).stdout
    assert "3 rows: 3 added, 0 known, 0 rejected" in said
    assert "3 rows: 0 added, 3 known, 0 rejected" in commands.run("import", "cases", file).stdout
    rows = commands.rows(
        "SELECT state, outcome, site, type, sensitivity, suspected, closed_at, from_history, sex,"
        ' due_at FROM "case" ORDER BY received_at'
    )
    closed, opened, secret = rows
    assert tuple(closed[:6]) == ("closed", "resolved", "NTO", "complaint", "L1", 0)
    assert closed.closed_at.startswith("2026-01-18 22:00")
    assert (closed.sex, closed.from_history, closed.due_at) == ("female", 1, None)
    assert tuple(opened[:4]) == ("triaged", None, "NTO", "complaint")
    assert (secret.sensitivity, secret.suspected) == ("L3", 1)
    assert commands.count("delivery") == commands.count("notice") == 0
    assert "bomba" not in str(commands.rows("SELECT * FROM tag, case_tag"))
    events = [row[0] for row in commands.rows("SELECT kind FROM case_event WHERE kind = 'closed'")]
    assert events == ["closed"]


@pytest.mark.parametrize(
    ("state", "outcome"), [(CaseState.TRIAGED, None), (CaseState.CLOSED, Outcome.RESOLVED)]
)
def test_what_may_be_a_survivors_is_out_of_sight_before_a_worker_reads_it(
    hub: Hub, state: CaseState, outcome: Outcome | None
) -> None:
    at = hub.clock() - timedelta(days=90)
    said = InboundMessage("A-3", at, "o professor toca nas meninas")
    # A register that knew no better kept it as an ordinary complaint.
    kept = Submission(said, "desk", codes=("complaint.staff",))
    past = PastCase("register", kept, state=state, outcome=outcome)
    with hub.unit_of_work() as uow:
        assert case_history.take(uow, hub.rules, hub.classifier, past, hub.clock())
        uow.commit()
    with hub.reading() as uow:
        case = uow.session.scalars(select(Case)).one()
        assert (case.sensitivity, case.suspected, case.state) == (Sensitivity.L3, True, state)
        team = Actor("a" * 32, ActorKind.ACCOUNT, (Membership(Role.CASE_MANAGER, "hub"),))
        assert uow.visible_case(team, Action.READ_CASE, case.ref) is None


def test_bad_rows_are_said_and_the_others_taken(commands: Commands) -> None:
    bad = [
        "B-1,2026-01-05,desk,,x,,no.such",
        "B-2,2026-01-05,desk,,x,,,,closed",
        "B-3,2026-01-05,desk,,x,,,,,resolved,2026-01-01",
        "B-4,2026-01-05,desk,,x,,,,triaged,resolved",
        "B-5,,desk,,x",
        "B-6,2026-01-05,desk,,x,,,L9",
    ]
    said = commands.run("import", "cases", commands.file("c.csv", table(*bad, PUMP))).stdout
    assert "7 rows: 1 added, 0 known, 6 rejected" in said
    columns = [line.split(",")[2] for line in commands.rejected("c.csv").splitlines()[1:]]
    assert columns == ["codes", "outcome", "closed_at", "state", "received_at", "sensitivity"]
    changed = PUMP.replace("avariou", "partiu")
    commands.run("import", "cases", commands.file("d.csv", table(changed)), fails=1)
    assert "another text" in commands.rejected("d.csv")


def test_live_cases_are_owed_an_answer_and_other_headers_are_mapped(commands: Commands) -> None:
    rows = ["No.;Date;What;Code", "7;2026-03-01 08:00;falta agua;request.water"]
    file = commands.file("l.csv", rows)
    words = ("--map", "id=No.,received_at=Date,text=What,codes=Code", "--live")
    commands.run("import", "cases", file, *words)
    ((state, due_at, from_history),) = commands.rows(
        'SELECT state, due_at, from_history FROM "case"'
    )
    assert (state, from_history) == ("triaged", 0)
    assert due_at


def test_what_one_hub_exports_another_takes(commands: Commands) -> None:
    commands.run("import", "cases", commands.file("c.csv", table(PUMP, OPEN)))
    commands.run(
        *("user", "add", "ana@example.org", "--role", "case_manager", "--password-stdin"),
        given="four words are good\n",
    )
    out = commands.folder / "out.csv"
    commands.run("export", "cases", str(out), "--as", "ana@example.org")
    other = Commands(commands.folder / "other")
    other.folder.mkdir()
    said = other.run("import", "cases", str(out)).stdout
    assert "2 rows: 2 added, 0 known, 0 rejected" in said
    with out.open(encoding="utf-8", newline="") as file:
        refs = {row["ref"] for row in csv.DictReader(file)}
    assert {row[0] for row in other.rows("SELECT external_id FROM message")} == refs
    states = other.rows('SELECT state, outcome FROM "case" ORDER BY state')
    assert [tuple(row) for row in states] == [("closed", "resolved"), ("triaged", None)]
