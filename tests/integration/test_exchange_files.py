"""A hotline that works with spreadsheets: it gets a list, fills it in, and adds its own cases."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import load_config
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.person import AgeBand, Sex
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.migrations import migrate
from feedback_hub.services import casework, referrals, remarks, triage, typed
from feedback_hub.services.triage import Decision
from tests.integration.commands import Commands, commands

__all__ = ["commands"]

ANA = Actor("ana", memberships=(Membership(Role.CASE_MANAGER),))
CONFIG = """
[hub]
home = "home"
[exchange.linha_verde]
kind = "file"
organisation = "linha-verde"
"""


@pytest.fixture
def line(commands: Commands) -> Commands:
    (commands.folder / "config.toml").write_text(CONFIG)
    commands.run("import", "organisations", commands.file("o.csv", ["code,name", "linha-verde,L"]))
    commands.run("import", "sites", commands.file("s.csv", ["code,name", "NTO,Ntokota"]))
    return commands


@pytest.fixture
def hub(line: Commands) -> Iterator[Hub]:
    config = load_config(line.folder / "config.toml", {}, settings_of)
    hub = build(config)
    migrate(hub.engine)
    yield hub
    hub.close()


def referred(line: Commands, hub: Hub) -> tuple[str, str]:
    """A case that was referred to the hotline: its number and the referral's id."""
    said = ["id,text,from,site", "1,A bomba esta avariada ligue 841234567,841234567,NTO"]
    line.run("import", "messages", "--live", line.file("m.csv", said))
    with hub.unit_of_work() as uow:
        case = uow.session.scalars(select(Case)).one()
        now = hub.clock()
        decision = Decision(codes=("complaint.broken",), sector="wash")
        triage.triage(uow, hub.rules, ANA, case.ref, decision, now)
        referral = referrals.refer(
            uow, hub.rules, ANA, case.ref, "linha-verde", now, note="Podem ligar?"
        )
        uow.commit()
    return case.ref, referral.id


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def state_of(hub: Hub, referral_id: str) -> tuple[ReferralState, str]:
    with hub.reading() as uow:
        referral = uow.session.get(Referral, referral_id)
        assert referral is not None
        return referral.state, remarks.read(uow, referral.answer_id)


def test_the_list_goes_out_comes_back_filled_in_and_is_the_answer(line: Commands, hub: Hub) -> None:
    ref, referral = referred(line, hub)
    out = line.folder / "para_1458.csv"
    assert "1 letters" in line.run("exchange", "export", "linha_verde", str(out)).output
    assert oct(out.stat().st_mode)[-3:] == "600"
    (row,) = table(out)
    assert row["Encaminhamento"] == referral
    assert row["Número no hub"] == ref
    assert row["Estado"] == "encaminhado"
    assert row["Partilha"] == "sem nome"
    assert row["Local"] == "Ntokota"
    assert row["Nota"] == "Podem ligar?"
    assert "841234567" not in out.read_text()
    # Once: what was written waits no more, and a lost file can be had again.
    assert "Nothing waits" in line.run("exchange", "export", "linha_verde", str(out)).output
    again = line.folder / "again.xlsx"
    line.run("exchange", "export", "linha_verde", str(again), "--since", "2020-01-01")
    assert load_workbook(again)["data"].max_row == 2
    # Sent back as it is, it means nothing yet.
    assert "1 known" in line.run("exchange", "import", "linha_verde", str(out)).output

    row |= {"Número do mecanismo": "LV-77", "Resposta": "Reparada no dia 14"}
    row |= {"Estado": "Respondido", "Resultado": "resolvido"}
    names = ",".join(row)
    filled = line.file("de_1458.csv", [names, ",".join(f'"{cell}"' for cell in row.values())])
    assert "1 changed" in line.run("exchange", "import", "linha_verde", filled).output
    assert state_of(hub, referral) == (ReferralState.ANSWERED, "Reparada no dia 14")
    assert "1 known" in line.run("exchange", "import", "linha_verde", filled).output
    with hub.reading() as uow:
        passage = uow.exchange.went("linha_verde", referral)
        assert passage is not None
        assert passage.reference == "LV-77"


