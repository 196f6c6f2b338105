"""Which language a text is in, by its words and how they are built. Says ``und`` rather than guess.

For each language a *profile*: words with their counts, and which letters follow which. A word that
is known counts by how common it is there; any other by its letters, so that missing accents, SMS
spelling and slips cost little. What fits no profile well, or two alike, is ``und``.

The languages of the seed are learnt from its messages, the others from short word lists
(``frame/languages.toml``), and any language at all from a hub's own approved samples
(``feedback-hub classifier language``). *Rivals* are known only so as not to be taken for another.
"""

from __future__ import annotations

import csv
import json
import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from feedback_hub.adapters.spelling import fold
from feedback_hub.domain.errors import Invalid

UNKNOWN = "und"
LEAST_SAMPLES = 30
"""Fewer samples of a language than this tell its letters from no neighbour's."""

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019`][^\W\d_]+)*")
# Links, addresses, mentions and hashtags are in no language.
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+")
_MOST_WORDS, _LONGEST = 120, 24
_LISTED = 12
_STEM = 4
_LETTERS = 32
_SMOOTH = 0.4
# A letter that a language does not have.
_FOREIGN_LETTER = -6.0
# How much a known word counts beside its letters.
_KNOWN = 0.6
# What a word costs that is in no language: this much a letter, and this much for coming at all.
_NO_LETTER, _NO_WORD = math.log(1 / 15), math.log(1 / 60)
# By how much (natural logarithm) the best must lead: over no language, and over the next best.
_LEAD_UND, _LEAD_NEXT = 1.0, 1.6
# A word more: more of a language whose words are well known, less of one known by a short list.
_LEAD_RICH, _LEAD_POOR, _RICH = 1.2, 0.15, 5000
# Of a text of more than a few words in such a language, at least this share is known.
_FEW, _LEAST_KNOWN = 4, 0.25
# Names, numbers and greetings are the same everywhere: one odd word says little.
_MOST_A_WORD = 9.0


@dataclass
class Profile:
    """How one language is written. ``rival``: known only so as not to be taken for another."""

    words: Counter[str] = field(default_factory=Counter)
    stems: Counter[str] = field(default_factory=Counter)
    rival: bool = False

    @classmethod
    def of(cls, samples: Iterable[str]) -> Profile:
        """What ``samples`` show."""
        profile = cls()
        for text in samples:
            profile.learn(text)
        return profile

    def learn(self, text: str) -> None:
        """Count the words of ``text``."""
        self.words.update(words_of(text))

    def to_json(self) -> str:
        """What ``from_json`` reads: words that came once are left out, for they may be names."""
        kept = {word: count for word, count in sorted(self.words.items()) if count > 1}
        return json.dumps({"words": kept}, ensure_ascii=False, indent=0)

    @classmethod
    def from_json(cls, text: str, where: str) -> Profile:
        """Raises ``Invalid`` naming ``where``."""
        try:
            read: Mapping[str, Any] = json.loads(text)["words"]
            return cls(words=Counter({fold(str(word)): int(n) for word, n in read.items()}))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Invalid(where, "is not a language's profile") from None


class Languages:
    """Tells languages apart. Safe from several threads once made; making takes a moment."""

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        """``profiles``: ISO 639-3 code → how it is written."""
        self._rivals = frozenset(code for code, one in profiles.items() if one.rival)
        self._models = {code: _Model(one) for code, one in profiles.items() if one.words}
        self.known = tuple(sorted(set(self._models) - self._rivals))
        self._of = lru_cache(maxsize=20_000)(self._weigh)

    def guess(self, text: str) -> str:
        """The language of ``text`` (ISO 639-3), ``und`` where it is none of those known or unsure.

        Reads the first 120 words.
        """
        totals = dict.fromkeys(self._models, 0.0)
        nothing, count = 0.0, 0
        seen = list(islice(words_of(text), _MOST_WORDS))
        for word in seen:
            in_none, weights = self._of(word)
            for code, weight in weights.items():
                totals[code] += weight
            nothing += in_none
            count += 1
        if not count or not totals:
            return UNKNOWN
        ranked = sorted(totals, key=lambda code: (-totals[code], code))
        first = ranked[0]
        lead = totals[first] - (totals[ranked[1]] if len(ranked) > 1 else -math.inf)
        if first in self._rivals or lead < _LEAD_NEXT:
            return UNKNOWN
        if not self._models[first].knows(seen):
            return UNKNOWN
        if totals[first] - nothing < _LEAD_UND + self._models[first].lead * count:
            return UNKNOWN
        return first

    def _weigh(self, word: str) -> tuple[float, Mapping[str, float]]:
        """What it weighs in no language, and in each; never far below the best."""
        weights = {code: model.weigh(word) for code, model in self._models.items()}
        least = max(weights.values(), default=0.0) - _MOST_A_WORD
        return max(_cost(word), least), {code: max(one, least) for code, one in weights.items()}


def words_of(text: str) -> Iterator[str]:
    """The words of ``text``, folded, without links, mentions and numbers."""
    for found in _WORD.finditer(fold(_NOISE.sub(" ", text))):
        yield found[0].replace("\u2019", "'").replace("`", "'")[:_LONGEST]


