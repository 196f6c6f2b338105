"""Reading words as people type them: without accents, shortened, stretched, by ear, with slips.

A lexicon registers *atoms*, each a set of words (``lista``) and stems (``avari*``); a token of a
message then satisfies some of them. All tolerance lives here, in the order: as written, a known
short form, stretched letters, same sound, one slip of the finger. Tokens are remembered in a
bounded cache, so the tolerance costs little.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

NUMBER = "#"
MINOR = "#minor"
QUESTION = "?"

_PIECE = re.compile(
    r"(?P<word>(?:[^\W\d_][\u0300-\u036f]*)+(?:['\u2019`]t\b)?)"
    r"|(?P<number>\d+)|(?P<stop>[?\u061f.!;\n\u2026])|(?P<pause>[,:()/\u2013\u2014])"
)
_LONGEST_WORD = 40
_STRETCHED = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1+")
# By ear: what Portuguese and English SMS writers swap. Order matters.
_SOUNDS = (
    ("ph", "f"),
    ("qu", "k"),
    ("ch", "x"),
    ("sh", "x"),
    ("ce", "se"),
    ("ci", "si"),
    ("c", "k"),
    ("q", "k"),
    ("z", "s"),
    ("ge", "je"),
    ("gi", "ji"),
    ("gu", "g"),
    ("h", ""),
    ("y", "i"),
    ("w", "u"),
    ("e", "i"),
    ("o", "u"),
)
_SOUND_WORD, _SOUND_STEM, _SLIP = 4, 5, 6


class Token(NamedTuple):
    """One word, number or question mark. ``start``/``end`` point into the text as it came.

    ``sentence`` and ``clause`` count up at every stop and every pause.
    """

    word: str
    start: int
    end: int
    sentence: int
    clause: int


def fold(word: str) -> str:
    """Small letters without accents."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def tokens(text: str) -> Iterator[Token]:
    """The tokens of ``text`` in order, folded; linear in its length."""
    sentence = clause = 0
    for piece in _PIECE.finditer(text):
        start, end = piece.span()
        if piece.lastgroup == "stop":
            if piece[0] in "?\u061f":
                yield Token(QUESTION, start, end, sentence, clause)
            sentence += 1
            clause += 1
        elif piece.lastgroup == "pause":
            clause += 1
        elif end - start <= _LONGEST_WORD:
            word = fold(piece[0])
            yield Token(word.translate(_NO_QUOTES), start, end, sentence, clause)


_NO_QUOTES = str.maketrans("", "", "'\u2019`")


def sound(word: str) -> str:
    """How a folded ``word`` sounds, roughly: equal for the usual swaps of letters."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    return _DOUBLED.sub(r"\1", word)


def one_slip(word: str, other: str) -> bool:
    """Whether one letter was missed, added, changed, or swapped with its neighbour."""
    if len(word) > len(other):
        word, other = other, word
    if len(other) - len(word) > 1:
        return False
    same = 0
    while same < len(word) and word[same] == other[same]:
        same += 1
    if len(word) < len(other):
        return word[same:] == other[same + 1 :]
    if word[same + 1 :] == other[same + 1 :]:
        return True
    swapped = word[same + 1 : same + 2] + word[same : same + 1]
    return swapped == other[same : same + 2] and word[same + 2 :] == other[same + 2 :]


def _shortened(word: str) -> Iterator[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


class Vocabulary:
    """Which atoms a word satisfies. Register all atoms first, then ``seal`` it once."""

    def __init__(self) -> None:
        self._atoms: dict[frozenset[str], int] = {}
        self._words: defaultdict[str, set[int]] = defaultdict(set)
        self._stems: defaultdict[str, set[int]] = defaultdict(set)
        self._short: dict[str, str] = {}
        self._known: set[str] = set()
        self._by_sound: defaultdict[str, set[int]] = defaultdict(set)
        self._stems_by_sound: defaultdict[str, set[int]] = defaultdict(set)
        self._near: defaultdict[str, set[str]] = defaultdict(set)
        self._near_stems: defaultdict[str, set[str]] = defaultdict(set)
        self._stem_sizes: tuple[int, ...] = ()
        self.atoms_of = lru_cache(maxsize=20_000)(self._atoms_of)

    def add(self, alternatives: Iterable[str]) -> int:
        """Register an atom: folded words, or stems ending in ``*``. The same set, the same atom."""
        key = frozenset(alternatives)
        atom = self._atoms.setdefault(key, len(self._atoms))
        for word in key:
            if word.endswith("*"):
                self._stems[word[:-1]].add(atom)
            else:
                self._words[word].add(atom)
        return atom

    def add_short_forms(self, short: Mapping[str, str]) -> None:
        """What a shortened word stands for (``pq``: ``porque``)."""
        self._short.update(short)

    def add_known(self, words: Iterable[str]) -> None:
        """Common words that must not be taken for a misspelling of another."""
        self._known.update(words)

    def seal(self) -> None:
        """Build the tables for sound and slips; nothing may be added after it."""
        for word, atoms in self._words.items():
            if len(word) >= _SOUND_WORD:
                self._by_sound[sound(word)] |= atoms
            if len(word) >= _SLIP:
                for shorter in _shortened(word):
                    self._near[shorter].add(word)
        for stem, atoms in self._stems.items():
            if len(sound(stem)) >= _SOUND_STEM:
                self._stems_by_sound[sound(stem)] |= atoms
            if len(stem) >= _SLIP:
                for shorter in _shortened(stem):
                    self._near_stems[shorter].add(stem)
        self._stem_sizes = tuple(sorted({len(stem) for stem in self._stems}))

    def _atoms_of(self, word: str) -> frozenset[int]:
        """Every atom that the folded ``word`` satisfies."""
        if word.isdigit():
            minor = len(word) <= 2 and 0 < int(word) < 18
            return frozenset(self._words[NUMBER] | (self._words[MINOR] if minor else set()))
        word = self._short.get(word, word)
        found = self._written(word)
        if not found and _STRETCHED.search(word):
            twice = _STRETCHED.sub(r"\1\1", word)
            word = _DOUBLED.sub(r"\1", word)
            found = self._written(twice) | self._written(self._short.get(word, word))
        if not found and word not in self._known:
            found = self._heard(word) or self._slipped(word)
        return frozenset(found)

    def _written(self, word: str) -> set[int]:
        found = set(self._words.get(word, ()))
        for size in self._stem_sizes:
            if size > len(word):
                break
            found |= self._stems.get(word[:size], set())
        return found

    def _heard(self, word: str) -> set[int]:
        heard = sound(word)
        found: set[int] = set()
        if len(word) >= _SOUND_WORD:
            found |= self._by_sound.get(heard, set())
        for size in range(_SOUND_STEM, len(heard) + 1):
            found |= self._stems_by_sound.get(heard[:size], set())
        return found

    def _slipped(self, word: str) -> set[int]:
        if len(word) < _SLIP:
            return set()
        found: set[int] = set()
        for shorter in _shortened(word):
            for near in self._near.get(shorter, ()):
                if near[0] == word[0] and one_slip(word, near):
                    found |= self._words[near]
        longest = self._stem_sizes[-1] + 1 if self._stem_sizes else 0
        for size in range(_SLIP - 1, min(len(word), longest) + 1):
            start = word[:size]
            for shorter in _shortened(start):
                for stem in self._near_stems.get(shorter, ()):
                    if stem[0] == word[0] and one_slip(start, stem):
                        found |= self._stems[stem]
        return found
