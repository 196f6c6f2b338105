"""A hub's own questions and tags, from every way in to every way out (both databases)."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from feedback_hub.adapters import retention, tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.retention import Stage
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import Label
from feedback_hub.domain.custom_field import CustomField, FieldKind, ShownIn
from feedback_hub.domain.message import InboundMessage, MessageKind
from feedback_hub.domain.place import Organisation
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.reads import case_export, queue
from feedback_hub.reads.case_list import Filters
from feedback_hub.reads.views.queue import QueueFilters
from feedback_hub.services import custom_fields, intake, seals
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.work import Queue
from tests.integration.asking import Answer, Asking
from tests.integration.databases import NOW
from workers import schedule
from workers.drain import drain

TEAM, DESK = Role.CASE_MANAGER, Role.DESK
FIELDS = (
    CustomField(
        "water",
        FieldKind.CHOICE,
        Label("Water", "Água"),
        choices={"river": Label("River", "Rio"), "well": Label("Well", "Poço")},
        filters=True,
    ),
    CustomField("illness", FieldKind.TEXT, Label("Illness", "Doença"), Sensitivity.L2),
    CustomField("people", FieldKind.NUMBER, Label("People", "Pessoas")),
    CustomField(
        "guide",
        FieldKind.TEXT,
        Label("Guide", "Guia"),
        shown_in=frozenset({ShownIn.DESK}),
    ),
)
ANSWERS = {"water": "river", "illness": "tuberculose", "people": 7}


@pytest.fixture
def asking(hub: Hub) -> Asking:
    hub.rules = replace(hub.rules, fields=FIELDS)
    with hub.unit_of_work() as uow:
        uow.session.add(Organisation("avsi", "AVSI"))
        uow.commit()
    return Asking(hub)


def hand_in(asking: Asking, **more: object) -> Answer:
    body = {"submission_id": str(uuid.uuid4()), "text": "Falta água", **more}
    return asking.post(DESK, "/api/v1/intake", **body)


def test_answers_and_tags_are_read_back_by_the_case_team_only(hub: Hub, asking: Asking) -> None:
    taken = hand_in(asking, fields=ANSWERS, tags=["Ciclone 2026", "poço"])
    assert taken.status_code == 201, taken.text
    case = f"/api/v1/cases/{taken.json['ref']}"
    shown = asking.get(TEAM, case).json
    assert shown["fields"] == {"water": "river", "illness": "tuberculose", "people": "7"}
    assert shown["tags"] == ["ciclone-2026", "poço"]
    assert asking.get(TEAM, "/api/v1/cases").json["items"][0]["fields"] == shown["fields"]
    with hub.reading() as uow:
        (sealed,) = uow.session.scalars(select(tables.case_fields.c.answers_sealed))
    assert b"tuberculose" not in sealed

    triage = {"codes": ["request.water"], "sector": "wash", "sensitivity": "L1"}
    assert asking.post(TEAM, f"{case}/triage", **triage).status_code == 200
    referred = asking.post(TEAM, f"{case}/referrals", organisation="avsi", share="anonymous")
    assert referred.status_code == 201, referred.text
    with hub.unit_of_work() as uow:
        avsi = Membership(Role.FOCAL_POINT, "avsi")
        partner = add_token(uow.session, "avsi", avsi, NOW)
        uow.commit()
    seen = asking.get(partner, case)
    assert seen.json["fields"] == {"water": "river", "people": "7"}
    assert "tags" not in seen.json
    assert "tuberculose" not in seen.text


def test_a_partner_gets_nothing_of_what_the_person_wants_to_keep(hub: Hub, asking: Asking) -> None:
    taken = hand_in(asking, fields=ANSWERS, consent={"share": "no"})
    assert asking.get(DESK, f"/api/v1/cases/{taken.json['ref']}").json["fields"] == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": {"water": "lake"}},
        {"fields": {"people": "many"}},
        {"fields": {"unheard_of": "x"}},
        {"fields": {"guide": "not asked over the API"}},
        {"fields": {"people": True}},
        {"tags": ["841234567"]},
    ],
)
def test_what_is_no_answer_is_refused_and_nothing_is_kept(
    hub: Hub, asking: Asking, wrong: dict[str, object]
) -> None:
    refused = hand_in(asking, **wrong)
    assert refused.status_code == 422, refused.text
    with hub.reading() as uow:
        assert uow.session.scalars(select(Case)).all() == []


def test_cases_are_found_by_tag_and_only_by_whom_they_exist_for(asking: Asking) -> None:
    ordinary = hand_in(asking, tags=["poço"]).json["ref"]
    hand_in(asking, tags=["poço"], sensitivity="L3")
    hand_in(asking, tags=["outra"])

    def found(tag: str) -> list[str]:
        listed = asking.get(TEAM, "/api/v1/cases", tag=tag).json["items"]
        return [one["ref"] for one in listed]

    assert found("poço") == [ordinary]
    case = f"/api/v1/cases/{ordinary}"
    for _ in range(2):
        assert asking.post(DESK, f"{case}/tag", tag="Bomba").status_code == 200
    assert asking.get(TEAM, case).json["tags"] == ["bomba", "poço"]
    assert asking.post(TEAM, f"{case}/untag", tag="poço").json["tags"] == ["bomba"]
    assert found("poço") == []
    assert asking.post(TEAM, f"{case}/tag", tag="84 123 4567").status_code == 422
    kinds = [e["kind"] for e in asking.get(TEAM, f"{case}/events").json["items"]]
    assert (kinds.count("tagged"), kinds.count("untagged")) == (1, 1)


def test_cases_are_found_by_an_answer_and_nobody_learns_one_by_asking(
    hub: Hub, asking: Asking
) -> None:
    river = hand_in(asking, fields={"water": "river"}).json["ref"]
    hand_in(asking, fields={"water": "well"})
    hand_in(asking, fields={"water": "river"}, sensitivity="L3")
    kept = hand_in(asking, fields={"water": "river"}, consent={"share": "no"}).json["ref"]

    def found(role: Role, field: str = "water:river") -> set[str]:
        listed = asking.get(role, "/api/v1/cases", field=field)
        assert listed.status_code == 200, listed.text
        return {one["ref"] for one in listed.json["items"]}

    assert found(TEAM) == {river, kept}
    assert found(DESK) == {river}
    for unknown in ("water:lake", "people:7", "illness:tuberculose", "water", "nothing:x"):
        assert asking.get(TEAM, "/api/v1/cases", field=unknown).status_code == 422
    with hub.reading() as uow:
        hashes = uow.session.scalars(select(tables.case_answer.c.answer_index)).all()
    assert (len(hashes), len(set(hashes))) == (4, 2)
    assert "river" not in hashes
    actor = Actor("somebody", memberships=(Membership(TEAM),))
    narrowed = Filters(own=(("water", "well"),), in_hand=True)
    assert len(list(case_export.rows(hub.reading, hub.rules, actor, NOW, narrowed))) == 1
    # Words in the address that the list does not know are left.
    asked = QueueFilters(field=("water:river", "water:lake"))
    with hub.reading() as uow:
        page = queue.page(uow, hub.rules, actor, asked, NOW)
    assert {row.ref for row in page.rows} == {river, kept}
    assert [field.name for field in page.own] == ["water"]


def test_answers_from_before_are_found_later_and_no_longer_once_it_is_taken_out(
    hub: Hub, asking: Asking
) -> None:
    with_filter = hub.rules
    hub.rules = replace(hub.rules, fields=(replace(FIELDS[0], filters=False), *FIELDS[1:]))
    old = hand_in(asking, fields={"water": "river"}).json["ref"]
    hub.rules = with_filter
    assert schedule.index_answers(hub, NOW) == 1
    assert schedule.index_answers(hub, NOW) == 0
    listed = asking.get(TEAM, "/api/v1/cases", field="water:river").json["items"]
    assert [one["ref"] for one in listed] == [old]
    hub.rules = replace(hub.rules, fields=(replace(FIELDS[0], filters=False), *FIELDS[1:]))
    schedule.index_answers(hub, NOW)
    with hub.reading() as uow:
        assert uow.session.scalars(select(tables.case_answer.c.case_id)).all() == []


def test_an_erased_case_is_found_by_no_answer_and_still_opens(hub: Hub, asking: Asking) -> None:
    ref = hand_in(asking, fields={"water": "river"}).json["ref"]
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        retention.erase(uow.session, case.id, Stage.TEXT, NOW)
        uow.commit()
    assert asking.get(TEAM, "/api/v1/cases", field="water:river").json["items"] == []
    assert asking.get(TEAM, f"/api/v1/cases/{ref}").json["fields"] == {}


def test_a_form_s_answers_are_kept_and_what_does_not_fit_stands_beneath_the_text(hub: Hub) -> None:
    hub.rules = replace(hub.rules, fields=FIELDS)
    form = Submission(
        InboundMessage("u1", NOW, "Bomba avariada", kind=MessageKind.FORM),
        fields=(("water", "river"), ("people", "muitas"), ("old_question", "sim")),
    )
    with hub.unit_of_work() as uow:
        intake.accept(uow, "kobo", [form], b"{}", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    with hub.reading() as uow:
        case = uow.session.scalars(select(Case)).one()
        assert custom_fields.answers_of(uow, [case.id]) == {case.id: {"water": "river"}}
        message = uow.session.scalars(select(Message)).one()
        bound = seals.text_bound_to(message.id)
        text = uow.vault.open(message.key_id, message.text_sealed, bound)
        fields = dict(custom_fields.answers_of(uow, [case.id])[case.id])
    assert text == "Bomba avariada\npeople: muitas\nold_question: sim"
    newer = InboundMessage("u2", NOW, "Bomba avariada", kind=MessageKind.FORM, revises="u1")
    with hub.unit_of_work() as uow:
        corrected = Submission(newer, fields=(("water", "well"),))
        intake.accept(uow, "kobo", [corrected], b"{}", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    with hub.reading() as uow:
        assert custom_fields.answers_of(uow, [case.id])[case.id] == fields | {"water": "well"}


def test_an_export_has_a_column_a_question_and_keeps_to_what_the_reader_may_see(
    hub: Hub, asking: Asking
) -> None:
    hand_in(asking, fields=ANSWERS, tags=["poço", "bomba"])
    for role, illness in ((TEAM, "tuberculose"), (DESK, "")):
        actor = Actor("somebody", memberships=(Membership(role),))
        (row,) = case_export.rows(hub.reading, hub.rules, actor, NOW, Filters())
        assert row[len(case_export.COLUMNS) - 1 : -1] == ["bomba;poço", "river", illness, "7", ""]
