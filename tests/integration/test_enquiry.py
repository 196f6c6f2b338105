"""Asking by message how a case stands, and stopping: the same for every case, and never a case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.events import EventKind
from feedback_hub.services import enquiry, loopback
from tests.integration.talking import ALICE, BERTA, CHIEF, PUMP, Talk


def told(talk: Talk, number: str = ALICE) -> list[str]:
    """What a person read of our answers to their questions."""
    with talk.hub.reading() as uow:
        return [
            uow.vault.open(t.key_id, t.text_sealed, loopback.text_bound_to(t.id))
            for t in talk.texts(number)
            if t.purpose is Purpose.STATUS and t.text_sealed
        ]


def asked(talk: Talk) -> int:
    return [kind for kind, _ in talk.events(talk.case())].count(EventKind.STATUS_ASKED)


@pytest.mark.parametrize("matter", [PUMP, CHIEF])
def test_the_answer_is_the_same_for_every_case_and_for_wrong_numbers(
    talk: Talk, matter: str
) -> None:
    talk.says(matter)
    case = talk.case()
    secret = talk.hub.keyring.secret_for(case.ref)
    wrong = f"{(int(secret) + 1) % 1_000_000:06}"
    talk.says(f"ESTADO {case.ref[:3]}-{case.ref[3:6]}-{case.ref[6:]} {secret}")
    assert asked(talk) == 1
    talk.says(f"status {case.ref} {wrong}")
    talk.says("estado")
    talk.says(f"/estado {case.ref} {secret}", BERTA)
    assert len({*told(talk), *told(talk, BERTA)}) == 1
    assert len(told(talk)) == 3
    assert talk.words(talk.case()) == [matter]
    assert talk.cases(BERTA) == []
    assert asked(talk) == 2


def test_wrong_tries_are_slowed_by_who_asks_and_by_what_is_asked(talk: Talk) -> None:
    talk.says(PUMP)
    case = talk.case()
    secret = talk.hub.keyring.secret_for(case.ref)
    wrong = f"{(int(secret) + 1) % 1_000_000:06}"
    for _ in range(enquiry.MOST_WRONG):
        talk.says(f"estado {case.ref} {wrong}", BERTA)
    talk.says(f"estado {case.ref} {secret}", BERTA)
    talk.says(f"estado {case.ref} {secret}")
    assert asked(talk) == 0
    talk.now += enquiry.WITHIN + timedelta(minutes=1)
    talk.says(f"estado {case.ref} {secret}")
    assert asked(talk) == 1
    for _ in range(20):
        talk.says("estado", BERTA, work=False)
    talk.work()
    assert len(told(talk, BERTA)) == enquiry.MOST_ANSWERS


def test_the_two_numbers_alone_ask_too_and_other_numbers_are_a_message(talk: Talk) -> None:
    talk.says(PUMP)
    case = talk.case()
    secret = talk.hub.keyring.secret_for(case.ref)
    talk.says(f"{case.ref[:3]} {case.ref[3:6]} {case.ref[6:]}, {secret}", BERTA)
    assert len(told(talk, BERTA)) == asked(talk) == 1
    assert talk.cases(BERTA) == []
    wrong = f"{case.ref} {(int(secret) + 1) % 1_000_000:06}"
    talk.says(wrong, BERTA)
    assert talk.words(talk.cases(BERTA)[0]) == [wrong]


def test_a_complaint_that_begins_like_a_question_is_a_complaint(talk: Talk) -> None:
    talk.says("estado da bomba e mau")
    assert talk.words(talk.case()) == ["estado da bomba e mau"]


def test_who_stopped_may_complain_and_is_confirmed_once(talk: Talk) -> None:
    for _ in range(3):
        talk.says("PARAR")
    talk.says(PUMP)
    talk.says("estado")
    sent = [t.purpose for t in talk.texts() if not t.withheld]
    assert sent == [Purpose.STOPPED]
    assert talk.words(talk.case()) == [PUMP]
    talk.says("Começar")
    sent = [t.purpose for t in talk.texts() if not t.withheld]
    assert sent == [Purpose.STOPPED, Purpose.RESUMED]
