"""What the word classifier makes of what people write, and what it must never do.

``classifier_cases.csv`` was written apart from the lexicons and the demonstration. Cases marked
``tuned_on=no`` were never looked at while the lexicons were written: what holds for them is what a
new message may expect, and it is asserted at what is honestly reached, not at what we wish for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.lexicon import Lexicon
from feedback_hub.domain.coding import UNCLEAR, CodingFrame
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.frame import load_frame

FRAME = load_frame()
CLASSIFIER = LexiconClassifier.shipped(FRAME)


class Case(NamedTuple):
    """One labelled message."""

    text: str
    language: str
    codes: tuple[str, ...]
    tuned_on: bool

    @property
    def endangers(self) -> bool:
        """Whether it is truly highly sensitive."""
        return FRAME.sensitivity_of(self.codes) is Sensitivity.L3


def _cases() -> list[Case]:
    with (
        Path(__file__).with_name("classifier_cases.csv").open(encoding="utf-8", newline="") as file
    ):
        return [
            Case(
                row["text"],
                row["language"],
                tuple(row["codes"].split(";")),
                row["tuned_on"] == "yes",
            )
            for row in csv.DictReader(file)
        ]


CASES = _cases()
UNSEEN = [case for case in CASES if not case.tuned_on]
SEEN = [case for case in CASES if case.tuned_on]


def _raised(case: Case) -> bool:
    return CLASSIFIER.classify(case.text).sensitivity is Sensitivity.L3


def _share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return sum(counted) / len(counted)


def _type_is_right(case: Case) -> bool:
    return FRAME.type_of(CLASSIFIER.classify(case.text).codes) is FRAME.type_of(case.codes)


def test_the_cases_are_enough_to_say_something() -> None:
    assert len({case.text for case in CASES}) == len(CASES) >= 120
    assert sum(case.endangers for case in UNSEEN) >= 25
    assert sum(not case.endangers for case in UNSEEN) >= 25


@pytest.mark.parametrize(("cases", "least"), [(UNSEEN, 0.7), (SEEN, 0.97)], ids=["unseen", "seen"])
def test_messages_that_endanger_a_person_are_raised(cases: list[Case], least: float) -> None:
    assert _share(_raised(case) for case in cases if case.endangers) >= least


@pytest.mark.parametrize("cases", [UNSEEN, SEEN], ids=["unseen", "seen"])
def test_few_ordinary_messages_are_raised(cases: list[Case]) -> None:
    assert _share(_raised(case) for case in cases if not case.endangers) <= 0.04


@pytest.mark.parametrize(("cases", "least"), [(UNSEEN, 0.68), (SEEN, 0.9)], ids=["unseen", "seen"])
def test_the_type_is_mostly_right(cases: list[Case], least: float) -> None:
    assert _share(_type_is_right(case) for case in cases) >= least


def test_the_language_is_mostly_known() -> None:
    right = (CLASSIFIER.classify(case.text).language == case.language for case in CASES)
    assert _share(right) >= 0.95


@pytest.mark.parametrize(
    "text",
    [
        "vimos uma cobra grande perto das latrinas",
        "gostamos da palestra sobre violencia domestica",
        "ninguem pediu dinheiro, obrigado",
        "we liked the training on gender based violence",
        "estamos a morrer de sede",
        "quanto custa a agua no fontanario",
        "the football team beat block C",
        "fugimos da guerra em 2020, pedimos uma tenda",
        "mulheres gravidas tem direito ao vale?",
    ],
)
def test_what_only_sounds_alarming_stays_ordinary(text: str) -> None:
    assert CLASSIFIER.classify(text).sensitivity is not Sensitivity.L3


@pytest.mark.parametrize(
    "text",
    [
        "o chefe cobra 200 mt para por nome na lista",
        "O CHEFE COBRA 200 MT PARA PÔR NOME NA LISTA!!!",
        "o xefe kobra 200mt p por nome na lista",
        "o cheffe cobraa 200 meticais pra por nome na listaa",
    ],
)
def test_spelling_does_not_hide_a_bribe(text: str) -> None:
    suggestion = CLASSIFIER.classify(text)
    assert "misconduct.bribe" in suggestion.codes
    assert suggestion.priority is Priority.P1


@pytest.mark.parametrize("text", ["", " ", "???", "12345", "\x00", "ø" * 500, "🙏🙏"])
def test_nothing_readable_is_unclear_and_not_a_guess(text: str) -> None:
    suggestion = CLASSIFIER.classify(text)
    assert suggestion.codes == (UNCLEAR,) or suggestion.codes[0].startswith("question.")
    assert suggestion.sensitivity is Sensitivity.L1
    assert suggestion.confidence < 0.75


def test_a_reason_quotes_the_message_as_it_was_written() -> None:
    text = "Sem dar Refrêsco ninguém recebe a Senha."
    suggestion = CLASSIFIER.classify(text)
    assert suggestion.codes[0] == "misconduct.bribe"
    assert suggestion.reasons
    assert all(reason.words in text for reason in suggestion.reasons)


def test_the_same_words_give_the_same_answer_from_another_instance() -> None:
    other = LexiconClassifier.shipped(FRAME)
    other.prepare()
    assert other.version == CLASSIFIER.version
    for case in CASES[:20]:
        assert other.classify(case.text) == CLASSIFIER.classify(case.text)


@pytest.mark.parametrize("case", [case for case in SEEN if case.endangers][:40])
def test_ordinary_words_beside_a_danger_never_hide_it(case: Case) -> None:
    """A machine may only raise: an ordinary request in the same message changes nothing."""
    before = CLASSIFIER.classify(case.text).sensitivity
    after = CLASSIFIER.classify(f"{case.text}. obrigado, pedimos agua e lonas")
    assert after.sensitivity >= before


@given(st.text(max_size=300))
def test_whatever_is_typed_the_answer_is_whole(text: str) -> None:
    suggestion = CLASSIFIER.classify(text)
    assert suggestion.codes
    assert all(code in FRAME for code in suggestion.codes)
    assert suggestion.sensitivity is FRAME.sensitivity_of(suggestion.codes)
    assert suggestion.priority is FRAME.priority_of(suggestion.codes)
    assert 0 <= suggestion.confidence <= 1
    assert all(reason.words in text for reason in suggestion.reasons)


_WORDS = sorted({word for case in CASES for word in case.text.split()})


@given(st.lists(st.sampled_from(_WORDS), max_size=60).map(" ".join))
def test_the_fields_own_words_in_any_order_are_read_whole(text: str) -> None:
    suggestion = CLASSIFIER.classify(text)
    assert all(code in FRAME for code in suggestion.codes)
    assert suggestion.sensitivity is FRAME.sensitivity_of(suggestion.codes)


def _lexicon(body: str, frame: CodingFrame = FRAME) -> Lexicon:
    return Lexicon({"lexicon_xxx.toml": body}, frame)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("known = ", "lexicon_xxx.toml"),
        ('[codes."thanks.weather"]\nstrong = "sol"', "thanks.weather"),
        ('[codes."thanks.any"]\nstrong = "@nobody"', "thanks.any, @nobody"),
        ('[codes."thanks.any"]\nstrong = "a*b"', "thanks.any"),
        ('[sectors]\nweather = "sol"', "weather"),
    ],
)
def test_a_damaged_lexicon_is_named(body: str, named: str) -> None:
    with pytest.raises(Invalid, match=named):
        _lexicon(body)


def _found(body: str, text: str) -> list[str]:
    lexicon = _lexicon(body)
    return [match.value for match in lexicon.matches(lexicon.read(text), frozenset())]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("lista", "a LÍSTA saiu", True),
        ("avari*", "bomba avariada", True),
        ("bomba .. avari*", "bomba do bloco esta avariada", True),
        ("bomba .. avari*", "avariada a bomba", False),
        ("bomba .. avari*", "bomba nova. outra avariada", False),
        ("bomba & avari*", "avariada esta a bomba", True),
        ("casa_banho", "casa de banho", False),
        ("casa banho", "casa de banho", True),
        ("x|nao_quer", "ela nao quer", True),
        ("x|nao_quer", "nao, ela quer", False),
        ("lista", "nao ha lista", False),
        ("nunca lista", "nunca lista", True),
    ],
)
def test_a_phrase_reads_as_its_notation_says(phrase: str, text: str, found: bool) -> None:
    words = '[words]\nnot = "nao nunca"\nlight = "ha"\n'
    body = f'{words}[codes."thanks.any"]\nstrong = "{phrase}"\n'
    assert bool(_found(body, text)) is found


def test_long_text_is_cut_into_no_more_pieces_than_it_has_words() -> None:
    lexicon = _lexicon('[codes."thanks.any"]\nstrong = "a .. a .. a & b"')
    for size in (10, 1000):
        reading = lexicon.read("a b " * size)
        assert len(reading.tokens) == 2 * size
        assert len(lexicon.matches(reading, frozenset())) == 1
