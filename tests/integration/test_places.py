"""Where a case is about, all the way: lists taken in, words read, a person who chooses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feedback_hub.adapters.boundaries import Boundary, take_boundary
from feedback_hub.domain.access import Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.message import Location
from feedback_hub.domain.place import Site
from tests.integration.asking import Asking
from tests.integration.commands import Commands, commands
from tests.integration.talking import Talk

__all__ = ["commands"]

TEAM = Role.CASE_MANAGER


@pytest.fixture
def asking(talk: Talk) -> Asking:
    with talk.hub.unit_of_work() as uow:
        uow.session.add_all(
            [
                Site("JM", "25 de Junho", district="Metuge", pcode="MZ0109", pcode_scheme="2019"),
                Site("JA", "25 de Junho", district="Ancuabe"),
                Site("COR", "Corrane", district="Meconta", province="Nampula"),
            ]
        )
        uow.commit()
    return Asking(talk.hub)


def said(talk: Talk, text: str, number: str = "+258841110009") -> Case:
    talk.says(text, number)
    return talk.cases(number)[-1]


def shown(asking: Asking, case: Case) -> dict[str, Any]:
    answer = asking.get(TEAM, f"/api/v1/cases/{case.ref}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json
    return body


def test_an_ambiguous_name_is_left_to_a_person_and_one_press_decides(
    talk: Talk, asking: Asking
) -> None:
    case = said(talk, "a bomba do centro 25 de junho avariou")
    body = shown(asking, case)
    assert body["site"] == ""
    assert body["area"] is None
    assert [one["site"] for one in body["place_candidates"]] == ["JA", "JM"]

    path = f"/api/v1/cases/{case.ref}/place"
    assert asking.post(TEAM, path, site="XXX").status_code == 422
    assert asking.post(Role.DESK, path, site="JM").status_code == 403
    set_to = asking.post(TEAM, path, site="JM")
    assert set_to.status_code == 200, set_to.text
    body = shown(asking, case)
    assert (body["site"], body["place_candidates"]) == ("JM", [])
    area = {"kind": "district", "name": "Metuge", "province": "", "pcode": "MZ0109"}
    assert body["area"] == area | {"pcode_scheme": "2019"}
    assert ("placed", "JM") in talk.events(case)


def test_a_misspelt_site_is_set_and_the_words_that_named_it_are_a_reason(
    talk: Talk, asking: Asking
) -> None:
    case = said(talk, "falta agua em Korrane, Nampula")
    assert shown(asking, case)["site"] == "COR"


def test_who_came_by_a_site_is_asked_only_where_the_words_leave_it_open(
    talk: Talk, asking: Asking
) -> None:
    number = "+258841110008"
    said(talk, "bom dia, falta comida", number)
    with talk.hub.unit_of_work() as uow:
        contact = uow.contact_at("sms", uow.vault.index(number, "address:sms"))
        assert contact is not None
        contact.site = "JA"
        uow.commit()
    talk.close(talk.cases(number)[-1])
    assert said(talk, "a bomba do centro 25 de junho avariou", number).site == "JA"
    talk.close(talk.cases(number)[-1])
    assert said(talk, "a latrina em Corrane caiu", number).site == "COR"


def test_of_a_point_that_was_sent_the_district_is_known(talk: Talk, asking: Asking) -> None:
    ring = [[40.0, -13.0], [40.6, -13.0], [40.6, -12.5], [40.0, -12.5], [40.0, -13.0]]
    outline = json.dumps({"type": "Polygon", "coordinates": [ring]})
    with talk.hub.unit_of_work() as uow:
        metuge = Boundary("MZ0109", "Metuge", parent="Cabo Delgado", outline=outline)
        take_boundary(uow.session, "2019", metuge, talk.now)
        uow.commit()
    talk.says("falta comida", "+258841110007", location=Location(-12.8, 40.3))
    talk.says("falta agua", "+258841110006", location=Location(-12.8, 41.3))
    areas = [shown(asking, talk.cases(f"+25884111000{n}")[-1])["area"] for n in (7, 6)]
    district = {"kind": "district", "name": "Metuge", "province": "Cabo Delgado"}
    assert areas == [district | {"pcode": "MZ0109", "pcode_scheme": "2019"}, None]


def test_a_list_of_districts_carries_codes_with_their_scheme(commands: Commands) -> None:
    file = commands.file(
        "d.csv",
        ["ADM1_PT,ADM1_PCODE,ADM2_PT,ADM2_PCODE", "Niassa,MZ05,Lago,MZ0504", "Niassa,MZ05,,"],
    )
    commands.run("import", "boundaries", file, "--scheme", "COD-AB 2019", fails=1)
    named = ("--pcode", "ADM2_PCODE", "--name", "ADM2_PT", "--parent", "ADM1_PT")
    words = ("import", "boundaries", file, *named, "--parent-pcode", "ADM1_PCODE")
    said = commands.run(*words, "--scheme", "COD-AB 2019").stdout.strip()
    assert said == "2 rows: 1 added, 0 changed, 0 known, 1 rejected"
    assert "1 known" in commands.run(*words, "--scheme", "COD-AB 2019").stdout
    file = commands.file(
        "m.csv", ["id,text", "1,estamos no distrito do Lago", "2,provincia de Nassa"]
    )
    commands.run("import", "messages", file)
    rows = commands.rows("SELECT kind, code, scheme, sure FROM case_place ORDER BY code")
    assert [tuple(row) for row in rows] == [
        ("province", "MZ05", "COD-AB 2019", 1),
        ("district", "MZ0504", "COD-AB 2019", 1),
    ]
