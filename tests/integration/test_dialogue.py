"""The few questions after a message: skippable, never a condition, and nothing is swallowed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_hub.config import values
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Purpose, Step
from feedback_hub.domain.dialogue import DIALOGUE, MOST_QUESTIONS, SKIPPED, answer_in, choices_in
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.place import Site
from tests.integration.talking import ALICE, CHIEF, PUMP, Talk, make_talk

BARE = "a bomba avariou"


@pytest.fixture
def asking(own_database_url: str, tmp_path: Path) -> Iterator[Talk]:
    made = make_talk(own_database_url, tmp_path / "home", ask=["language", "consent", "site"])
    with made.hub.unit_of_work() as uow:
        uow.session.add(Site("NTO", "Ntokota", aliases=("Antokota",)))
        uow.commit()
    yield made
    made.hub.close()


def purposes(talk: Talk) -> list[Purpose]:
    return [t.purpose for t in talk.texts() if not t.withheld]


def test_three_questions_one_after_the_other_set_what_was_answered(asking: Talk) -> None:
    asking.says(BARE)
    assert purposes(asking) == [Purpose.ACKNOWLEDGEMENT, Purpose.ASK_LANGUAGE]
    asking.says("2")
    asking.says("Sim.")
    asking.says("Ntokóta")
    assert purposes(asking)[2:] == [Purpose.ASK_CONSENT, Purpose.ASK_SITE]
    case, contact = asking.case(), asking.contact()
    assert contact is not None
    assert (contact.language, contact.site, contact.asking) == ("eng", "NTO", None)
    assert (case.consent.share, case.site) == (Share.ANONYMOUS, "NTO")
    assert asking.words(case) == [BARE]
    assert [t.language for t in asking.texts()][2:] == ["eng", "eng"]


def test_what_is_no_answer_is_a_message_and_each_question_is_asked_once(asking: Talk) -> None:
    asking.says(BARE)
    asking.says("no bloco C")
    asking.says("9")
    asking.says("1")
    asking.says("saltar")
    asking.says("0")
    asking.says("1")
    assert asking.words(asking.case()) == [BARE, "no bloco C", "9", "1"]
    assert len(purposes(asking)) == 4


def test_in_a_highly_sensitive_case_nothing_is_asked(asking: Talk) -> None:
    asking.says(CHIEF)
    asking.says("1")
    asking.says(PUMP)
    assert purposes(asking) == [Purpose.ACKNOWLEDGEMENT]
    chief = asking.cases()[0]
    assert asking.words(chief) == [CHIEF, "1"]
    assert all(t.case_id != chief.id for t in asking.texts() if not t.withheld)


def test_opening_a_chat_is_no_case_and_a_poster_names_the_site(asking: Talk) -> None:
    for _ in range(3):
        asking.says("start", kind=MessageKind.OPENED, site="NTO")
    assert purposes(asking) == [Purpose.WELCOME, Purpose.ASK_LANGUAGE]
    assert asking.cases() == []
    asking.says("1")
    asking.says(BARE)
    assert asking.case().site == "NTO"
    assert purposes(asking)[2:] == [Purpose.ACKNOWLEDGEMENT, Purpose.ASK_CONSENT]


def test_a_button_answers_its_own_question_whenever_it_is_pressed(asking: Talk) -> None:
    def press(number: str, question: Purpose) -> None:
        (asked,) = [t for t in asking.texts() if t.purpose is question]
        asking.says(number, metadata={"callback": "1"}, reply_to=asked.provider_id)

    asking.says(BARE)
    press("1", Purpose.ASK_LANGUAGE)
    asking.says("1")
    assert asking.case().consent.share is Share.ANONYMOUS
    press("2", Purpose.ASK_CONSENT)
    press("2", Purpose.ASK_LANGUAGE)
    contact = asking.contact()
    assert contact is not None
    assert (asking.case().consent.share, contact.language) == (Share.NO, "eng")
    assert contact.asking is Step.SITE
    assert asking.words(asking.case()) == [BARE]
    assert len(purposes(asking)) == 4


def test_it_is_off_unless_it_is_set(talk: Talk) -> None:
    talk.says(BARE)
    talk.says("1")
    assert purposes(talk) == [Purpose.ACKNOWLEDGEMENT]
    assert talk.words(talk.case()) == [BARE, "1"]


def test_a_phone_that_is_not_safe_gets_no_more_texts_about_the_case(
    own_database_url: str, tmp_path: Path
) -> None:
    talk = make_talk(own_database_url, tmp_path / "home", ask=["safe"])
    talk.says(BARE)
    talk.says("nao")
    contact = talk.contact(ALICE)
    assert contact is not None
    assert contact.private_phone is Answered.NO
    assert not talk.case().consent.may_contact
    talk.hub.close()


def test_every_question_can_be_configured() -> None:
    asked = tuple(step for step in Step if step is not Step.SATISFACTION)
    assert (asked, MOST_QUESTIONS) == (values.QUESTIONS, values.MOST_QUESTIONS)


@pytest.mark.parametrize("language", ["por", "eng"])
@pytest.mark.parametrize("step", [s for s in Step if DIALOGUE[s].choices])
def test_the_wording_numbers_the_choices_that_are_declared(step: Step, language: str) -> None:
    path = Path("templates/messages", language, f"{DIALOGUE[step].purpose}.txt")
    offered = choices_in((Path(__file__).parents[2] / path).read_text("utf-8"))
    values = [answer_in(step, words, {}) for words in offered]
    assert values == [*(choice.value for choice in DIALOGUE[step].choices), SKIPPED]
    assert [answer_in(step, str(n + 1), {}) for n in range(len(offered))] == values
