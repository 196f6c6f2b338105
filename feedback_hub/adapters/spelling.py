"""Reading words as people type them: without accents, shortened, stretched, by ear, with slips.

A lexicon registers *atoms*, each a set of words (``lista``) and stems (``avari*``); a token of a
message then satisfies some of them. All tolerance lives here, in the order: as written, a known
short form, stretched letters, same sound, one slip of the finger. Tokens are remembered in a
bounded cache, so the tolerance costs little.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_SOUND_WORD, _SOUND_STEM, _SLIP_WORD, _SLIP_STEM = 4, 5, 6, 7

_Atoms = tuple[int, ...]


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


def _note(found: dict[str, _Atoms], word: str, atom: int) -> None:
    atoms = found.get(word, ())
    if atom not in atoms:
        found[word] = (*atoms, atom)


def _settled(found: Mapping[str, _Atoms], kept: dict[_Atoms, _Atoms]) -> dict[str, _Atoms]:
    """The same, no larger than it must be: equal atoms are ``kept`` once.

    Most words have one atom, and a set for each of them was 4 MB of every hub.
    """
    return {word: kept.setdefault(atoms, atoms) for word, atoms in found.items()}


def _by_shorter(words: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Each way to shorten one of ``words`` by a letter → the words it may come from.

    Ten times as many as there are words, most of them of one word: those share its tuple, since
    a set for each of them was an eighth of a worker's memory.
    """
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        alone = (word,)
        for shorter in dict.fromkeys(_shortened(word)):
            others = found.get(shorter)
            found[shorter] = (*others, word) if others else alone
    return found


class Ear:
    """Words that sound alike to the writers of one language, by the letters they swap."""

    def __init__(self, swaps: Sequence[tuple[str, str]]) -> None:
        """``swaps``: written → heard, applied in this order."""
        self._swaps = swaps
        self._words: dict[str, _Atoms] = {}
        self._stems: dict[str, _Atoms] = {}

    def learn(self, word: str, atom: int) -> None:
        """Note how ``word`` (a stem if it ends in ``*``) sounds, if it is long enough to tell."""
        heard = self._sound(word.removesuffix("*"))
        if word.endswith("*"):
            if len(heard) >= _SOUND_STEM:
                _note(self._stems, heard, atom)
        elif len(word) >= _SOUND_WORD:
            _note(self._words, heard, atom)

    def seal(self, kept: dict[_Atoms, _Atoms]) -> None:
        """Nothing is learned after it; see ``_settled``."""
        self._words, self._stems = _settled(self._words, kept), _settled(self._stems, kept)

    def hear(self, word: str) -> set[int]:
        """The atoms with a word or stem that sounds like ``word``."""
        heard = self._sound(word)
        found = set(self._words.get(heard, ())) if len(word) >= _SOUND_WORD else set()
        for size in range(_SOUND_STEM, len(heard) + 1):
            found.update(self._stems.get(heard[:size], ()))
        return found

    def _sound(self, word: str) -> str:
        for written, heard in self._swaps:
            word = word.replace(written, heard)
        return _DOUBLED.sub(r"\1", word)


class Vocabulary:
    """Which atoms a word satisfies. Register all atoms first, then ``seal`` it once."""

    def __init__(self) -> None:
        self._atoms: dict[frozenset[str], int] = {}
        self._words: dict[str, _Atoms] = {}
        self._stems: dict[str, _Atoms] = {}
        self._ears: list[Ear] = []
        self._short: dict[str, str] = {}
        self._known: set[str] = set()
        self._near: Mapping[str, Sequence[str]] = {}
        self._near_stems: Mapping[str, Sequence[str]] = {}
        self._stem_sizes: tuple[int, ...] = ()
        self.atoms_of = lru_cache(maxsize=20_000)(self._atoms_of)

    def ear(self, swaps: Sequence[tuple[str, str]]) -> Ear:
        """A new language, by the letters its writers swap."""
        self._ears.append(Ear(swaps))
        return self._ears[-1]

    def add(self, alternatives: Iterable[str], ear: Ear | None = None) -> int:
        """Register an atom: folded words, or stems ending in ``*``. The same set, the same atom."""
        key = frozenset(alternatives)
        known = self._atoms.get(key)
        if known is not None:
            return known
        atom = self._atoms[key] = len(self._atoms)
        for word in key:
            if word.endswith("*"):
                _note(self._stems, word[:-1], atom)
            else:
                _note(self._words, word, atom)
            if ear:
                ear.learn(word, atom)
        return atom

    def add_short_forms(self, short: Mapping[str, str]) -> None:
        """What a shortened word stands for (``pq``: ``porque``)."""
        self._short.update(short)

    def add_known(self, words: Iterable[str]) -> None:
        """Common words that must not be taken for a misspelling of another."""
        self._known.update(words)

    def seal(self) -> None:
        """Build the tables for slips; nothing may be added after it."""
        self._atoms.clear()  # which set is which atom: asked only while they are added
        kept: dict[_Atoms, _Atoms] = {}
        self._words, self._stems = _settled(self._words, kept), _settled(self._stems, kept)
        for ear in self._ears:
            ear.seal(kept)
        self._near = _by_shorter(word for word in self._words if len(word) >= _SLIP_WORD)
        self._near_stems = _by_shorter(stem for stem in self._stems if len(stem) >= _SLIP_STEM)
        self._stem_sizes = tuple(sorted({len(stem) for stem in self._stems}))

    def _atoms_of(self, word: str) -> frozenset[int]:
        """Every atom that the folded ``word`` satisfies."""
        if word.isdigit():
            minor = len(word) <= 2 and 0 < int(word) < 18
            atoms = self._words.get(NUMBER, ())
            return frozenset((*atoms, *(self._words.get(MINOR, ()) if minor else ())))
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
            found.update(self._stems.get(word[:size], ()))
        return found

    def _heard(self, word: str) -> set[int]:
        return {atom for ear in self._ears for atom in ear.hear(word)}

    def _slipped(self, word: str) -> set[int]:
        if len(word) < _SLIP_WORD:
            return set()
        found: set[int] = set()
        for shorter in _shortened(word):
            for near in self._near.get(shorter, ()):
                if near[0] == word[0] and one_slip(word, near):
                    found.update(self._words[near])
        longest = self._stem_sizes[-1] + 1 if self._stem_sizes else 0
        for size in range(_SLIP_STEM - 1, min(len(word), longest) + 1):
            start = word[:size]
            for shorter in _shortened(start):
                for stem in self._near_stems.get(shorter, ()):
                    # At its end a stem bends by grammar, not by slips.
                    same_ends = stem[0] == word[0] and stem[-1] == start[-1]
                    if same_ends and one_slip(start, stem):
                        found.update(self._stems[stem])
        return found
