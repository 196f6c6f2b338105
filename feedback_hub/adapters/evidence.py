"""A text as numbers that a linear model weighs: pieces of words, words, concepts, rules.

Pieces make it forgiving: ``violaram``, ``violou`` and ``vilou`` share most of theirs. Training and
reading use this one function, so they can never drift apart. Hashed, so that no vocabulary has to
be kept; the hash is CRC-32, the same on every machine and every day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from feedback_hub.adapters.concepts import Concepts
from feedback_hub.adapters.spelling import Token

PIECES = 1 << 15
SIGNS = 1 << 13
SIZE = PIECES + SIGNS
MOST_TOKENS = 400

_SHORTEST, _LONGEST = 2, 5
_MINOR = 18
_NEAR = 8
_ONE, _TWO, _RULE = 0.4, 0.2, 1 / 6
_MOST_OF_A_RULE = 6


@dataclass(frozen=True)
class Evidence:
    """What a text shows. ``pieces``: feature below ``PIECES`` → the positions of the tokens it
    was seen in, with repeats. ``signs``: feature from ``PIECES`` on → (weight, positions).
    """

    pieces: Mapping[int, Sequence[int]]
    signs: Mapping[int, tuple[float, Sequence[int]]]


def evidence(
    tokens: Sequence[Token],
    concepts: Concepts,
    rules: Mapping[str, tuple[int, Sequence[int]]],
) -> Evidence:
    """Weigh nothing yet, only look. ``rules``: a code → (its score, the positions that spoke).

    Reads the first 400 tokens: a longer text says nothing new. Linear in its length.
    """
    tokens = tokens[:MOST_TOKENS]
    return Evidence(_pieces_of(tokens), _signs_of(concepts.spoken(tokens), rules))


def _pieces_of(tokens: Sequence[Token]) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    words = [_plain(token.word) for token in tokens]
    for at, word in enumerate(words):
        for piece in _pieces_in(word):
            found[piece].append(at)
    for at, (word, following) in enumerate(pairwise(words)):
        found[crc32(b"p" + word + b" " + following) % PIECES] += (at, at + 1)
    return found


@lru_cache(maxsize=20_000)
def _pieces_in(word: bytes) -> tuple[int, ...]:
    """One word's own, with repeats; remembered like all that is looked up by the word."""
    edged = b" " + word + b" "
    seen = [
        edged[start : start + size]
        for size in range(_SHORTEST, min(_LONGEST, len(edged)) + 1)
        for start in range(len(edged) - size + 1)
    ]
    return tuple(crc32(piece) % PIECES for piece in (*seen, b"w" + word))


def _plain(word: str) -> bytes:
    """Numbers tell by their size alone: an age below 18, a small one, an amount."""
    if not word.isdecimal():
        return word.encode()
    if len(word) > 2:
        return b"#a"
    return b"#m" if int(word) < _MINOR else b"#n"


def _signs_of(
    spoken: Sequence[tuple[int, frozenset[str]]],
    rules: Mapping[str, tuple[int, Sequence[int]]],
) -> dict[int, tuple[float, Sequence[int]]]:
    places: defaultdict[str, set[int]] = defaultdict(set)
    for index, (at, concepts) in enumerate(spoken):
        for one in concepts:
            places[one].add(at)
        for later, others in spoken[index : index + _NEAR + 1]:
            if later - at > _NEAR:
                break
            for one in concepts:
                for other in others:
                    if one != other:
                        places["+".join(sorted((one, other)))] |= {at, later}
    signs: dict[int, tuple[float, Sequence[int]]] = {
        _sign(name): (_TWO if "+" in name else _ONE, sorted(at)) for name, at in places.items()
    }
    for code, (score, where) in rules.items():
        weight = min(score, _MOST_OF_A_RULE) * _RULE
        for name in (code, code.partition(".")[0]):
            before = signs.get(_sign(f"rule {name}"), (0.0, ()))
            signs[_sign(f"rule {name}")] = (max(weight, before[0]), [*before[1], *where])
    return signs


def _sign(name: str) -> int:
    return PIECES + crc32(name.encode()) % SIGNS
