"""What belongs together of all that a person writes (issue 3, Conversations), on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from feedback_hub.domain.access import Action
from feedback_hub.domain.case import Case
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import case_page
from feedback_hub.reads.wire import messages_body
from feedback_hub.services import casework
from feedback_hub.services.records.work import Queue
from tests.integration.talking import ALICE, ANA, BERTA, CHIEF, FOOD, PUMP, ROSA, UNCLEAR, Talk
from workers.drain import drain

L1, L3 = Sensitivity.L1, Sensitivity.L3


def moved(talk: Talk, case: Case) -> list[str]:
    return [about for kind, about in talk.events(case) if kind is EventKind.SPLIT]


def test_who_writes_again_goes_on_with_their_case_and_is_acknowledged_once(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says("Ainda nao vieram reparar")
    talk.says("")
    assert talk.words(talk.case()) == [PUMP, "Ainda nao vieram reparar", ""]
    assert [t.purpose for t in talk.texts()] == [Purpose.ACKNOWLEDGEMENT]


def test_who_raises_many_matters_gets_no_text_for_each(talk: Talk) -> None:
    talk.hub.rules = replace(talk.hub.rules, acknowledgements_a_day=2)
    for _ in range(4):
        talk.says(PUMP)
        talk.close(talk.cases()[-1])
    assert [t.withheld for t in talk.texts()] == [None, None, *[Withheld.TOLD_ENOUGH] * 2]
    # Somebody lets the person know.
    assert [case.acknowledged_at is None for case in talk.cases()] == [False, False, True, True]
    talk.says(PUMP, BERTA)
    assert [t.withheld for t in talk.texts(BERTA)] == [None]
    talk.now += timedelta(days=1)
    talk.says(PUMP)
    assert talk.texts()[-1].withheld is None


def test_messages_that_came_before_anything_was_read_are_one_conversation(talk: Talk) -> None:
    for text in (PUMP, "no bloco C", "perto da escola"):
        talk.says(text, work=False)
    talk.work()
    assert talk.words(talk.case()) == [PUMP, "no bloco C", "perto da escola"]


def test_after_a_long_silence_it_is_a_new_case(talk: Talk) -> None:
    talk.says(PUMP)
    talk.now += timedelta(hours=73)
    talk.says(UNCLEAR)
    assert [talk.words(case) for case in talk.cases()] == [[PUMP], [UNCLEAR]]


def test_what_is_surely_about_another_sector_is_a_case_of_its_own(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says(FOOD)
    talk.says("Quando vem reparar a bomba?")
    pump, food = talk.cases()
    assert talk.words(pump) == [PUMP, "Quando vem reparar a bomba?"]
    assert talk.words(food) == [FOOD]
    assert moved(talk, pump) == [""]
    assert [t.purpose for t in talk.texts()] == [Purpose.ACKNOWLEDGEMENT] * 2


def test_two_numbers_of_ours_and_two_people_are_never_mixed(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says(UNCLEAR, account="bot")
    talk.says(UNCLEAR, BERTA)
    assert talk.words(talk.case()) == [PUMP]
    assert [talk.words(case) for case in talk.cases(ALICE, "bot")] == [[UNCLEAR]]
    assert [talk.words(case) for case in talk.cases(BERTA)] == [[UNCLEAR]]


def test_a_reference_counts_for_its_own_contact_only(talk: Talk) -> None:
    talk.says(PUMP)
    ref = talk.case().ref
    talk.now += timedelta(days=30)
    talk.says(f"e o caso {ref[:3]}-{ref[3:6]} {ref[6:]}? {FOOD}")
    talk.says(f"e o caso {ref}?", BERTA)
    assert len(talk.words(talk.case())) == 2
    assert len(talk.cases(BERTA)) == 1


def test_a_highly_sensitive_message_is_never_part_of_an_ordinary_case(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says(CHIEF, work=False)
    # Before any machine but the one that sorts has read it.
    drain(talk.hub, Queue.INTAKE)
    pump, chief = talk.cases()
    assert (pump.sensitivity, chief.sensitivity, chief.suspected) == (L1, L3, True)
    talk.work()
    assert talk.words(pump) == [PUMP]
    assert talk.words(chief) == [CHIEF]
    assert moved(talk, pump) == [""]
    assert chief.id not in str(talk.events(pump))
    assert [t.case_id for t in talk.texts() if not t.withheld] == [pump.id]
    with talk.hub.reading() as uow:
        view = case_page.view(uow, talk.hub.rules, ANA, pump.ref, talk.now, 0.5)
    assert [line.moved for line in view.messages].count(True) == 1
    assert "chefe" not in str(view)


def test_a_reference_does_not_bring_a_disclosure_into_an_ordinary_case(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says(f"{talk.case().ref} {CHIEF}")
    pump, chief = talk.cases()
    assert talk.words(pump) == [PUMP]
    assert chief.sensitivity is L3


def test_unclear_words_after_a_disclosure_stay_with_its_handlers_and_nothing_is_sent(
    talk: Talk,
) -> None:
    talk.says(CHIEF)
    talk.says("ele veio outra vez ontem")
    assert talk.words(talk.case()) == [CHIEF, "ele veio outra vez ontem"]
    assert all(t.withheld for t in talk.texts())
    talk.says(PUMP)
    chief, pump = talk.cases()
    assert (chief.sensitivity, pump.sensitivity) == (L3, L1)
    talk.says("ele voltou")
    assert talk.words(chief)[-1] == "ele voltou"
    assert len(talk.words(pump)) == 1


def test_after_closing_it_is_a_new_case_that_follows_the_old_one(talk: Talk) -> None:
    talk.says(PUMP)
    talk.close(talk.case())
    talk.says("ja nao sai agua outra vez")
    old, new = talk.cases()
    assert (old.is_open, new.is_open) == (False, True)
    assert (EventKind.LINKED, old.id) in talk.events(new)
    assert (EventKind.LINKED, new.id) in talk.events(old)


def test_what_follows_a_closed_disclosure_is_the_handlers_too(talk: Talk) -> None:
    talk.says(CHIEF)
    talk.close(talk.case())
    talk.says(UNCLEAR)
    _, new = talk.cases()
    assert (new.sensitivity, new.suspected, new.priority.value) == (L3, True, "P1")
    assert all(t.withheld for t in talk.texts())


def test_imported_rows_and_forms_stay_a_case_each(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says(UNCLEAR, kind=MessageKind.FORM)
    talk.says(UNCLEAR, kind=MessageKind.CALL)
    assert len(talk.cases()) == 3


def test_an_edited_message_is_kept_beside_the_first_and_is_no_new_case(talk: Talk) -> None:
    first = talk.says("A bonba avariou")
    talk.now += timedelta(days=9)
    second = talk.says("A bomba avariou", revises=first)
    talk.says("A bomba de agua avariou", revises=second)
    case = talk.case()
    assert talk.words(case) == ["A bonba avariou", "A bomba avariou", "A bomba de agua avariou"]
    with talk.hub.reading() as uow:
        (line,) = (
            line
            for line in case_page.view(uow, talk.hub.rules, ANA, case.ref, talk.now, 0.5).messages
            if not line.purpose
        )
        body = [one for one in messages_body(uow, ANA, case) if one["direction"] == "inbound"]
    assert "".join(piece.text for piece in line.pieces) == "A bomba de agua avariou"
    assert line.earlier == ("A bonba avariou", "A bomba avariou")
    assert [one["revises"] for one in body] == [None, body[0]["id"], body[0]["id"]]


def test_an_edit_of_what_we_never_had_or_of_somebody_elses_is_a_message(talk: Talk) -> None:
    talk.says(PUMP, revises="never-seen")
    other = talk.says(PUMP, BERTA)
    talk.says(UNCLEAR, revises=other)
    assert talk.words(talk.case()) == [PUMP, UNCLEAR]
    assert [talk.words(case) for case in talk.cases(BERTA)] == [[PUMP]]


def test_an_edit_raises_and_never_lowers(talk: Talk) -> None:
    first = talk.says(PUMP)
    talk.says(CHIEF, revises=first)
    case = talk.case()
    assert (case.sensitivity, case.suspected) == (L3, True)
    talk.says(PUMP, revises=first)
    assert talk.case().sensitivity is L3


def test_an_edit_that_discloses_takes_its_message_out_of_the_conversation(talk: Talk) -> None:
    talk.says(PUMP)
    second = talk.says("e mais")
    talk.says(CHIEF, revises=second)
    pump, chief = talk.cases()
    assert talk.words(pump) == [PUMP]
    assert talk.words(chief) == ["e mais", CHIEF]
    assert (pump.sensitivity, chief.sensitivity) == (L1, L3)
    assert moved(talk, pump) == [""]


def test_a_reply_goes_to_the_case_of_what_it_answers(talk: Talk) -> None:
    talk.says(PUMP)
    talk.says(FOOD)
    pump, food = talk.cases()
    told = next(t for t in talk.texts() if t.case_id == pump.id)
    talk.now += timedelta(days=20)
    talk.says("sim", reply_to=told.provider_id)
    assert talk.words(pump) == [PUMP, "sim"]
    theirs = talk.messages(food)[0].external_id
    talk.says("sim", reply_to=theirs)
    assert talk.words(food) == [FOOD, "sim"]
    talk.says("sim", BERTA, reply_to=told.provider_id)
    assert len(talk.cases(BERTA)) == 1


def test_parts_that_came_late_stand_where_they_were_said(talk: Talk) -> None:
    start = talk.now
    talk.says("terceiro", sent_at=start + timedelta(minutes=3))
    talk.says("primeiro", sent_at=start + timedelta(minutes=1))
    talk.says("segundo", sent_at=start + timedelta(minutes=2))
    assert talk.words(talk.case()) == ["primeiro", "segundo", "terceiro"]


def test_the_page_has_late_parts_and_new_wordings_where_they_were_said(talk: Talk) -> None:
    start = talk.now
    first = talk.says("primeiro", sent_at=start - timedelta(minutes=1))
    # Parts of one long text are sent in one second; these come the wrong way round.
    for part in (10, 9):
        talk.says(f"parte {part}", sent_at=start, received_at=start, external_id=f"chat:{part}")
    talk.says("ultimo", sent_at=start + timedelta(minutes=2))
    talk.says("primeiro, corrigido", revises=first, sent_at=start + timedelta(minutes=9))
    with talk.hub.reading() as uow:
        view = case_page.view(uow, talk.hub.rules, ANA, talk.case().ref, talk.now, 0.5)
    said = ["".join(piece.text for piece in m.pieces) for m in view.messages if not m.purpose]
    assert said == ["primeiro, corrigido", "parte 9", "parte 10", "ultimo"]


def test_staff_set_a_message_apart_with_every_wording_of_it(talk: Talk) -> None:
    talk.says(PUMP)
    second = talk.says("e mais isto")
    talk.says("e mais isto aqui", revises=second)
    case = talk.case()
    with talk.hub.unit_of_work() as uow:
        last = uow.messages_of(case.id)[-1]
        casework.split(uow, talk.hub.rules, ANA, case.ref, (last.id,), talk.now)
        uow.commit()
    assert [talk.words(one) for one in talk.cases()] == [
        [PUMP],
        ["e mais isto", "e mais isto aqui"],
    ]
    assert moved(talk, case) == [""]
    with talk.hub.reading() as uow:
        assert uow.visible_case(ROSA, Action.READ_CASE, case.ref) is None
