"""A desk writes down what people say: the form by HTTP, the receipt, and what it may not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from feedback_hub.adapters import meetings, tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import Label
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.custom_field import CustomField, FieldKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    Person,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.wire import message_text
from tests.integration.asking import typed_of
from tests.pages_world import Clock, log_in, make_app, make_hub, token_in

WORDS = "a bomba de agua não funciona\nhá 3 dias"
EVERYTHING = {
    "text": WORDS.replace("\n", "\r\n"),
    "codes": "complaint.broken",
    "site": "NTO",
    "place": "bloco C",
    "channel": "paper",
    "said_on": "2026-02-27",
    "said_at": "14:30",
    "consent.record": "yes",
    "consent.share": "anonymous",
    "consent.contact": "yes",
    "consent.content_in_text": "no",
    "contact.how": "call",
    "contact.when": "à tarde",
    "contact.phone": "84 123 4567",
    "contact.name": "Amina",
    "contact.private": "no",
    "contact.leave_message": "no",
    "person.sex": "female",
    "person.age_band": "40_59",
    "person.disability": "yes",
    "person.group": "idp",
    "person.speaks_for": "other",
    "language": "vmw",
    "accused.organisation": "avsi",
    "accused.class": "contractor",
}


# One hub for all: nothing that a test writes down is in the way of another, and a hub takes time.


FIELDS = (
    CustomField(
        "water",
        FieldKind.CHOICE,
        Label("Which water?", "Água?"),
        choices={"river": Label("A river", "Rio")},
    ),
    CustomField("illness", FieldKind.TEXT, Label("Which illness?", "Doença?"), Sensitivity.L2),
    CustomField("people", FieldKind.NUMBER, Label("How many?", "Quantos?")),
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("desk") / "home", clock=Clock())
    made.rules = replace(made.rules, fields=FIELDS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(hub: Hub) -> Flask:
    return make_app(hub)


@pytest.fixture(scope="module")
def filipe(app: Flask) -> FlaskClient:
    """At the help desk of Ntokota."""
    return log_in(app, "filipe")


def hidden(page: str) -> dict[str, str]:
    found = re.search(r'name="submission_id" value="([0-9a-f]{32})"', page)
    assert found, page
    return {"csrf_token": token_in(page), "submission_id": found.group(1)}


def hand_in(client: FlaskClient, **values: object) -> TestResponse:
    page = client.get("/report").text
    return client.post("/report", data=hidden(page) | values)


def ref_in(page: str) -> str:
    found = re.search(r"(\d{3})-(\d{3})-(\d{3})", page)
    assert found, page
    return "".join(found.groups())


def the_case(hub: Hub) -> Case:
    """The one that was written down last."""
    with hub.reading() as uow:
        latest = select(Case).order_by(tables.case.c.entered_at.desc()).limit(1)
        return uow.session.scalars(latest).one()


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(tables.case)) or 0


def test_everything_that_was_asked_is_in_the_case(hub: Hub, filipe: FlaskClient) -> None:
    answer = hand_in(filipe, **EVERYTHING)
    assert answer.status_code == 201, answer.text
    case = the_case(hub)
    assert ref_in(answer.text) == case.ref
    with hub.reading() as uow:
        secret = uow.vault.secret_for(case.ref)
        (message,) = uow.messages_of(case.id)
        assert message_text(uow, message) == WORDS
        assert case.contact_id
        contact = uow.contact(case.contact_id)
    assert f"{secret[:3]} {secret[3:]}" in answer.text
    assert (case.site, case.codes) == ("NTO", ("complaint.broken",))
    assert typed_of(hub, case).place == "bloco C"
    assert (case.channel, case.language) == ("paper", "vmw")
    assert case.received_at.isoformat() == "2026-02-27T12:30:00+00:00"
    assert case.entered_at > case.received_at
    assert case.person == Person(
        Sex.FEMALE, AgeBand.FROM_40, Disability.YES, PopulationGroup.IDP, SpeaksFor.OTHER
    )
    assert case.consent == Consent(Answered.YES, Share.ANONYMOUS, Answered.YES, Answered.NO)
    assert (case.accused_organisation, case.accused_class) == ("avsi", AccusedClass.CONTRACTOR)
    assert contact is not None
    assert (contact.private_phone, contact.may_leave_message) == (Answered.NO, Answered.NO)


def test_its_team_reads_who_is_accused(hub: Hub, app: Flask, filipe: FlaskClient) -> None:
    hand_in(filipe, **{**EVERYTHING, "accused.organisation": "Ajuda do Rio"})
    page = log_in(app, "ana").get(f"/cases/{the_case(hub).ref}").text
    said = page.partition("Who is accused")[2].partition("</section>")[0]
    assert "Ajuda do Rio" in said
    assert "Contractor or supplier" in said


def test_nothing_but_the_words_is_needed(hub: Hub, filipe: FlaskClient) -> None:
    answer = hand_in(filipe, text="Quando é a distribuição?")
    assert answer.status_code == 201
    case = the_case(hub)
    assert (case.person, case.consent, case.contact_id) == (Person(), Consent(), None)
    assert case.channel == "desk"
    assert f"/cases/{case.ref}" in answer.text or not case.site
    assert "Sex" in filipe.get("/report").text


def test_the_desks_own_site_is_chosen_already(filipe: FlaskClient) -> None:
    assert re.search(r'value="NTO" selected', filipe.get("/report").text)


@pytest.mark.parametrize(
    "sensitive", [{"codes": "misconduct.sea"}, {"sensitivity": "L3"}], ids=["by code", "by choice"]
)
@pytest.mark.parametrize("who", ["filipe", "ana", "rosa"])
def test_a_highly_sensitive_report_is_received_and_nothing_more(
    hub: Hub, app: Flask, who: str, sensitive: dict[str, str]
) -> None:
    client = log_in(app, who)
    answer = hand_in(client, text="o chefe pediu dinheiro", site="NTO", **sensitive)
    assert answer.status_code == 201
    case = the_case(hub)
    assert case.sensitivity is Sensitivity.L3
    with hub.reading() as uow:
        secret = uow.vault.secret_for(case.ref)
    for telling in (case.ref, case.ref[:3], secret[:3], "chefe", case.id):
        # Not by chance either: tokens and the marks of our files are random digits.
        assert telling not in re.sub(r'value="[^"]*"|\?v=\w+', "", answer.text)
    assert client.get(f"/cases/{case.ref}").status_code == 404
    spoken = f"{case.ref[:3]}-{case.ref[3:6]}-{case.ref[6:]}"
    assert spoken not in client.get("/cases").text


def test_what_may_be_a_survivors_is_its_handlers_from_the_moment_it_is_written_down(
    hub: Hub, app: Flask, filipe: FlaskClient
) -> None:
    # Nobody ticked anything, and no worker has read it yet.
    page = filipe.get("/report").text
    form = hidden(page) | {"text": "o chefe disse que se eu dormir com ele fico na lista"}
    answer = filipe.post("/report", data=form)
    case = the_case(hub)
    assert ref_in(answer.text) == case.ref, "at the desk it looks as any other report"
    assert ref_in(filipe.post("/report", data=form).text) == case.ref
    opened = {
        who: log_in(app, who).get(f"/cases/{case.ref}").status_code for who in ("ana", "rosa")
    }
    assert opened == {"ana": 404, "rosa": 200}


def test_pressing_twice_keeps_one(hub: Hub, filipe: FlaskClient) -> None:
    before = count(hub)
    form = hidden(filipe.get("/report").text) | EVERYTHING
    first, second = (filipe.post("/report", data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert ref_in(first.text) == ref_in(second.text)
    assert count(hub) == before + 1


def test_the_same_form_filled_in_anew_is_another_report(hub: Hub, filipe: FlaskClient) -> None:
    before = count(hub)
    form = hidden(filipe.get("/report").text)
    filipe.post("/report", data=form | {"text": "a bomba"})
    again = filipe.post("/report", data=form | {"text": "as latrinas"})
    assert again.status_code == 409
    assert "as latrinas" in again.text
    assert filipe.post(
        "/report", data=hidden(again.text) | {"text": "as latrinas"}
    ).status_code == (201)
    assert count(hub) == before + 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": "  ", "codes": ""}, "Write what was said"),
        ({"said_on": ""}, "Write the day on the paper"),
        ({"said_on": "2026-03-09"}, "Write the day on the paper"),
        ({"said_at": "half past"}, "Write the time like"),
        ({"consent.record": "no"}, "leave it out"),
        ({"contact.how": "text", "contact.phone": ""}, "A text needs a phone number"),
        ({"contact.how": "text", "contact.phone": "999"}, "cannot be reached by text"),
        ({"codes": "complaint.invented"}, "Look at this once more"),
    ],
)
def test_a_fault_is_said_and_everything_typed_is_still_there(
    hub: Hub, filipe: FlaskClient, wrong: dict[str, str], said: str
) -> None:
    before = count(hub)
    answer = hand_in(filipe, **(EVERYTHING | wrong))
    assert answer.status_code == 422
    assert said in answer.text
    assert count(hub) == before
    kept = EVERYTHING | wrong
    for name in ("place", "contact.when", "said_on", "contact.name"):
        assert f'value="{kept[name]}"' in answer.text, name
    assert re.search(r'name="person.age_band" value="40_59" checked', answer.text)
    if not wrong.keys() & {"codes"}:
        assert re.search(r'value="complaint.broken" checked', answer.text)


@pytest.mark.parametrize("who", ["jorge", "graca", "ines", "abel"])
def test_whoever_works_on_no_case_writes_none_down(app: Flask, who: str) -> None:
    client = log_in(app, who)
    assert client.get("/report").status_code in {403, 404}
    assert "/report" not in client.get("/").text


def test_the_desks_first_page_leads_to_it(filipe: FlaskClient) -> None:
    page = filipe.get("/").text
    assert page.index('href="/report"') < page.index('href="/cases"')


def many(client: FlaskClient, path: str) -> tuple[dict[str, str], list[str]]:
    """The hidden half of an empty form, and the ids of its slips."""
    page = client.get(path).text
    form = {"csrf_token": token_in(page), "said_on": "2026-03-01", "site": "NTO"}
    held = re.search(r'name="meeting" value="([0-9a-f]{32})"', page)
    if held:
        form |= {"meeting": held.group(1), "kind": "community", "committee_present": "yes"}
    return form, re.findall(r'name="slip" value="([0-9a-f]{32})"', page)


def test_each_slip_of_a_box_is_a_case_and_pressing_twice_adds_none(
    hub: Hub, filipe: FlaskClient
) -> None:
    before = count(hub)
    form, slips = many(filipe, "/report/box")
    said = {
        f"text.{slips[0]}": "obrigado pela escola",
        f"text.{slips[2]}": "o chefe pediu dinheiro",
        f"level.{slips[2]}": "L3",
    }
    body = form | said | {"slip": slips, "place": "caixa da escola"}
    answer = filipe.post("/report/box", data=body)
    assert answer.status_code == 201, answer.text
    assert "2 reports were received" in answer.text
    assert len(re.findall(r"\d{3}-\d{3}-\d{3}", answer.text)) == 1
    assert filipe.post("/report/box", data=body).status_code == 201
    assert count(hub) == before + 2
    with hub.reading() as uow:
        case = uow.case_by_ref(ref_in(answer.text))
    assert case is not None
    assert (case.channel, case.site) == ("suggestion_box", "NTO")
    assert typed_of(hub, case).place == "caixa da escola"
    assert case.received_at.isoformat() == "2026-03-01T10:00:00+00:00"

    body |= {f"text.{slips[0]}": "outra coisa", f"text.{slips[1]}": "mais uma"}
    anew = filipe.post("/report/box", data=body)
    assert anew.status_code == 422
    assert "outra coisa" in anew.text
    assert slips[0] not in anew.text
    assert count(hub) == before + 2


def test_more_slips_keep_what_was_typed(hub: Hub, filipe: FlaskClient) -> None:
    before = count(hub)
    form, slips = many(filipe, "/report/box")
    body = form | {"slip": slips, f"text.{slips[4]}": "o quinto", "more": "yes"}
    page = filipe.post("/report/box", data=body).text
    assert "o quinto" in page
    assert len(re.findall(r'name="slip"', page)) == 10
    assert count(hub) == before


def test_a_meeting_is_kept_with_its_points(hub: Hub, app: Flask, filipe: FlaskClient) -> None:
    form, points = many(filipe, "/report/meeting")
    body = form | {
        "slip": points,
        "place": "mangueira",
        "present.female.18_39": "14",
        "present.female.60_plus": "3",
        "present.male.40_59": "9",
        f"text.{points[0]}": "falta água",
        f"codes.{points[0]}": "request.water",
        f"text.{points[1]}": "um guarda bate nas crianças",
        f"codes.{points[1]}": "protection.child",
    }
    answer = filipe.post("/report/meeting", data=body)
    assert answer.status_code == 201, answer.text
    assert filipe.post("/report/meeting", data=body).status_code == 201
    ref = ref_in(answer.text)
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        held = meetings.of_case(uow.session, case.id)
        linked = uow.session.scalar(select(func.count()).select_from(tables.meeting_case))
    assert (case.channel, case.person.speaks_for) == ("meeting", SpeaksFor.COMMUNITY)
    assert held is not None
    assert (held.of_sex(Sex.FEMALE), held.of_sex(Sex.MALE)) == (17, 9)
    assert (held.site, held.place, held.committee_present) == ("NTO", "mangueira", Answered.YES)
    assert linked == 2
    shown = log_in(app, "ana").get(f"/cases/{ref}").text
    assert "Raised at a meeting" in shown
    assert "17" in shown
    assert "crianças" not in shown


@pytest.mark.parametrize(
    ("path", "wrong", "said"),
    [
        ("/report/box", {}, "Write at least one"),
        ("/report/box", {"said_on": "2026-04-01"}, "has not come yet"),
        ("/report/meeting", {}, "Write at least one"),
        ("/report/meeting", {"present.male.18_39": "many"}, "as a number"),
    ],
)
def test_what_is_wrong_with_a_meeting_or_box_is_said(
    hub: Hub, filipe: FlaskClient, path: str, wrong: dict[str, str], said: str
) -> None:
    before = count(hub)
    form, slips = many(filipe, path)
    body = form | {"slip": slips} | wrong
    if wrong:
        body[f"text.{slips[0]}"] = "escrito"
    answer = filipe.post(path, data=body)
    assert answer.status_code == 422
    assert said in answer.text
    assert ("escrito" in answer.text) is bool(wrong)
    assert count(hub) == before


def test_the_hubs_own_questions_are_asked_and_shown_to_whom_they_are_for(
    app: Flask, filipe: FlaskClient
) -> None:
    asked = filipe.get("/report").text
    assert all(words in asked for words in ("Which water?", "A river", "How many?"))
    own = {"fields.water": "river", "fields.illness": "tuberculose", "fields.people": "7"}
    wrong = hand_in(filipe, text="água", **(own | {"fields.people": "many"}))
    assert wrong.status_code == 422
    assert 'value="tuberculose"' in wrong.text
    answer = hand_in(filipe, text="água", site="NTO", tags="Poço, ciclone 2026", **own)
    assert answer.status_code == 201, answer.text
    case = f"/cases/{ref_in(answer.text)}"
    team, desk = log_in(app, "ana").get(case).text, filipe.get(case).text
    for page in (team, desk):
        assert "A river" in page
        assert "ciclone-2026" in page
    assert "tuberculose" in team
    assert "tuberculose" not in desk


def test_a_tag_is_put_on_found_and_taken_off(app: Flask, filipe: FlaskClient) -> None:
    ref = ref_in(hand_in(filipe, text="latrina", site="NTO").text)
    hand_in(filipe, text="o chefe", site="NTO", sensitivity="L3", tags="oculto")
    ana = log_in(app, "ana")
    token = {"csrf_token": token_in(ana.get(f"/cases/{ref}").text)}
    put = ana.post(f"/cases/{ref}/tag", data=token | {"tags": "bairro novo"}, follow_redirects=True)
    assert "The tag is on." in put.text
    queue = ana.get("/cases?tag=bairro-novo").text
    assert len(set(re.findall(r"\d{3}-\d{3}-\d{3}", queue))) == 1
    assert "oculto" not in queue
    refused = ana.post(f"/cases/{ref}/tag", data=token | {"tags": "84 1234567"})
    assert refused.status_code == 422
    assert "without numbers" in refused.text
    ana.post(f"/cases/{ref}/untag", data=token | {"tags": "bairro-novo"})
    assert "bairro-novo" not in ana.get("/cases").text
