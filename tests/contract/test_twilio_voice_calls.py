"""What a caller hears and leaves, over the real webhook on a real hub."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from channels._ivr import MOST_TURNS, TABLE, Step
from channels._twiml import Call
from channels.base import Prompt
from feedback_hub.adapters import tables
from feedback_hub.adapters.recordings import digest_of, find_recording
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.reference import check_digit
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.services.records.telling import Wording, WordingState
from tests.contract.voice import BASE, OPERATOR, Line
from tests.providers.twilio_calls import Phone

NOBODYS = f"48291307{check_digit('48291307')}123456"
"""Numbers that may be a case's, and are not."""
MOST_REQUESTS = MOST_TURNS + 10
"""No call has more: its steps, and the questions after a message, each asked twice."""
VERY_EARLY = timedelta(hours=6)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    made = Line(tmp_path_factory.mktemp("line") / "home")
    yield made
    made.hub.close()


@pytest.fixture
def line(shared: Line) -> Line:
    """A line nobody has rung."""
    shared.begin()
    return shared


@pytest.fixture
def make_line(tmp_path: Path) -> Iterator[Callable[..., Line]]:
    made: list[Line] = []

    def make(**how: Any) -> Line:
        made.append(Line(tmp_path / f"home{len(made)}", **how))
        return made[-1]

    yield make
    for one in made:
        one.hub.close()


def kinds(line: Line) -> list[list[MessageKind]]:
    return [[message.kind for message in line.messages(case)] for case in line.cases()]


# Leaving a message


def test_a_caller_leaves_a_message_and_keeps_its_numbers(line: Line) -> None:
    call = line.ring().key("1").key("1")
    call.speak()
    case = line.cases()[0]
    spoken = "".join(filter(str.isdigit, "".join(call.heard)))
    assert spoken.count(case.ref) == 2
    assert spoken.count(line.secret(case)) == 2
    assert f"{', '.join(case.ref[:3])}. {', '.join(case.ref[3:6])}" in "".join(call.heard)
    assert call.key("1").is_over
    call.end()
    line.work()
    assert kinds(line) == [[MessageKind.VOICE]]
    kept = line.cases()[0]
    assert (kept.consent.record, kept.consent.contact) == (Answered.YES, Answered.YES)
    assert kept.language == "por"


def test_who_agreed_is_texted_the_reference_and_nobody_else(line: Line) -> None:
    for answer in ("1", "2", "3"):
        call = line.ring(line.someone()).key("1").key("1")
        call.speak()
        # The machine may have read it before the caller is through.
        line.work()
        call.key(answer).end()
        line.work()
    line.ring(line.someone()).key("1").key("1").speak(hang_up=True)
    line.ring(line.someone()).end()
    line.work()
    with line.hub.reading() as uow:
        told = [uow.deliveries_of(case.id)[-1].withheld for case in line.cases()]
        agreed = uow.deliveries_of(line.cases()[0].id)
    assert told == [None, *[Withheld.NOT_ASKED] * 4]
    assert [text.purpose for text in agreed] == [Purpose.ACKNOWLEDGEMENT] * 2
    assert line.cases()[1].consent.contact is Answered.NO


def test_a_caller_who_will_not_be_recorded_may_be_called(line: Line) -> None:
    call = line.ring().key("1").key("2").key("1")
    assert call.is_over
    call.end()
    line.work()
    assert kinds(line) == [[MessageKind.MISSED_CALL]]
    assert line.cases()[0].consent.contact is Answered.YES


def test_a_second_message_of_a_phone_is_another_case(line: Line) -> None:
    """A phone has several people: the numbers of one are not read out to the next."""
    for _ in range(2):
        call = line.ring().key("1").key("1")
        call.speak()
        assert "É seguro" in call.heard[-1], "and what one of them answered does not bind the other"
        call.key("1")
        line.work()
    assert kinds(line) == [[MessageKind.VOICE], [MessageKind.VOICE]]


def test_hanging_up_while_speaking_leaves_the_message(line: Line) -> None:
    call = line.ring().key("1").key("1")
    call.speak(hang_up=True)
    call.end()
    line.work()
    assert kinds(line) == [[MessageKind.VOICE]]


def test_an_end_that_overtakes_the_recording_loses_nothing(line: Line) -> None:
    call = line.ring().key("1").key("1")
    call.end()
    line.work()
    call.speak(hang_up=True)
    line.work()
    assert kinds(line) == [[MessageKind.MISSED_CALL, MessageKind.VOICE]]


# The few questions