def shipped_profiles() -> dict[str, Profile]:
    """The languages that ship: ISO 639-3 → profile."""
    folder = files("feedback_hub.frame")
    profiles: dict[str, Profile] = {}
    for code, entry in tomllib.loads(folder.joinpath("languages.toml").read_text("utf-8")).items():
        profile = profiles[code] = Profile(rival=entry.get("rival", False))
        for word in fold(entry["words"]).split():
            profile.words[word] = _LISTED
        for stem in fold(entry.get("stems", "")).split():
            profile.stems[stem] = _STEM
    seed = folder.joinpath("classifier_seed.csv").read_text("utf-8")
    for row in csv.DictReader(seed.splitlines()):
        profiles[row["language"]].learn(row["text"])
    return profiles


def own_profiles(home: Path) -> dict[str, Profile]:
    """The languages that the hub in ``home`` learnt from samples. Raises ``Invalid``."""
    return {
        file.stem: Profile.from_json(file.read_text("utf-8"), str(file))
        for file in sorted((home / "languages").glob("*.json"))
    }


def keep_profile(home: Path, code: str, samples: Sequence[str]) -> tuple[int, int]:
    """Learn language ``code`` (ISO 639-3) from ``samples``; how many samples and words it kept.

    Only words that came more than once are kept, and no sentence. Raises ``Invalid``.
    """
    count = len(samples)
    if count < LEAST_SAMPLES:
        raise Invalid("samples", f"are {count}; a language needs at least {LEAST_SAMPLES}")
    profile = Profile.of(samples)
    kept = sum(n > 1 for n in profile.words.values())
    if not kept:
        raise Invalid("samples", "have no word that comes twice")
    folder = home / "languages"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{code}.part"
    part.write_text(profile.to_json(), "utf-8")
    part.replace(folder / f"{code}.json")
    return count, kept


def forget_profile(home: Path, code: str) -> bool:
    """Take a hub's own language away; whether there was one."""
    file = home / "languages" / f"{code}.json"
    if not file.exists():
        return False
    file.unlink()
    return True


@cache
def shipped_languages() -> Languages:
    """The languages that ship, made once a process."""
    return Languages(shipped_profiles())


def languages_of(home: Path) -> Languages:
    """Those that ship and those of the hub in ``home``. Raises ``Invalid``."""
    own = own_profiles(home)
    if not own:
        return shipped_languages()
    return Languages({**shipped_profiles(), **own})


def _cost(word: str) -> float:
    return _NO_WORD + _NO_LETTER * (len(word) + 1)


class _Model:
    """How likely a word is in one language: by itself, else by its letters."""

    def __init__(self, profile: Profile) -> None:
        self._total = sum(profile.words.values()) + 1
        self._words = profile.words
        self._rich = self._total > _RICH
        self.lead = _LEAD_RICH if self._rich else _LEAD_POOR
        self._three: defaultdict[str, float] = defaultdict(float)
        self._two: defaultdict[str, float] = defaultdict(float)
        self._one: defaultdict[str, float] = defaultdict(float)
        for word, count in profile.words.items():
            self._count(f"^{word}$", 1 + math.log(count))
        self._alphabet = frozenset(self._one) | {"$", "'"}
        for stem, count in profile.stems.items():
            if stem.startswith("*"):
                self._count(f"{stem[1:]}$", count)
            else:
                self._count(f"^{stem.removesuffix('*')}", count)

    def knows(self, words: Sequence[str]) -> bool:
        """Whether enough of a text are words of it, not only built like them."""
        known = sum(word in self._words for word in words)
        return known >= (_LEAST_KNOWN * len(words) if self._rich and len(words) >= _FEW else 1)

    def weigh(self, word: str) -> float:
        """The logarithm of how likely ``word`` is."""
        by_letters = _NO_WORD + self._letters(f"^{word}$")
        count = self._words.get(word, 0)
        if not count:
            return by_letters + math.log(1 - _KNOWN)
        itself = math.log(_KNOWN * count / self._total)
        return max(itself, by_letters)

    def _count(self, edged: str, weight: float) -> None:
        for at in range(1, len(edged)):
            self._one[edged[at - 1]] += weight
            self._two[edged[at - 1 : at + 1]] += weight
            if at > 1:
                self._three[edged[at - 2 : at + 1]] += weight

    def _letters(self, edged: str) -> float:
        total = sum(_FOREIGN_LETTER for letter in edged if letter not in self._alphabet)
        for at in range(1, len(edged)):
            before = self._one.get(edged[at - 1], 0.0)
            two = (self._two.get(edged[at - 1 : at + 1], 0.0) + _SMOOTH) / (
                before + _SMOOTH * _LETTERS
            )
            if at > 1:
                pair = self._two.get(edged[at - 2 : at], 0.0)
                share = pair / (pair + 4)
                three = self._three.get(edged[at - 2 : at + 1], 0.0) / pair if pair else 0.0
                two = share * three + (1 - share) * two
            total += math.log(two)
        return total
