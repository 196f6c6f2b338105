"""What a text speaks of, whatever its language: words that mean nearly the same are one concept.

The lexicon's phrases say what words together *mean*; a concept says only what a word is *about*
(money, a girl, night, a list). Which concepts together speak for what, the model learns, in all
its languages at once.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from feedback_hub.adapters.spelling import Token, fold
from feedback_hub.domain.errors import Invalid

FILE = "concepts.toml"


def shipped_concepts() -> str:
    """The concepts that ship with the project, as TOML."""
    return files("feedback_hub.frame").joinpath(FILE).read_text("utf-8")


class Concepts:
    """Words, stems (``stem*``) and words in a row (``a_b``) → concepts. Safe from any thread."""

    def __init__(self, text: str) -> None:
        """``text``: TOML, concept → language → words. Raises ``Invalid`` if it is not."""
        try:
            written: Mapping[str, Mapping[str, str]] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Invalid(FILE, f"is not TOML: {error}") from None
        self._words: dict[str, frozenset[str]] = {}
        self._stems: dict[str, frozenset[str]] = {}
        self._kept: dict[frozenset[str], frozenset[str]] = {}
        self._rows: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for concept, languages in written.items():
            for words in languages.values():
                for word in fold(words).replace("'", "").replace("-", "_").split():
                    self._learn(word, concept)
        self._sizes = sorted({len(stem) for stem in self._stems})
        self._of = lru_cache(maxsize=20_000)(self._look_up)

    def spoken(self, tokens: Sequence[Token]) -> list[tuple[int, frozenset[str]]]:
        """Positions of ``tokens`` that speak of something, ascending, and of what."""
        found = []
        for at, token in enumerate(tokens):
            concepts = self._of(token.word)
            for row, concept in self._rows.get(token.word, ()):
                if all(
                    one.word == word
                    for one, word in zip(tokens[at : at + len(row)], row, strict=False)
                ) and at + len(row) <= len(tokens):
                    concepts |= {concept}
            if concepts:
                found.append((at, concepts))
        return found

    def _learn(self, word: str, concept: str) -> None:
        if "_" in word:
            row = tuple(word.removesuffix("*").split("_"))
            self._rows[row[0]].append((row, concept))
        elif word.endswith("*"):
            self._note(self._stems, word[:-1], concept)
        else:
            self._note(self._words, word, concept)

    def _note(self, found: dict[str, frozenset[str]], word: str, concept: str) -> None:
        """Many words have the same concepts: equal ones are kept once."""
        concepts = found.get(word, frozenset()) | {concept}
        found[word] = self._kept.setdefault(concepts, concepts)

    def _look_up(self, word: str) -> frozenset[str]:
        found = set(self._words.get(word, ()))
        for size in self._sizes:
            if size > len(word):
                break
            found |= self._stems.get(word[:size], frozenset())
        return frozenset(found)