def asking(make_line: Callable[..., Line], **how: object) -> tuple[Line, Phone]:
    """A line that asks all it may, and somebody who has just left a message there."""
    usual = {"ask": ("consent", "site"), "sites": (("NTO", "Ntokota"), ("COR", "Corrane"))}
    line = make_line(**(usual | how))
    call = line.ring().key("1").key("1")
    call.speak()
    return line, call


def test_what_is_asked_by_text_is_asked_on_the_line(make_line: Callable[..., Line]) -> None:
    line, call = asking(make_line)
    assert "É seguro" in call.heard[-1]
    assert "partilhar" in call.key("1").heard[-1]
    assert call.key("2").heard[-5:] == [
        "Em que local está? Marque o número do local. Para saltar, marque 0.",
        "Corrane",
        "1.",
        "Ntokota",
        "2.",
    ]
    assert call.key("2").is_over
    line.work()
    (case,) = line.cases()
    assert (case.consent.contact, case.consent.share) == (Answered.YES, Share.NO)
    assert case.site == "NTO"
    with line.hub.reading() as uow:
        told = [text.purpose for text in uow.deliveries_of(case.id)]
    assert told == [Purpose.ACKNOWLEDGEMENT], "and is not asked once more by text"


def test_each_question_can_be_skipped_by_key_by_silence_and_by_hanging_up(
    make_line: Callable[..., Line],
) -> None:
    line, call = asking(make_line)
    call.key("3").silence()
    assert "não serve" in "".join(call.key("7").heard[-6:])
    assert call.key("0").is_over
    line.ring(line.someone()).key("1").key("1").speak()
    line.work()
    for case in line.cases():
        assert (case.consent.contact, case.consent.share) == (Answered.NOT_ASKED, Share.NOT_ASKED)
        assert case.site == ""
    assert kinds(line) == [[MessageKind.VOICE], [MessageKind.VOICE]]


def test_three_questions_a_call_the_language_among_them(make_line: Callable[..., Line]) -> None:
    line = make_line(languages=("por", "eng"), ask=("consent", "site"), sites=(("NTO", "Ntokota"),))
    call = line.ring().key("1").key("1").key("1")
    call.speak()
    assert call.key("1").key("1").is_over


def test_a_question_nobody_approved_and_a_list_too_long_are_left_out(
    make_line: Callable[..., Line],
) -> None:
    line = make_line(
        ask=("consent", "site"), sites=tuple((f"S{n}", f"Local {n}") for n in range(10))
    )
    with line.hub.unit_of_work() as uow:
        wording = uow.wording("por", Purpose.VOICE_ASK_CONSENT)
        assert wording is not None
        wording.state = WordingState.DRAFT
        uow.commit()
    call = line.ring().key("1").key("1")
    call.speak()
    assert call.key("1").is_over


def test_a_hidden_number_is_not_asked_whether_it_may_be_rung(
    make_line: Callable[..., Line],
) -> None:
    line, call = asking(make_line, person="anonymous")
    assert "partilhar" in call.heard[-1]
    call.key("1").key("1")
    line.work()
    (case,) = line.cases()
    assert (case.consent.share, case.site) == (Share.ANONYMOUS, "COR")


def test_in_a_highly_sensitive_case_nothing_is_asked_on_the_line(line: Line) -> None:
    line.ring().key("1").key("1").speak(hang_up=True)
    with line.hub.unit_of_work() as uow:
        case = uow.case(line.cases()[0].id)
        assert case is not None
        case.suspect(Priority.P1, line.now)
        uow.commit()
    call = line.ring().key("1").key("1")
    call.speak()
    assert call.is_over


def test_no_language_chosen_is_the_first_one_and_no_dead_end(
    make_line: Callable[..., Line],
) -> None:
    line = make_line(languages=("por", "eng"))
    assert "Bem-vindo" in "".join(line.ring().silence().silence().heard)
    assert "Bem-vindo" in "".join(line.ring().key("0").heard)
    assert "Welcome" in "".join(line.ring().silence().key("2").heard)


# Missed calls


@pytest.mark.parametrize("status", ["completed", "no-answer", "busy", "canceled", "failed"])
def test_a_missed_call_is_one_request_however_often_it_rings(line: Line, status: str) -> None:
    for _ in range(3):
        call = line.ring()
        call.end(status)
        call.end(status)
        line.work()
    assert [set(one) for one in kinds(line)] == [{MessageKind.MISSED_CALL}]


