"""The classifier that ships: a light model that learned, and rules that may only raise.

It suggests; a person confirms (DOMAIN.md, Harm). The rules (``classifier``) know what their
writers thought of; the model has seen messages and recognises what resembles them. Either may
raise a message to highly sensitive, neither can lower what the other raised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from feedback_hub.adapters.classifier import LexiconClassifier, Spoken
from feedback_hub.adapters.concepts import Concepts, shipped_concepts
from feedback_hub.adapters.evidence import Evidence, evidence
from feedback_hub.adapters.languages import UNKNOWN
from feedback_hub.adapters.lexicon import Reading
from feedback_hub.adapters.light_model import LEVEL, LightModel, Weighed
from feedback_hub.adapters.sentences import Sentences
from feedback_hub.domain.coding import UNCLEAR, CodingFrame, Sector
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.suggestion import Reason, Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The languages of the messages the model learned from; of others it says little.
CLASSIFIED = ("por", "eng", "fra", "swh", "spa")

_MOST_CODES = 4
_MOST_REASONS = 16
# Another code is named beside the first where it is nearly as likely; one that would call somebody
# out of bed, only where it is likelier than not by far.
_AS_LIKELY = 0.9
_LIKELY_AT_ALL = math.log(0.25)
_LIKELY_BY_FAR = math.log(0.5)
# So likely to be a matter of life that nobody waits for a second reading.
_LIFE = 0.25
# Below this even the likeliest code would be a guess at random.
_NO_GUESS = math.log(0.06)
# How much "is it highly sensitive?" counts beside "is it one of the codes that are?".
_ASKED = 1.0
_ALL_BUT_SURE = 1e-6
_SECTORS_FOR_MULTI = 3
_RULE_COUNTS, _MOST_OF_A_RULE = 0.2, 6
_NOTHING_READ, _UNCLEAR_AT_MOST = 0.2, 0.4
_A_WORD_OR_TWO, _FEW_WORDS, _HALF_SURE = 2, 3, 0.5


@dataclass(frozen=True)
class Verdict:
    """What follows from what a text weighs. ``codes``: the most likely first, never empty.

    ``margin`` is how far the first code is ahead, ``sector_margin`` alike; for ``sure``.
    ``in_doubt``: not raised only because another machine will read it too.
    """

    codes: tuple[str, ...]
    sector: str
    raised: bool
    margin: float
    sector_margin: float
    in_doubt: bool = False


class Judge:
    """Turns weights into codes, by the frame. What training judges by and what the hub does."""

    def __init__(self, frame: CodingFrame) -> None:
        self._frame = frame
        self._l3 = frozenset(c.code for c in frame if c.sensitivity is Sensitivity.L3)
        self._p0 = frozenset(c.code for c in frame if c.priority is Priority.P0)
        self._least = {
            c.code: _LIKELY_BY_FAR if c.code in self._p0 else _LIKELY_AT_ALL for c in frame
        }

    def level(self, weighed: Weighed) -> float:
        """How much speaks for highly sensitive: asked outright, and by way of what it is about.

        The two err on other messages, so both together err least.
        """
        share = sum(math.exp(one) for code, one in weighed.codes.items() if code in self._l3)
        odds = math.log((share + _ALL_BUT_SURE) / (1 - share + _ALL_BUT_SURE))
        return (_ASKED * weighed.level + odds) / (_ASKED + 1)

    def may_be_life(self, weighed: Weighed) -> bool:
        """Whether it may be a matter of life: then nobody waits to be surer."""
        share = sum(math.exp(weighed.codes.get(code, -math.inf)) for code in self._p0)
        return share >= _LIFE

    def judge(
        self,
        weighed: Weighed,
        rules: Mapping[str, int],
        alarming: Sequence[str],
        threshold: float,
        firm: float = math.inf,
        *,
        read_again: bool = False,
    ) -> Verdict:
        """``rules``: code → what the rules scored; ``alarming``: the codes they insist on.

        Above ``firm`` even words that nobody listed are believed. ``read_again``: another machine
        reads it soon, and only what is above ``firm`` is raised now, and what may be a matter of
        life.
        """
        level = self.level(weighed)
        if not weighed.grounded and level <= firm:
            return Verdict((UNCLEAR,), "", raised=False, margin=0.0, sector_margin=0.0)
        raised = level > threshold or not self._l3.isdisjoint(alarming)
        doubtful = raised and read_again and level <= firm
        if doubtful and self._l3.isdisjoint(alarming) and not self.may_be_life(weighed):
            calm = self.judge(weighed, rules, alarming, math.inf)
            return replace(calm, in_doubt=True)
        shares = {
            code: share + _RULE_COUNTS * min(rules.get(code, 0), _MOST_OF_A_RULE)
            for code, share in weighed.codes.items()
            if (raised or code not in self._l3) and code in self._frame
        }
        ranked = sorted(shares, key=lambda code: (-shares[code], code))
        first = ranked[0]
        margin = shares[first] - shares[ranked[1]] if len(ranked) > 1 else 0.0
        if shares[first] < _NO_GUESS and not raised and not alarming:
            first = UNCLEAR
        codes = [] if first == UNCLEAR and alarming else [first]
        codes += alarming
        if first != UNCLEAR:
            codes += [
                code
                for code in ranked[1:_MOST_CODES]
                if shares[code] > max(shares[first] - _AS_LIKELY, self._least[code])
                and code != UNCLEAR
            ]
        if raised and self._l3.isdisjoint(codes):
            codes += [code for code in ranked if code in self._l3][:1]
        codes = list(dict.fromkeys(codes))
        sector, sector_margin = self._sector(codes, weighed)
        return Verdict(tuple(codes), sector, raised, margin, sector_margin)

    def _sector(self, codes: Sequence[str], weighed: Weighed) -> tuple[str, float]:
        ranked = list(weighed.sectors.items())
        margin = ranked[0][1] - ranked[1][1]
        implied = {sector for code in codes if (sector := self._frame[code].sector)}
        if len(implied) >= _SECTORS_FOR_MULTI:
            return Sector.MULTI, margin
        first = self._frame[codes[0]].sector
        if first or codes[0] == UNCLEAR:
            return first or "", margin
        name = ranked[0][0]
        return ("" if name == "none" else name), margin


class LightClassifier:
    """Fulfils ``services.ports.Classifier``. Pure; safe from several threads."""

    def __init__(
        self,
        frame: CodingFrame,
        rules: LexiconClassifier,
        digest: str,
        load: Callable[[str], LightModel],
        sentences: Sentences | None = None,
        *,
        read_again: bool = False,
    ) -> None:
        """``load`` opens the model whose SHA-256 is ``digest``, when it is first needed.

        ``sentences``: for a full model, which weighs what a message means besides its words.
        ``read_again``: a full one reads within minutes what this one reads at once.
        """
        self._read_again = read_again
        self._sentences = sentences
        self._frame = frame
        self._rules = rules
        self._digest = digest
        self._load = load
        self._judge = Judge(frame)
        kind = "light" if sentences is None else "full"
        self.version = f"{kind}-{digest[:12]}/{rules.version}"

    # Every process builds a classifier and few ever classify, so all is loaded at first use. Two
    # threads may both load; the result is the same.
    @cached_property
    def _model(self) -> LightModel:
        return self._load(self._digest)

    @cached_property
    def _concepts(self) -> Concepts:
        return Concepts(shipped_concepts())

    def alone(self) -> LightClassifier:
        """The same, as it reads where no full one reads after it."""
        return LightClassifier(self._frame, self._rules, self._digest, self._load, self._sentences)

    def prepare(self) -> None:
        """Load now: before a worker forks, so that no child pays. Raises ``Invalid``."""
        self._rules.prepare()
        _ = self._concepts, self._model
        if self._sentences is not None:
            self._sentences.prepare()

    def classify(self, text: str, *, language: str = "und") -> Suggestion:
        """What ``text`` is probably about; nothing read is ``other.unclear``.

        ``language`` is what is known from elsewhere; the text's own words are believed first.
        Linear in the length of ``text``.
        """
        return self.classify_all([(text, language)])[0]

    def classify_all(self, messages: Sequence[tuple[str, str]]) -> list[Suggestion]:
        """``classify`` for each (text, language); what they mean is worked out together."""
        if self._sentences is None or not messages:
            return [self._classify(text, language, None) for text, language in messages]
        points = self._sentences.points([text for text, _ in messages])
        return [
            self._classify(text, language, point)
            for (text, language), point in zip(messages, points, strict=True)
        ]

    def _classify(self, text: str, language: str, point: NDArray[np.float32] | None) -> Suggestion:
        reading, spoken = self._rules.read(text)
        words = [token.word for token in reading.tokens]
        guessed = self._rules.languages.guess(text)
        language = language if guessed == UNKNOWN else guessed
        if not any(word.isalpha() for word in words):
            return self._nothing(language)
        alarming = self._rules.alarming(spoken)
        weighed = self._model.weigh(see(reading, spoken, self._concepts), point)
        verdict = self._judge.judge(
            weighed,
            {one.code: one.score for one in spoken},
            [one.code for one in alarming],
            self._model.threshold,
            self._model.firm,
            read_again=self._read_again,
        )
        if not alarming and self._says_too_little(words, weighed, verdict):
            return replace(self._nothing(language), in_doubt=verdict.in_doubt)
        most = 1.0 if weighed.grounded or verdict.raised else _NOTHING_READ
        if verdict.codes == (UNCLEAR,) and all(one.code != UNCLEAR for one in spoken):
            # No greeting and no advertisement that anybody knows: what it is, a person decides.
            most = min(most, _UNCLEAR_AT_MOST)

        def sure(field: str, margin: float) -> float:
            return round(min(most, self._model.sure(field, margin)), 3)

        distance = abs(self._judge.level(weighed) - self._model.threshold)
        return Suggestion(
            codes=verdict.codes,
            sector=verdict.sector,
            sensitivity=self._frame.sensitivity_of(verdict.codes),
            priority=self._frame.priority_of(verdict.codes),
            confidence=sure("code", verdict.margin),
            reasons=tuple(dict.fromkeys(self._reasons(verdict, weighed, alarming, reading)))[
                :_MOST_REASONS
            ],
            language=language,
            version=self.version,
            sector_confidence=sure("sector", verdict.sector_margin),
            sensitivity_confidence=sure("sensitivity", distance if verdict.raised else -distance),
            priority_confidence=sure("priority", verdict.margin),
            in_doubt=verdict.in_doubt,
        )

    def _says_too_little(self, words: Sequence[str], weighed: Weighed, verdict: Verdict) -> bool:
        """A word or two that no rule knows: where the model would guess, a person decides."""
        count = sum(word.isalpha() for word in words)
        if self._judge.may_be_life(weighed):
            return False
        if verdict.raised:
            return count <= _A_WORD_OR_TWO and self._judge.level(weighed) <= self._model.firm
        return count <= _FEW_WORDS and self._model.sure("code", verdict.margin) < _HALF_SURE

    def _nothing(self, language: str) -> Suggestion:
        codes = (UNCLEAR,)
        return Suggestion(
            codes=codes,
            sector="",
            sensitivity=self._frame.sensitivity_of(codes),
            priority=self._frame.priority_of(codes),
            confidence=_NOTHING_READ,
            reasons=(),
            language=language,
            version=self.version,
        )

    def _reasons(
        self, verdict: Verdict, weighed: Weighed, alarming: Iterable[Spoken], reading: Reading
    ) -> Iterator[Reason]:
        by_rule = {one.code: one.matches for one in alarming}
        for code in verdict.codes:
            line = self._frame[code]
            if code in by_rule:
                words = [word for match in by_rule[code] for word in reading.words(match.at)]
            else:
                words = _words(weighed, f"code:{code}", reading)
            if line.sensitivity is Sensitivity.L3 and code not in by_rule:
                words = words or _words(weighed, LEVEL, reading)
            yield from (Reason("code", code, word) for word in words)
            if words and line.sensitivity is not Sensitivity.L1:
                yield Reason("sensitivity", line.sensitivity, words[0])
            if words and line.priority in {Priority.P0, Priority.P1}:
                yield Reason("priority", line.priority, words[0])
        if verdict.sector and not self._frame[verdict.codes[0]].sector:
            head = f"sector:{verdict.sector}"
            if verdict.sector in weighed.sectors:
                for word in _words(weighed, head, reading):
                    yield Reason("sector", verdict.sector, word)


def see(reading: Reading, spoken: Collection[Spoken], concepts: Concepts) -> Evidence:
    """What the model is shown of a text that the rules have read."""
    rules = {
        one.code: (one.score, [at for match in one.matches for at in match.at]) for one in spoken
    }
    return evidence(reading.tokens, concepts, rules)


def _words(weighed: Weighed, head: str, reading: Reading) -> list[str]:
    telling = [at for at in weighed.telling(head) if at < len(reading.tokens)]
    return list(reading.words(telling)) if telling else []
