"""What the shipped classifier, a model that learned beside the rules, makes of messages.

``classifier_cases.csv`` is by another hand than the messages the model learned from;
``classifier_exam.csv`` was written apart from them, by scenario, and half of it is
hinted at, misspelt or short, the other half chosen to be mistaken.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.light_classifier import CLASSIFIED, LightClassifier
from feedback_hub.adapters.light_model import LightModel
from feedback_hub.adapters.model_store import SHIPPED_FULL, ModelStore, shipped_digest
from feedback_hub.adapters.sentences import E5Sentences, has_sentences
from feedback_hub.domain.coding import UNCLEAR
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.suggestion import Suggestion
from feedback_hub.frame import load_frame

LEAST_RECALL, MOST_RAISED, LEAST_TYPES = 0.85, 0.15, 0.7
FRAME = load_frame()
RULES = LexiconClassifier.shipped(FRAME)
CASES = list(
    csv.DictReader(Path(__file__).with_name("classifier_cases.csv").read_text("utf-8").splitlines())
)
SEED = list(
    csv.DictReader(
        files("feedback_hub.frame").joinpath("classifier_seed.csv").read_text("utf-8").splitlines()
    )
)


SCENARIOS = [
    row
    for row in csv.DictReader(
        files("feedback_hub.frame").joinpath("classifier_exam.csv").read_text("utf-8").splitlines()
    )
    if row["part"] != "tuned"
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return ModelStore(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def classifier(store: ModelStore) -> LightClassifier:
    made = LightClassifier(FRAME, RULES, store.active(), store.load)
    made.prepare()
    return made


@pytest.fixture(scope="module")
def unseen(classifier: LightClassifier) -> list[tuple[tuple[str, ...], Suggestion]]:
    return [
        (tuple(case["codes"].split(";")), classifier.classify(case["text"]))
        for case in CASES
        if case["tuned_on"] == "no"
    ]


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def test_messages_that_endanger_a_person_are_raised(
    unseen: list[tuple[tuple[str, ...], Suggestion]],
) -> None:
    raised = [
        said.sensitivity is Sensitivity.L3
        for codes, said in unseen
        if FRAME.sensitivity_of(codes) is Sensitivity.L3
    ]
    assert _share(raised) >= 0.9


def test_most_ordinary_messages_are_not(
    unseen: list[tuple[tuple[str, ...], Suggestion]],
) -> None:
    raised = [
        said.sensitivity is Sensitivity.L3
        for codes, said in unseen
        if FRAME.sensitivity_of(codes) is not Sensitivity.L3
    ]
    assert _share(raised) <= 0.15


def test_the_type_is_mostly_right(unseen: list[tuple[tuple[str, ...], Suggestion]]) -> None:
    right = [FRAME.type_of(codes) is FRAME.type_of(said.codes) for codes, said in unseen]
    assert _share(right) >= 0.75


def test_scenarios_written_apart_are_read_as_the_page_says(classifier: LightClassifier) -> None:
    """The light model alone; docs/classifier.md says what the full one makes of them."""
    said = [classifier.classify(row["text"]) for row in SCENARIOS]
    truth = [FRAME.sensitivity_of(row["codes"].split(";")) for row in SCENARIOS]
    raised = [one.sensitivity is Sensitivity.L3 for one in said]
    l3 = [is_l3 is Sensitivity.L3 for is_l3 in truth]
    assert _share([up for up, is_l3 in zip(raised, l3, strict=True) if is_l3]) >= LEAST_RECALL
    assert _share([up for up, is_l3 in zip(raised, l3, strict=True) if not is_l3]) <= MOST_RAISED
    right = [
        FRAME.type_of(row["codes"].split(";")) is FRAME.type_of(one.codes)
        for row, one in zip(SCENARIOS, said, strict=True)
    ]
    assert _share(right) >= LEAST_TYPES


@pytest.mark.skipif(not has_sentences(), reason="the full extra is not installed here")
def test_what_a_hub_raises_by_both_readings_meets_the_aim(
    store: ModelStore, tmp_path: Path
) -> None:
    """One in three of the scenarios: docs/classifier.md says what all of them give."""
    full = ModelStore(tmp_path, full=True)
    first = LightClassifier(FRAME, RULES, store.active(), store.load, read_again=True)
    second = LightClassifier(FRAME, RULES, full.active(), full.load, E5Sentences())
    asked = SCENARIOS[::3]
    texts = [(row["text"], "und") for row in asked]
    both = zip(first.classify_all(texts), second.classify_all(texts), strict=True)
    raised = [any(one.sensitivity is Sensitivity.L3 for one in pair) for pair in both]
    truth = [FRAME.sensitivity_of(row["codes"].split(";")) is Sensitivity.L3 for row in asked]
    assert _share([up for up, l3 in zip(raised, truth, strict=True) if l3]) >= 0.93
    assert _share([up for up, l3 in zip(raised, truth, strict=True) if not l3]) <= 0.15


def test_no_sibling_of_a_scenario_is_among_what_was_learnt() -> None:
    def grams(text: str) -> frozenset[str]:
        plain = "".join(sign for sign in text.lower() if sign.isalnum() or sign == " ")
        return frozenset(plain[at : at + 4] for at in range(len(plain) - 3))

    having: defaultdict[str, set[int]] = defaultdict(set)
    learnt = [grams(row["text"]) for row in SEED]
    for at, found in enumerate(learnt):
        for gram in found:
            having[gram].add(at)
    for row in SCENARIOS:
        asked = grams(row["text"])
        shared = Counter(at for gram in asked for at in having.get(gram, ()))
        for at, common in shared.most_common(5):
            alike = common / len(asked | learnt[at])
            assert alike < 0.6 or len(asked) < 8, (row["text"], SEED[at]["text"])


@pytest.mark.skipif(not has_sentences(), reason="the full extra is not installed here")
def test_the_full_model_finds_what_is_only_hinted_at(store: ModelStore, tmp_path: Path) -> None:
    full = ModelStore(tmp_path, full=True)
    made = LightClassifier(FRAME, RULES, full.active(), full.load, E5Sentences())
    made.prepare()
    assert made.version.startswith("full-")
    assert full.active() == shipped_digest(SHIPPED_FULL) != store.active()
    hints = [
        "ela so consegue agua a noite porque e quando o guarda ajuda, e volta calada",
        "he never asks money, he asks who is at home in the evening",
        "nous savons toutes ce que veut dire passer au salon avant la carte",
        "wanaokwenda na dereva ndio wanaopata maji kwanza",
        "dice que la tinta del papel depende de lo amable que yo sea de noche",
    ]
    ordinary = [
        "a bomba do bairro 4 avariou outra vez",
        "what time is the meeting of the child protection committee",
        "merci pour les couvertures",
        "vyoo vimejaa",
        "cuando entregan los mercados",
    ]
    said = made.classify_all([(text, "und") for text in (*hints, *ordinary)])
    raised = [one.sensitivity is Sensitivity.L3 for one in said]
    assert sum(raised[:5]) >= 4
    assert not any(raised[5:])


@pytest.mark.parametrize(
    "text",
    [
        "o chefe disse que se eu for a casa dele a noite o meu nome fica na lista",
        "le gardien dit que je dois dormir chez lui pour avoir la carte",
        "mlinzi anasema nilale naye ndio nipate kadi",
        "el guardia dice que si duermo con el me da la tarjeta",
        "he said come to my room at night then your name will be on the list",
    ],
)
def test_an_indirect_disclosure_is_raised_in_every_language(
    classifier: LightClassifier, text: str
) -> None:
    said = classifier.classify(text)
    assert said.sensitivity is Sensitivity.L3
    assert any(reason.field == "sensitivity" for reason in said.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "vimos uma cobra grande perto das latrinas",
        "we liked the training on gender based violence",
        "la pompe est en panne depuis une semaine",
        "asante kwa chakula",
        "cuando llega el agua?",
    ],
)
def test_what_is_ordinary_stays_ordinary(classifier: LightClassifier, text: str) -> None:
    assert classifier.classify(text).sensitivity is not Sensitivity.L3


@pytest.mark.parametrize(
    "text", ["O posto de saude esta fechado em Corrane", "the health post is closed"]
)
def test_a_closed_health_post_is_a_complaint_and_no_rumour(
    classifier: LightClassifier, text: str
) -> None:
    said = classifier.classify(text)
    assert (said.codes, said.sector) == (("complaint.access",), "health")


@pytest.mark.parametrize(
    "text", ["uma cobra mordeu o meu filho", "o meu filho foi mordido por uma cobra"]
)
def test_a_bite_calls_somebody_at_once(classifier: LightClassifier, text: str) -> None:
    assert classifier.classify(text).priority is Priority.P0


@pytest.mark.parametrize("text", ["", " ", "???", "12345", "\x00", "ø" * 500, "🙏🙏"])
def test_nothing_readable_is_unclear(classifier: LightClassifier, text: str) -> None:
    said = classifier.classify(text)
    assert said.codes == (UNCLEAR,)
    assert said.confidence < 0.5


@pytest.mark.parametrize(
    "text",
    ["no bloco C", "e a escola", "vi uma cobra no bloco 4", "the list", "le chef", "na shule"],
)
def test_a_few_words_about_nothing_are_left_to_a_person_and_never_raised(
    classifier: LightClassifier, text: str
) -> None:
    said = classifier.classify(text)
    assert said.codes == (UNCLEAR,)
    assert said.sensitivity is Sensitivity.L1
    assert said.confidence < 0.5


@pytest.mark.parametrize("text", ["fome", "no water", "merci", "ele bate-me", "wataniua"])
def test_a_word_that_says_enough_is_read(classifier: LightClassifier, text: str) -> None:
    assert classifier.classify(text).codes != (UNCLEAR,)


@given(text=st.text(max_size=300))
def test_whatever_is_typed_the_answer_is_whole(classifier: LightClassifier, text: str) -> None:
    said = classifier.classify(text)
    assert said.codes
    assert all(code in FRAME for code in said.codes)
    assert said.sensitivity is FRAME.sensitivity_of(said.codes)
    assert said.priority is FRAME.priority_of(said.codes)
    for sure in (
        said.confidence,
        said.sector_confidence,
        said.sensitivity_confidence,
        said.priority_confidence,
    ):
        assert 0 <= sure <= 1
    assert all(reason.words in text for reason in said.reasons)


def test_the_rules_may_only_raise(classifier: LightClassifier) -> None:
    for case in CASES[:150]:
        by_rule = RULES.classify(case["text"]).sensitivity
        if by_rule is Sensitivity.L3:
            assert classifier.classify(case["text"]).sensitivity is Sensitivity.L3


def test_every_seed_message_is_coded_by_the_frame_and_its_family_stays_whole() -> None:
    assert len({row["text"] for row in SEED}) == len(SEED) >= 2000
    assert {row["language"] for row in SEED} == set(CLASSIFIED)
    for row in SEED:
        codes = row["codes"].split(";")
        assert row["sensitivity"] == FRAME.sensitivity_of(codes)
        assert row["priority"] == FRAME.priority_of(codes)
    assert {row["codes"].split(";")[0] for row in SEED} == {code.code for code in FRAME}


def test_a_model_is_kept_used_and_rolled_back(tmp_path: Path, store: ModelStore) -> None:
    mine = ModelStore(tmp_path)
    with pytest.raises(Invalid):
        mine.roll_back()
    packed = store.load(shipped_digest()).saying({"made": "here"}).to_bytes()
    digest = mine.keep(packed)
    assert mine.active() == shipped_digest()
    mine.use(digest)
    assert ModelStore(tmp_path).active() == digest == hashlib.sha256(packed).hexdigest()
    assert mine.roll_back() == shipped_digest()


def test_an_altered_model_is_not_read(tmp_path: Path, store: ModelStore) -> None:
    mine = ModelStore(tmp_path)
    digest = mine.keep(store.load(shipped_digest()).saying({"made": "here"}).to_bytes())
    file = tmp_path / "classifier" / f"{digest}.npz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(Invalid, match="checksum"):
        mine.load(digest)
    with pytest.raises(Invalid):
        mine.use(digest)
    with pytest.raises(Invalid):
        LightModel.from_bytes(b"no zip", hashlib.sha256(b"no zip").hexdigest())