def test_once_answered_a_new_missed_call_is_a_new_request(line: Line) -> None:
    line.ring().end()
    line.work()
    with line.hub.unit_of_work() as uow:
        case = uow.case(line.cases()[0].id)
        assert case is not None
        case.close(
            Outcome.WITHDRAWN,
            "said so",
            "test",
            line.now,
            1,
        )
        uow.commit()
    line.ring().end()
    line.work()
    assert len(line.cases()) == 2


@pytest.mark.parametrize("keys", ["", "1", "11", "12", "2", "4"])
def test_hanging_up_at_any_step_is_a_request(line: Line, keys: str) -> None:
    call = line.ring()
    for key in keys:
        call.key(key)
    call.end()
    line.work()
    assert kinds(line) == [[MessageKind.MISSED_CALL]]


def test_silence_twice_and_a_wrong_key_twice_are_no_dead_end(line: Line) -> None:
    assert "ligar" in line.ring().silence().silence().heard[-1]
    assert "ligar" in line.ring(line.someone()).key("9").key("8").heard[-1]
    line.work()
    assert len(line.cases()) == 2


def test_a_hidden_number_can_leave_a_message_and_is_asked_nothing_else(line: Line) -> None:
    call = line.ring("+266696687").key("3")
    assert "Não vemos o seu número" in "".join(call.heard)
    call.key("1").key("1")
    call.speak()
    line.ring("anonymous").end()
    line.work()
    assert kinds(line) == [[MessageKind.VOICE]]
    assert line.cases()[0].contact_id is None


# Asking


def test_the_answer_about_a_case_never_differs(line: Line) -> None:
    line.ring().key("1").key("1").speak()
    case = line.cases()[0]
    secret = line.secret(case)
    wrong = f"{(int(secret) + 1) % 1_000_000:06}"
    line.work()
    answers = set()
    for keyed in (case.ref + secret, case.ref + wrong, NOBODYS):
        call = line.ring().key("2")
        call.key(keyed)
        answers.add(call.answers[-1][2])
        call.end()
    assert len(answers) == 1
    line.work()
    assert kinds(line) == [[MessageKind.VOICE]]
    with line.hub.reading() as uow:
        event = tables.case_event.c
        asked = select(event.id).where(event.kind == EventKind.STATUS_ASKED)
        assert len(uow.session.scalars(asked).all()) == 1


def test_who_heard_the_answer_and_asks_to_be_called_is_called(line: Line) -> None:
    call = line.ring().key("2").key(NOBODYS).key("3")
    call.end()
    line.work()
    assert kinds(line) == [[MessageKind.MISSED_CALL]]


# A person


def test_a_person_is_reached_in_working_hours(line: Line) -> None:
    call = line.ring().key("4")
    assert call.dialed == OPERATOR
    call.talk().end()
    line.work()
    assert kinds(line) == []


def test_nobody_answers_or_it_is_closed_and_a_call_back_is_offered(line: Line) -> None:
    line.ring().key("4").silence().key("1")
    line.now -= VERY_EARLY
    call = line.ring(line.someone()).key("4")
    assert call.dialed == ""
    assert "ninguém" in "".join(call.heard)
    call.key("1")
    line.now += VERY_EARLY
    line.work()
    assert [len(one) for one in kinds(line)] == [1, 1]


def test_without_an_operator_nobody_is_offered(make_line: Callable[..., Line]) -> None:
    call = make_line(operator="").ring()
    assert "marque 4" not in "".join(call.heard)
    assert "não serve" in "".join(call.key("4").heard)


# Wordings


def test_nothing_unapproved_is_said_and_nobody_is_lost(make_line: Callable[..., Line]) -> None:
    line = make_line(approved=False)
    call = line.ring()
    assert "<Reject" in call.answers[0][2]
    assert call.heard == []
    call.end("busy")
    line.work()
    assert kinds(line) == [[MessageKind.MISSED_CALL]]


def test_one_draft_takes_its_language_off_the_menu(make_line: Callable[..., Line]) -> None:
    line = make_line(languages=("por", "eng"))
    assert "For English" in "".join(line.ring().heard)
    with line.hub.unit_of_work() as uow:
        wording = uow.wording("eng", Purpose.VOICE_GOODBYE)
        assert wording is not None
        wording.state = WordingState.DRAFT
        uow.commit()
    assert "For English" not in "".join(line.ring().heard)