def test_an_answer_by_our_number_alone_finds_its_referral(line: Commands, hub: Hub) -> None:
    ref, referral = referred(line, hub)
    answer = ["Número no hub,Resposta,Resultado", f"{ref[:3]}-{ref[3:6]}-{ref[6:]},Feito,em parte"]
    line.run("exchange", "import", "linha_verde", line.file("a.csv", answer))
    assert state_of(hub, referral) == (ReferralState.ANSWERED, "Feito")


LOG = [
    "Nº;Data;Descrição;Localidade;Língua;Sexo;Idade;Nome;Consentimento;Contacto",
    "LV-1;04/03/2026;Falta água há uma semana;Ntokota;Emakhuwa;F;34;Maria;sim;841234567",
    "LV-2;04/03/2026;;Ntokota;Português;M;;;;",
    "LV-3;ontem;Sem comida;Nacate;pt;M;;Joao;;",
    "LV-4;05/03/2026;Sem tenda;Nacate;pt;M;;Joao;;",
    "LV-5;05/03/2026;Sem manta;Nacate;pt;M;;Joao;não;",
]


def test_its_referrals_become_cases_and_our_answers_go_back(line: Commands, hub: Hub) -> None:
    file = line.file("lista.csv", LOG)
    assert "unknown column" in line.run("exchange", "import", "linha_verde", file, fails=1).output
    took = line.run("exchange", "import", "linha_verde", file, "--ignore-unknown").output
    assert "5 rows: 2 added, 0 changed, 0 known, 3 rejected" in took
    rejected = line.rejected("lista.csv")
    assert "3,3,Descrição," in rejected
    assert "4,4,Data," in rejected
    assert "6,6,state," in rejected
    assert (
        "2 known" in line.run("exchange", "import", "linha_verde", file, "--ignore-unknown").output
    )
    with hub.unit_of_work() as uow:
        both = uow.session.scalars(select(Case)).all()
        first, second = sorted(both, key=lambda case: typed.of_case(uow, case).place)
        assert (first.site, second.site) == ("NTO", "")
        assert typed.of_case(uow, second).place == "Nacate"
        assert (first.language, first.person.sex) == ("vmw", Sex.FEMALE)
        assert first.person.age_band is AgeBand.FROM_18
        assert (first.consent.share, second.consent.share) == (Share.NAME, Share.ANONYMOUS)
        assert second.contact_id is None
        assert not first.consent.may_contact
        now = hub.clock()
        decision = Decision(codes=("complaint.broken",), sector="wash")
        triage.triage(uow, hub.rules, ANA, first.ref, decision, now)
        casework.answer(uow, hub.rules, ANA, first.ref, "Há água", Outcome.RESOLVED, now)
        uow.commit()
    out = line.folder / "respostas.json"
    line.run("exchange", "export", "linha_verde", str(out))
    letters = json.loads(out.read_text())["letters"]
    assert [letter["kind"] for letter in letters] == ["accepted", "answered"]
    assert letters[1] | {"text": "Há água", "referral": "LV-1"} == letters[1]
    # A letter as JSON comes in by the same door.
    verified = letters[1] | {"id": "v1", "kind": "verified", "text": "", "outcome": None}
    judged = {"schema": "feedback_hub.exchange", "version": 1, "letters": [verified, {"x": 1}]}
    said = line.run("exchange", "import", "linha_verde", line.file("v.json", json.dumps(judged)))
    assert "2 rows: 0 added, 1 changed, 0 known, 1 rejected" in said.output
    assert line.rows("SELECT state FROM \"case\" WHERE site = 'NTO'")[0][0] == "loop_attempted"


def test_a_mechanism_that_is_not_there_is_said(line: Commands) -> None:
    said = line.run("exchange", "export", "nobody", "x.csv", fails=1).output
    assert "no exchange 'nobody' is configured" in said
    assert "linha_verde\tlinha-verde\tfile" in line.run("exchange", "list").output
