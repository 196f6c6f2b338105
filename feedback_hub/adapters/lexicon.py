"""Keyword lexicons: words and phrases that speak for a code, read from the project's data files.

A phrase is words with one space between, each matched at a word's boundary:

=============  =====================================================================
``lista``      the word, in any spelling ``adapters.spelling`` forgives
``avari*``     every word that begins so
``a|b*``       one of these
``@water``     one of the file's named words
``#``          a number; ``#minor`` one below 18; ``?`` a question mark
``a b``        b next after a, or after one word between (``a_b``, also as a choice: directly after)
``a .. b``     b within 5 words after a; ``a ... b`` within 10; never over the end of a sentence
``a & b``      both in any order within 25 words
=============  =====================================================================

``[topics]`` and ``[templates]`` multiply: a code with ``template = "request"`` and
``topic = "water"`` gets every phrase of the template with ``{}`` filled by that topic's.
``[innocent]`` phrases take their words away from what they might be mistaken for: ``safety``
from the codes of the safety layer, ``every`` from all. Matching is linear in the length of the
text.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain, product
from typing import Any

from feedback_hub.adapters.spelling import NUMBER, Token, Vocabulary, fold, tokens
from feedback_hub.domain.coding import CodingFrame, Sector
from feedback_hub.domain.errors import Invalid

WEIGHTS = {"strong": 3, "likely": 2, "hint": 1}
_NEXT, _DIRECTLY, _NEAR, _FAR, _TOGETHER = 2, 1, 5, 10, 25
_NEGATION_REACH = 4
_MOST_ANCHORS = 50
_SPLIT = re.compile(r"\s+")
# As tokens have it: no apostrophe, and a hyphen parts words.
_PLAIN = str.maketrans({"'": None, "-": "_"})


@dataclass(frozen=True)
class Phrase:
    """One compiled phrase. ``parts``: each a run of (atom, how far after the one before)."""

    value: str
    weight: int
    parts: tuple[tuple[tuple[int, int], ...], ...]
    negative: bool
    needs: frozenset[int]
    rarest: int


@dataclass(frozen=True)
class Match:
    """A phrase found. ``at`` are positions of tokens, ascending; ``value`` a code or a sector."""

    value: str
    weight: int
    at: tuple[int, ...]


class Reading:
    """One text as tokens and the atoms each satisfies, less what ``covered`` takes away."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.tokens: list[Token] = list(tokens(text))
        self.atoms = [vocabulary.atoms_of(token.word) for token in self.tokens]

    def where(self, covered: Collection[int] = ()) -> dict[int, list[int]]:
        """Atom → the positions that satisfy it, ascending."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for at, atoms in enumerate(self.atoms):
            if at not in covered:
                for atom in atoms:
                    found[atom].append(at)
        return found

    def words(self, at: Sequence[int]) -> Iterator[str]:
        """The text of ``at`` as it came, one piece for each unbroken run of tokens."""
        first = last = at[0]
        for position in chain(at[1:], (-1,)):
            if position != last + 1:
                yield self.text[self.tokens[first].start : self.tokens[last].end]
                first = position
            last = position


class Lexicon:
    """Every phrase of the given files, compiled once. Raises ``Invalid`` naming file and phrase."""

    def __init__(self, documents: Mapping[str, str], frame: CodingFrame) -> None:
        """``documents``: file name → TOML text. ``frame`` says which codes exist."""
        self.vocabulary = Vocabulary()
        self.phrases: list[Phrase] = []
        self._innocent: dict[str, list[Phrase]] = {"safety": [], "every": []}
        self.sectors: list[Phrase] = []
        grammar: defaultdict[str, set[str]] = defaultdict(set)
        for name, text in documents.items():
            _File(name, text, frame, self.vocabulary).compile_into(
                self.phrases, self._innocent, self.sectors, grammar
            )
        self._not = self.vocabulary.add(grammar["not"])
        self._light = self.vocabulary.add(grammar["light"])
        self._if = self.vocabulary.add(grammar["if"])
        self.vocabulary.seal()
        self._index = _index(self.phrases)
        self._sector_index = _index(self.sectors)
        self._innocent_index = {kind: _index(some) for kind, some in self._innocent.items()}

    def read(self, text: str) -> Reading:
        """Cut ``text`` into tokens and look each up."""
        return Reading(text, self.vocabulary)

    def matches(self, reading: Reading, safety: Collection[str]) -> list[Match]:
        """What speaks for any code. ``safety``: the codes that innocent phrases also shield."""
        where = reading.where()
        covered = self._covered(reading, where, "every")
        calm = covered | self._covered(reading, where, "safety")
        usual = reading.where(covered) if covered else where
        guarded = reading.where(calm) if calm != covered else usual
        found = []
        for phrase in _candidates(self._index, where):
            allowed = guarded if phrase.value in safety else usual
            for at in _find(phrase, reading, allowed):
                if not self._negated(phrase, at, reading, covered):
                    found.append(Match(phrase.value, phrase.weight, at))
                    break
        return found

    def sector_matches(self, reading: Reading) -> list[Match]:
        """What speaks for any sector."""
        where = reading.where()
        return [
            Match(phrase.value, phrase.weight, at)
            for phrase in _candidates(self._sector_index, where)
            if (at := next(_find(phrase, reading, where), ()))
        ]

    def _covered(self, reading: Reading, where: Mapping[int, list[int]], kind: str) -> set[int]:
        covered: set[int] = set()
        for phrase in _candidates(self._innocent_index[kind], where):
            for part in _part_matches(phrase.parts[0], reading.tokens, where):
                covered.update(part)
        return covered

    def _negated(
        self, phrase: Phrase, at: tuple[int, ...], reading: Reading, covered: Collection[int]
    ) -> bool:
        """Whether a "not" stands right before it, with only light words between.

        "If not" is no denial but a threat, and a phrase of several parts or with its own
        negation is judged as a whole.
        """
        if phrase.negative or len(phrase.parts) > 1:
            return False
        clause = reading.tokens[at[0]].clause
        for before in range(at[0] - 1, max(-1, at[0] - 1 - _NEGATION_REACH), -1):
            atoms = reading.atoms[before]
            if reading.tokens[before].clause != clause:
                return False
            if self._not in atoms:
                conditional = before > 0 and self._if in reading.atoms[before - 1]
                return before not in covered and not conditional
            if self._light not in atoms:
                return False
        return False


def shipped_documents() -> dict[str, str]:
    """The lexicons that ship with the project: file name → TOML text, by name."""
    shipped = sorted(files("feedback_hub.frame").iterdir(), key=lambda file: file.name)
    return {
        file.name: file.read_text("utf-8")
        for file in shipped
        if file.name.startswith("lexicon_") and file.name.endswith(".toml")
    }


def digest(documents: Mapping[str, str]) -> str:
    """A version of ``documents``, drawn from the content alone."""
    return hashlib.sha256("\x1e".join(documents.values()).encode()).hexdigest()[:12]


_Index = Mapping[int, list[Phrase]]


def _index(phrases: Iterable[Phrase]) -> _Index:
    index: defaultdict[int, list[Phrase]] = defaultdict(list)
    for phrase in phrases:
        index[phrase.rarest].append(phrase)
    return index


def _candidates(index: _Index, where: Mapping[int, list[int]]) -> Iterator[Phrase]:
    """The phrases all of whose atoms occur somewhere; most fall away here, cheaply."""
    # A set's own: compared with the keys of a dict it is asked for each atom one by one.
    present = frozenset(where)
    for atom in where:
        for phrase in index.get(atom, ()):
            if phrase.needs <= present:
                yield phrase


def _find(
    phrase: Phrase, reading: Reading, where: Mapping[int, list[int]]
) -> Iterator[tuple[int, ...]]:
    """Every place of a run; of several parts, the first places that lie together."""
    if len(phrase.parts) == 1:
        yield from _part_matches(phrase.parts[0], reading.tokens, where)
        return
    found = [list(_part_matches(part, reading.tokens, where)) for part in phrase.parts]
    if all(found) and (together := _together(found)):
        yield together


def _part_matches(
    part: tuple[tuple[int, int], ...], tokens: Sequence[Token], where: Mapping[int, list[int]]
) -> Iterator[tuple[int, ...]]:
    """Every place where the run fits, each step joined to the nearest one before it.

    Walks each atom's positions once a step, so repeated words cannot make it slow.
    """
    reached: list[tuple[int, tuple[int, ...]]] = [(at, (at,)) for at in where.get(part[0][0], ())]
    for atom, reach in part[1:]:
        following = []
        nearest = -1
        for at in where.get(atom, ()):
            while nearest + 1 < len(reached) and reached[nearest + 1][0] < at:
                nearest += 1
            if nearest < 0:
                continue
            before, path = reached[nearest]
            if at - before <= reach and tokens[at].sentence == tokens[before].sentence:
                following.append((at, (*path, at)))
        if not following:
            return
        reached = following
    for _, path in reached:
        yield path


def _together(found: Sequence[Sequence[tuple[int, ...]]]) -> tuple[int, ...]:
    """One match of each part, all within the window; the rarest part is the anchor."""
    rest = sorted(found, key=len)
    for anchor in rest[0][:_MOST_ANCHORS]:
        chosen = [anchor]
        for matches in rest[1:]:
            near = min(matches, key=lambda match: abs(match[0] - anchor[0]))
            if abs(near[0] - anchor[0]) > _TOGETHER:
                break
            chosen.append(near)
        else:
            return tuple(sorted(set(chain.from_iterable(chosen))))
    return ()


def _lines(written: str) -> list[str]:
    return [line.strip() for line in written.splitlines() if line.strip()]


def _variants(written: str) -> Iterator[str]:
    """``a|b_c d`` is ``a d`` or ``b_c d``: words that belong together stand as one choice."""
    choices = []
    for piece in _SPLIT.split(written.translate(_PLAIN).strip()):
        words = piece.lstrip("_").replace("|_", "|").split("|")
        single = "|".join(word for word in words if "_" not in word)
        directly = "_" if piece.startswith("_") else ""
        joined = [word for word in words if "_" in word]
        choices.append([directly + one for one in (single, *joined) if one])
    return (" ".join(chosen) for chosen in product(*choices))


class _File:
    """One TOML file on its way into the lexicon."""

    def __init__(self, name: str, text: str, frame: CodingFrame, vocabulary: Vocabulary) -> None:
        self._name = name
        self._frame = frame
        self._vocabulary = vocabulary
        try:
            self._data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Invalid(name, f"is not TOML: {error}") from None
        self._sets = {
            word: frozenset(fold(members).split()) for word, members in self._table("words").items()
        }
        self._pieces: dict[str, frozenset[str]] = {}
        self._negators = self._sets.get("not", frozenset())
        swaps = (swap.partition("=") for swap in self._data.get("sounds", "").split())
        self._ear = vocabulary.ear([(written, heard) for written, _, heard in swaps])

    def compile_into(
        self,
        phrases: list[Phrase],
        innocent: dict[str, list[Phrase]],
        sectors: list[Phrase],
        grammar: defaultdict[str, set[str]],
    ) -> None:
        self._vocabulary.add_short_forms(self._table("short"))
        self._vocabulary.add_known(fold(self._data.get("known", "")).split())
        for kind in ("not", "light", "if"):
            grammar[kind] |= self._sets.get(kind, frozenset())
        for code, entry in self._table("codes").items():
            if code not in self._frame:
                raise Invalid(f"{self._name}, {code}", "is not in the coding frame")
            phrases += self._code(code, entry)
        for kind, entries in self._table("innocent").items():
            innocent[kind] += self._phrases(kind, 0, entries)
        for sector, entries in self._table("sectors").items():
            if sector not in set(Sector):
                raise Invalid(f"{self._name}, {sector}", "is not a sector")
            sectors += self._phrases(sector, 1, entries)

    def _table(self, name: str) -> dict[str, Any]:
        return dict(self._data.get(name, {}))

    def _code(self, code: str, entry: Mapping[str, Any]) -> Iterator[Phrase]:
        template = self._table("templates").get(entry.get("template", ""), {})
        topics = _lines(self._table("topics").get(entry.get("topic", ""), ""))
        for strength, weight in WEIGHTS.items():
            yield from self._phrases(code, weight, entry.get(strength, ""))
            for written in _lines(template.get(strength, "")):
                for topic in topics:
                    yield from self._phrases(code, weight, written.replace("{}", topic))

    def _phrases(self, value: str, weight: int, block: str) -> Iterator[Phrase]:
        for written in _lines(block):
            for variant in _variants(fold(written)):
                yield self._phrase(value, weight, variant)

    def _phrase(self, value: str, weight: int, written: str) -> Phrase:
        sets: list[frozenset[str]] = []
        parts = tuple(
            self._part(part.strip(), sets, f"{self._name}, {value}, {written}")
            for part in written.split("&")
        )
        atoms = frozenset(atom for part in parts for atom, _ in part)
        sizes = {self._vocabulary.add(words, self._ear): len(words) for words in sets}
        return Phrase(
            value=value,
            weight=weight,
            parts=parts,
            negative=any(words & self._negators for words in sets),
            needs=atoms,
            rarest=min(atoms, key=lambda atom: (sizes[atom], atom)),
        )

    def _part(
        self, written: str, sets: list[frozenset[str]], where: str
    ) -> tuple[tuple[int, int], ...]:
        steps: list[tuple[int, int]] = []
        reach = _NEXT
        for piece in _SPLIT.split(written.replace("_", " _")):
            if piece in {"..", "..."}:
                reach = _NEAR if piece == ".." else _FAR
                continue
            if piece.startswith("_"):
                reach = _DIRECTLY
            words = self._words(piece.removeprefix("_"), where)
            sets.append(words)
            steps.append((self._vocabulary.add(words, self._ear), reach))
            reach = _NEXT
        return tuple(steps)

    def _words(self, piece: str, where: str) -> frozenset[str]:
        known = self._pieces.get(piece)
        if known is not None:
            return known
        words: set[str] = set()
        for one in piece.split("|"):
            if one.startswith("@"):
                if one[1:] not in self._sets:
                    raise Invalid(where, f"{one} is not among the named words")
                words |= self._sets[one[1:]]
            elif one and (one[0] in {NUMBER, "?"} or one.removesuffix("*").isalnum()):
                words.add(one)
            else:
                raise Invalid(where, "has an empty or unreadable word")
        return self._pieces.setdefault(piece, frozenset(words))