def test_a_language_without_a_voice_is_heard_only_as_approved_recordings(
    make_line: Callable[..., Line],
) -> None:
    line = make_line(languages=("por", "vmw"))
    spoken = [purpose for purpose in Purpose if purpose.is_spoken]
    folder = line.home / "packs" / "vmw"
    folder.mkdir(parents=True)
    with line.hub.unit_of_work() as uow:
        for purpose in spoken:
            (folder / f"{purpose}.mp3").write_bytes(b"ID3" + purpose.encode())
            digest = digest_of(find_recording(line.home, "vmw", purpose))
            text = "(em Emakhuwa)"
            uow.add(Wording("vmw", purpose, text, WordingState.APPROVED, "Ana", line.now, digest))
        uow.commit()
    call = line.ring().key("2")
    assert call.played[-3:] == [
        f"{BASE}/prompts/vmw/{purpose}.mp3"
        for purpose in ("voice_welcome", "voice_menu", "voice_menu_person")
    ]
    assert "Emakhuwa" not in "".join(call.heard)
    heard = line.client.get("/prompts/vmw/voice_menu.mp3")
    assert (heard.status_code, heard.data) == (200, b"ID3voice_menu")
    heard.close()
    (folder / "voice_menu.mp3").write_bytes(b"somebody else")
    assert line.client.get("/prompts/vmw/voice_menu.mp3").status_code == 404
    assert len(line.ring().played) == 0
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "path",
    ["por/voice_menu.mp3", "por/voice_menu.exe", "../secrets/x.mp3", "por/answer.mp3", "x/y.mp3"],
)
def test_no_other_file_is_served(line: Line, path: str) -> None:
    assert line.client.get(f"/prompts/{path}").status_code == 404


# Always


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A line that has everything: languages, questions, sites, a person."""
    made = Line(
        tmp_path_factory.mktemp("line") / "home",
        languages=("por", "eng"),
        ask=("site", "consent"),
        sites=(("NTO", "Ntokota"), ("COR", "Corrane")),
    )
    yield made
    made.hub.close()


def move_on(call: Phone, move: str) -> None:
    """One thing a caller does where they are; what cannot be done there is silence."""
    match call.waits_for, move:
        case _, "r":
            call.repeat()
        case "Gather", "n":
            call.key(NOBODYS)
        case "Gather", key if key in "0123456789*#":
            call.key(key)
        case "Record", key if key in "12t":
            call.speak(hang_up=key == "t")
        case "Dial", key if key in "12":
            call.talk()
        case _:
            call.silence()


@given(
    moves=st.lists(st.sampled_from("0123456789*#srhtn"), max_size=24),
    ever_after=st.sampled_from("s1234569#n"),
    again=st.randoms(use_true_random=False),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_caller_does_there_is_an_answer_an_end_and_one_case(
    talkative: Line, moves: list[str], ever_after: str, again: Random
) -> None:
    line = talkative
    number = line.someone()
    call = line.ring(number)
    hung_up = False
    for move in [*moves, *ever_after * MOST_REQUESTS]:
        hung_up = move == "h" and not call.is_over
        if not call.waits_for or hung_up:
            break
        move_on(call, move)
    assert not call.waits_for or hung_up, "a call that never ends"
    call.end()
    line.work()

    def kept() -> list[tuple[str, MessageKind]]:
        made = [line.messages(case) for case in line.cases(number)]
        return sorted((one.external_id, one.kind) for messages in made for one in messages)

    said = kept()
    heard = "".join(answer for _, _, answer in call.answers)
    requests = [kind for _, kind in said if kind is MessageKind.MISSED_CALL]
    assert {one for one, kind in said if kind is MessageKind.VOICE} == set(call.recordings)
    assert len(requests) <= 1
    served = any(words in heard for words in ("Se estes são", "If these are"))
    reached = any("DialCallStatus" in form for _, form, _ in call.answers)
    declined = any("step=offer" in url and form["Digits"] == "2" for url, form, _ in call.answers)
    assert said or served or reached or declined
    # Twilio posts again what it believes lost, in any order.
    for url, form, _ in again.sample(call.answers, len(call.answers)):
        assert line.post(url, form)[0] == 200
    call.end()
    line.work()
    assert kept() == said


def test_every_step_of_the_table_is_reached_or_is_an_act() -> None:
    leads_to = {move.to for ask in TABLE.values() for move in ask.keys.values()}
    assert set(TABLE) - leads_to - {Step.DIALED} == set()
    assert leads_to - set(TABLE) == {Step.PERSON, Step.END}


def test_text_that_xml_cannot_hold_is_left_out() -> None:
    said = Call().hear(Prompt("a\x00b\ud800<&>"), "por").hang_up().reply().body.decode()
    assert "ab&lt;&amp;&gt;" in said
