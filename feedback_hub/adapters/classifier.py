"""A first classifier: words and rules, light, offline, the same answer every time.

It suggests; a person confirms (DOMAIN.md, Harm). Two layers read the same lexicon. The *safety
layer* covers every code that endangers or exposes a person (highly sensitive, or P0/P1): its
codes are always kept, come first, and can only raise sensitivity and priority. The ordinary codes
compete, and weak ones give way to strong ones.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from feedback_hub.adapters.languages import UNKNOWN, Languages, shipped_languages
from feedback_hub.adapters.lexicon import Lexicon, Match, Reading, digest, shipped_documents
from feedback_hub.domain.coding import UNCLEAR, CodingFrame, Sector
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.suggestion import Reason, Suggestion

_ENOUGH = 2
_SHARE_OF_BEST = 0.5
_MOST_ORDINARY = 4
_MOST_REASONS = 16
_SECTORS_FOR_MULTI = 3
_NOTHING_READ = 0.2


@dataclass(frozen=True)
class Spoken:
    """One code and what speaks for it. ``matches`` is never empty."""

    code: str
    score: int
    matches: tuple[Match, ...]


class LexiconClassifier:
    """Fulfils ``services.ports.Classifier``. Pure; safe from several threads."""

    def __init__(
        self,
        frame: CodingFrame,
        documents: Mapping[str, str],
        languages: Callable[[], Languages] = shipped_languages,
    ) -> None:
        """``documents``: the lexicons, file name → TOML text. ``languages``: asked once."""
        self._frame = frame
        self._make_languages = languages
        self._documents = documents
        self._safety = frozenset(code.code for code in frame if _endangers(code.code, frame))
        self.version = f"lexicon-{digest(documents)}/{frame.version}"

    @classmethod
    def shipped(
        cls, frame: CodingFrame, languages: Callable[[], Languages] = shipped_languages
    ) -> LexiconClassifier:
        """With the lexicons that ship with the project."""
        return cls(frame, shipped_documents(), languages)

    # Every process builds a classifier and few ever classify, so the words are compiled at first
    # use. Two threads may both compile; the result is the same.
    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self._documents, self._frame)

    @cached_property
    def languages(self) -> Languages:
        """What tells languages apart here."""
        return self._make_languages()

    def prepare(self) -> None:
        """Compile the words now: before a worker forks, so that no child pays for it.

        Raises ``Invalid`` naming file and phrase if a lexicon is damaged.
        """
        _ = self._lexicon, self.languages

    def classify(self, text: str, *, language: str = "und") -> Suggestion:
        """What ``text`` is probably about; nothing read is ``other.unclear``.

        ``language`` is what is known from elsewhere; the text's own words are believed first.
        Linear in the length of ``text``.
        """
        reading, spoken = self.read(text)
        chosen = self._choose(spoken)
        codes = tuple(one.code for one in chosen) or (UNCLEAR,)
        sector, sector_reasons = self._sector(codes, reading)
        reasons = [
            *self._reasons(chosen, reading),
            *(Reason("sector", sector, words) for words in sector_reasons),
        ]
        guessed = self.languages.guess(text)
        sure = _confidence(chosen)
        return Suggestion(
            codes=codes,
            sector=sector,
            sensitivity=self._frame.sensitivity_of(codes),
            priority=self._frame.priority_of(codes),
            confidence=sure,
            reasons=tuple(dict.fromkeys(reasons))[:_MOST_REASONS],
            language=language if guessed == UNKNOWN else guessed,
            version=self.version,
            sector_confidence=sure,
            sensitivity_confidence=sure,
            priority_confidence=sure,
        )

    def classify_all(self, messages: Sequence[tuple[str, str]]) -> list[Suggestion]:
        """``classify`` for each (text, language)."""
        return [self.classify(text, language=language) for text, language in messages]

    def read(self, text: str) -> tuple[Reading, list[Spoken]]:
        """``text`` as tokens, and every code that anything speaks for, best first."""
        reading = self._lexicon.read(text)
        return reading, _spoken(self._lexicon.matches(reading, self._safety))

    def alarming(self, spoken: Iterable[Spoken]) -> list[Spoken]:
        """The codes that endanger or expose a person and that enough speaks for."""
        return [one for one in spoken if one.code in self._safety and one.score >= _ENOUGH]

    def _choose(self, spoken: Sequence[Spoken]) -> list[Spoken]:
        """Safety codes first and all of them; then the ordinary ones that hold their own."""
        alarming = self.alarming(spoken)
        ordinary = [one for one in spoken if one.code not in self._safety]
        # A greeting or a lottery is what a message is about only where nothing else is.
        ordinary = [one for one in ordinary if one.code != UNCLEAR] or ordinary
        ordinary = [] if alarming and ordinary and ordinary[0].code == UNCLEAR else ordinary
        strong = [one for one in ordinary if one.score >= _ENOUGH]
        if strong:
            least = max(_ENOUGH, strong[0].score * _SHARE_OF_BEST)
            strong = [one for one in strong if one.score >= least]
        specific = [one for one in strong if not one.code.endswith(".other")]
        kept = alarming + (specific or ([] if alarming else strong))[:_MOST_ORDINARY]
        # A single weak sign is better than "unclear", for a person will look at it anyway.
        return kept or ordinary[:1]

    def _sector(self, codes: Sequence[str], reading: Reading) -> tuple[str, list[str]]:
        implied = {sector for code in codes if (sector := self._frame[code].sector)}
        if len(implied) >= _SECTORS_FOR_MULTI:
            return Sector.MULTI, []
        first = self._frame[codes[0]].sector
        if first or codes == (UNCLEAR,):
            return first or "", []
        matches = self._lexicon.sector_matches(reading)
        if not matches:
            return self._frame.sector_of(codes), []
        votes = Counter(match.value for match in matches)
        # The most signs; between equals, the one named first in the text.
        named = min(matches, key=lambda match: (-votes[match.value], match.at)).value
        words = (match.at for match in matches if match.value == named)
        return named, [word for at in words for word in reading.words(at)]

    def _reasons(self, chosen: Iterable[Spoken], reading: Reading) -> list[Reason]:
        reasons = []
        for one in chosen:
            line = self._frame[one.code]
            words = [word for match in one.matches for word in reading.words(match.at)]
            reasons += [Reason("code", one.code, word) for word in words]
            if line.sensitivity is not Sensitivity.L1:
                reasons.append(Reason("sensitivity", line.sensitivity, words[0]))
            if line.priority in {Priority.P0, Priority.P1}:
                reasons.append(Reason("priority", line.priority, words[0]))
        return reasons


def _endangers(code: str, frame: CodingFrame) -> bool:
    line = frame[code]
    return line.sensitivity is Sensitivity.L3 or line.priority in {Priority.P0, Priority.P1}


def _spoken(matches: Iterable[Match]) -> list[Spoken]:
    """Add up what speaks for each code, best first; the same words count once."""
    by_code: defaultdict[str, list[Match]] = defaultdict(list)
    for match in matches:
        by_code[match.value].append(match)
    spoken = []
    for code, found in by_code.items():
        found.sort(key=lambda match: (-match.weight, match.at))
        used: set[int] = set()
        counted = []
        for match in found:
            if not used.issuperset(match.at):
                used.update(match.at)
                counted.append(match)
        score = sum(match.weight for match in counted)
        spoken.append(Spoken(code, score, tuple(counted)))
    spoken.sort(key=lambda one: (-one.score, one.code))
    return spoken


def _confidence(chosen: Sequence[Spoken]) -> float:
    """0..1 for the first code: more signs, more sure; a strong rival of another type, less."""
    if not chosen:
        return _NOTHING_READ
    first = chosen[0]
    rivals = [one.score for one in chosen[1:] if not _same_type(one.code, first.code)]
    doubt = max(rivals, default=0) / (first.score + max(rivals, default=0))
    return round((1 - math.exp(-0.45 * first.score)) * (1 - 0.5 * doubt), 3)


def _same_type(code: str, other: str) -> bool:
    return code.partition(".")[0] == other.partition(".")[0]
