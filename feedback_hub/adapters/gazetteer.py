"""Finds places that a text names, however they are spelt: the hub's sites, and a gazetteer's.

Three ways to be named, in this order: as written (accents and case apart), as it sounds
(``Moçambique``, ``Mossambike``), shortened (``M. da Praia``, ``C. Delgado``); then with a slip or
two. The less exact a name is, the more must speak for its being a place: a word before it that a
place follows, or a capital letter.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from feedback_hub.adapters.search_index import fold
from feedback_hub.domain.place import Site
from feedback_hub.domain.whereabouts import NOWHERE, KnownPlace, Mention, Whereabouts, locate
from feedback_hub.services.ports import Places

_WORD = re.compile(r"[^\W_]+(?:['\u2019`][^\W_]+)*\.?")
_READ_AT_MOST = 4000
"""Characters: a place that is named later is not what a message is about."""
_SHORTEST_NAME = 3
_SHORTEST = 4
_SHORTEST_SOUND = 5
_CLEAR_SOUND, _CLEAR = 6, 8
"""Letters from which on a name that is not as written, or has a slip, needs nothing besides."""
_JOINS = re.compile(r"[\s\-_/\u2010-\u2015]{0,3}")
_LONGEST_SHORT = 4
_LONGEST_LETTER = 2
_BARE = 3
"""Words: a message of no more may be a place and nothing else."""
_CERTAIN, _STRONG, _WEAK = 3, 2, 1
"""What speaks for a place: a word that says which kind it is, one it may follow, a capital."""

_SOUNDS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(written), heard)
    for written, heard in (
        (r"ph", "f"),
        (r"t?ch|sh", "x"),
        (r"qu(?=[ei])|ck|q|c(?=[^eiy]|$)", "k"),
        (r"c|z", "s"),
        (r"g(?=[ei])|dj", "j"),
        (r"nh|ny", "ni"),
        (r"lh|ly", "li"),
        (r"h", ""),
        (r"y", "i"),
        (r"w", "u"),
        (r"n(?=[pb])", "m"),
        (r"(.)\1+", r"\1"),
    )
)


def codes_by_name(sites: Sequence[Site]) -> dict[str, str]:
    """Folded code, name and alias of each site → its code; a name of two sites names none."""
    named: dict[str, str] = {}
    twice: set[str] = set()
    for site in sites:
        for name in {fold(name) for name in (site.name, *site.aliases)}:
            if named.setdefault(name, site.code) != site.code:
                twice.add(name)
    for name in twice:
        del named[name]
    return named | {fold(site.code): site.code for site in sites}


class SpeltPlaces:
    """Fulfils ``services.ports.Gazetteer``. Keeps the names ready until they change."""

    def __init__(self) -> None:
        self._names = _Names((), _Words({}))
        self._stamp: str | None = None

    def whereabouts(self, text: str, known: Places, *, told: str = "") -> Whereabouts:
        """Where ``text`` is about. ``told`` is what was written in a field for the place."""
        stamp = known.place_stamp()
        if stamp != self._stamp:
            # Two threads may both do so; the result is the same.
            self._names, self._stamp = _Names(known.places(), _shipped_words()), stamp
        names = self._names
        if not names.places:
            return NOWHERE
        mentions = names.mentions(told, cued=True)
        if (where := locate(mentions, names.places)).site is not None:
            return where
        return locate([*mentions, *names.mentions(text)], names.places)


class ListedPlaces(NamedTuple):
    """Fulfils ``services.ports.Places`` with a list that does not change."""

    listed: Sequence[KnownPlace]

    def place_stamp(self) -> str:
        """Always the same."""
        return "listed"

    def places(self) -> Sequence[KnownPlace]:
        """The list."""
        return self.listed


class _Words:
    """The words around names (``frame/place_words.toml``)."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        def words(name: str) -> frozenset[str]:
            return frozenset(lists.get(name, "").split())

        self.before, self.maybe_before, self.after = (
            words("before"),
            words("maybe_before"),
            words("after"),
        )
        self.generic, self.small, self.ordinary = (
            words("generic"),
            words("small"),
            words("ordinary"),
        )
        self.leading = self.generic | self.before
        self.not_telling = self.generic | self.small | self.ordinary


def _shipped_words() -> _Words:
    text = files("feedback_hub.frame").joinpath("place_words.toml").read_text("utf-8")
    return _Words(tomllib.loads(text))


class _Token(NamedTuple):
    """One word of a text as written, folded and where.

    ``dotted`` if it ends in a full stop, ``apart`` if a sign stands between it and the one before.
    """

    written: str
    folded: str
    start: int
    end: int
    dotted: bool
    apart: bool


class _Found(NamedTuple):
    """Some words of a text, ``first`` to ``last``, and the names they fit, each this well."""

    first: int
    last: int
    fit: float
    names: frozenset[int]


class _Names:
    """Every name of every place, ready to be looked up."""

    def __init__(self, places: Sequence[KnownPlace], words: _Words) -> None:
        self.places = places
        self._words = words
        self._written: defaultdict[str, set[int]] = defaultdict(set)
        self._heard: defaultdict[str, set[int]] = defaultdict(set)
        self._alike: defaultdict[tuple[str, int, int, str], list[str]] = defaultdict(list)
        self._begins: set[str] = set()
        self._longest = 1
        self._heads: defaultdict[str, set[int]] = defaultdict(set)
        self._parts: defaultdict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        self._initials: defaultdict[str, set[int]] = defaultdict(set)
        for number, place in enumerate(places):
            for name in (place.name, *place.aliases):
                for parts in self._forms(name):
                    self._learn(parts, number)

    def mentions(self, text: str, *, cued: bool = False) -> list[Mention]:
        """What ``text`` names, in its order. ``cued``: all of it is said to be a place."""
        tokens = list(_tokens(text[:_READ_AT_MOST]))
        # Somebody who was asked where, and answers with the place alone.
        bare = len(tokens) <= _BARE
        mixed = not text.isupper()
        found = [
            one
            for first in range(len(tokens))
            if (one := self._best_at(tokens, first, bare=bare, mixed=mixed, cued=cued)) is not None
        ]
        mentions: list[Mention] = []
        taken: set[int] = set()
        for one in sorted(found, key=lambda f: (-(f.last - f.first), -f.fit, f.first)):
            span = set(range(one.first, one.last + 1))
            if not span & taken:
                taken |= span
                start, end = tokens[one.first].start, tokens[one.last].end
                named = tuple(self.places[number] for number in sorted(one.names))
                mentions.append(Mention(named, text[start:end].rstrip("."), start, end))
        return sorted(mentions, key=lambda one: one.start)

    def _forms(self, name: str) -> Iterator[tuple[str, ...]]:
        """The words of a name; and those left when ``Centro de Reassentamento de`` is."""
        parts = tuple(token.folded for token in _tokens(name))
        yield parts
        rest = list(parts)
        while rest and (rest[0] in self._words.generic or rest[0] in self._words.small):
            rest.pop(0)
        while rest and rest[-1] in self._words.generic:
            rest.pop()
        if rest and tuple(rest) != parts:
            yield tuple(rest)

    def _learn(self, parts: tuple[str, ...], number: int) -> None:
        if sum(map(len, parts)) < _SHORTEST_NAME:
            return
        # The last word of a name tells it from another: Nanjua A, Nanjua B.
        own = (*(part for part in parts[:-1] if part not in self._words.small), parts[-1])
        for form in {parts, own}:
            self._written[" ".join(form)].add(number)
            heard = _heard(form)
            if heard not in self._heard:
                self._alike[heard[0], len(heard), len(form), _tail(form)].append(heard)
            self._heard[heard].add(number)
            self._begins.add(_sound(form[0])[:1])
            self._longest = max(self._longest, len(form))
        if len(own) < 2:
            return
        self._parts[own[-1]].append((own, number))
        if len(own[0]) > _SHORTEST_SOUND and own[0] not in self._words.not_telling:
            self._heads[_heard(own[:1])].add(number)
        for letters in {"".join(p[0] for p in own), "".join(p[0] for p in parts)}:
            if len(letters) >= 3:
                self._initials[letters].add(number)

    def _best_at(
        self, tokens: Sequence[_Token], first: int, *, bare: bool, mixed: bool, cued: bool
    ) -> _Found | None:
        """The longest that is named from the word ``first`` on, the best fit of it."""
        best: _Found | None = None
        if _sound(tokens[first].folded)[:1] not in self._begins:
            return best
        # One more than a name has: "Nto kota".
        for last in range(first, min(first + self._longest + 1, len(tokens))):
            if last > first and tokens[last].apart:
                break
            speaks = self._speaks(tokens, first, last, mixed=mixed)
            whole = last - first + 1 == len(tokens)
            if cued or whole or (bare and tokens[first].folded not in self._words.ordinary):
                speaks = max(speaks, _STRONG)
            if found := self._fitting(tokens[first : last + 1], speaks):
                best = _Found(first, last, *found)
        return best

    def _speaks(self, tokens: Sequence[_Token], first: int, last: int, *, mixed: bool) -> int:
        """What speaks for a place in these words, besides themselves."""
        words, alone = self._words, first == last
        before = tokens[first - 1].folded if first else ""
        after = tokens[last + 1].folded if last + 1 < len(tokens) else ""
        earlier = tokens[first - 2].folded if first > 1 else ""
        if before in words.small and earlier in words.leading:
            # "sou de Mueda", "distrito de Mueda"
            before = earlier
        if alone and after in words.small and tokens[first].folded in words.ordinary:
            # "na beira da estrada"
            return _STRONG if tokens[first].written[0].isupper() else 0
        if before in words.generic or after in words.after:
            return _CERTAIN
        capital = mixed and first > 0 and tokens[first].written[0].isupper()
        if before in words.before:
            return _CERTAIN if capital else _STRONG
        return _WEAK if capital or before in words.maybe_before else 0

    def _fitting(
        self, window: Sequence[_Token], speaks: int
    ) -> tuple[float, frozenset[int]] | None:
        folded = [token.folded for token in window]
        whole = " ".join(folded)
        ordinary = whole in self._words.ordinary
        if found := self._written.get(whole):
            # "25 de Junho" is a day too.
            told_apart = ordinary or folded[0].isdigit()
            enough = _STRONG if told_apart else _WEAK if len(whole) < _SHORTEST else 0
            return (1.0, frozenset(found)) if speaks >= enough else None
        if ordinary or self._is_small(window[0]) or self._is_small(window[-1]):
            return None
        if cut := self._shortened(window):
            return 0.9, cut
        heard = _heard(folded)
        if len(heard) < _SHORTEST:
            return None
        if found := self._heard.get(heard):
            enough = 0 if len(heard) >= _CLEAR_SOUND else _WEAK
            return (0.95, frozenset(found)) if speaks >= enough else None
        if len(window) == 1 and speaks and (found := self._heads.get(heard)):
            return 0.8, frozenset(found)
        return self._slipped(heard, folded, speaks)

    def _shortened(self, window: Sequence[_Token]) -> frozenset[int]:
        """``M. da Praia``, ``Moc. Praia``, ``MDP``: the last word whole, or all first letters."""
        if len(window) == 1:
            token = window[0]
            letters = token.written.rstrip(".")
            return frozenset(self._initials.get(token.folded, ())) if letters.isupper() else _NONE
        own = [token for token in window if not self._is_small(token)]
        whole = len(own) > 1 and len(own[-1].folded) >= _SHORTEST
        candidates = self._parts.get(own[-1].folded, ()) if whole else ()
        return frozenset(
            number
            for parts, number in candidates
            if len(parts) == len(own)
            and all(
                part == token.folded or (_is_short(token) and part.startswith(token.folded))
                for part, token in zip(parts[:-1], own, strict=False)
            )
        )

    def _is_small(self, token: _Token) -> bool:
        """Whether it only joins words; a capital or a full stop makes it a part of a name."""
        return token.folded in self._words.small and not (token.dotted or token.written.isupper())

    def _slipped(
        self, heard: str, words: Sequence[str], speaks: int
    ) -> tuple[float, frozenset[int]] | None:
        size = len(heard)
        most = _slips(size, speaks)
        if size < _SHORTEST_SOUND and speaks >= _CERTAIN:
            # A letter that was left out: "distrito de Nassa".
            sizes, most = range(size + 1, size + 2), 1
        else:
            sizes = range(size - most, size + most + 1)
        if not most:
            return None
        key = (len(words), _tail(words))
        alike = [n for one in sizes for n in self._alike.get((heard[0], one, *key), ())]
        near = _nearest(heard, alike, most)
        if not near:
            return None
        slips = min(near.values())
        numbers = {n for name, far in near.items() if far == slips for n in self._heard[name]}
        return 0.9 - slips / size, frozenset(numbers)


def _slips(size: int, speaks: int) -> int:
    """How many slips a name of so many letters may have, by what speaks for its being one."""
    if speaks >= _CERTAIN:
        return 0 if size < _SHORTEST_SOUND else 1 if size < 7 else 2 if size < 11 else 3
    if speaks >= _STRONG:
        return 0 if size < _SHORTEST_SOUND else 1 if size < 9 else 2
    return 1 if size >= _CLEAR or (speaks and size >= _CLEAR_SOUND) else 0


_NONE: frozenset[int] = frozenset()


def _tokens(text: str) -> Iterator[_Token]:
    after, ended = 0, False
    for match in _WORD.finditer(text):
        written = match[0]
        bare = fold(written).translate(_NO_MARKS)
        if bare:
            dotted = written.endswith(".")
            apart = ended or not _JOINS.fullmatch(text, after, match.start())
            yield _Token(written, bare, *match.span(), dotted, apart)
            # Many letters and a full stop are the end of a sentence, few a word cut short.
            after, ended = match.end(), dotted and len(bare) > _LONGEST_SHORT


_ENDS = {"o": "u", "e": "i"}
_DIGITS = re.compile(r"\d")
_NO_MARKS = str.maketrans("", "", "'\u2019`.")


def _is_short(token: _Token) -> bool:
    return token.dotted or len(token.folded) < _LONGEST_SHORT


def _tail(words: Sequence[str]) -> str:
    """The letter that tells two places apart, which no slip makes: "Nanjua camp" is not A or B."""
    return words[-1] if len(words) > 1 and len(words[-1]) <= _LONGEST_LETTER else ""


def _heard(words: Sequence[str]) -> str:
    """How ``words`` sound, spoken as one: "Nto kota" is "Ntokota"."""
    return "".join(map(_sound, words[:-1])) + _ending(_sound(words[-1]))


@lru_cache(maxsize=20_000)
def _sound(folded: str) -> str:
    for written, heard in _SOUNDS:
        folded = written.sub(heard, folded)
    return folded


@lru_cache(maxsize=20_000)
def _ending(heard: str) -> str:
    """The end of a word is said and written as one likes: Chiure, Chiuri; Vilankulo, Vilanculos."""
    heard = heard[:-1] if len(heard) > _SHORTEST and heard[-1] == "s" else heard
    return heard[:-1] + _ENDS.get(heard[-1:], heard[-1:])


def _nearest(heard: str, names: Sequence[str], most: int) -> dict[str, int]:
    """Those of ``names`` that at most ``most`` slips make of ``heard``, and how many."""
    if not names:
        return {}
    from rapidfuzz.distance import OSA

    found = {}
    for name in names:
        far = OSA.distance(heard, name, score_cutoff=most)
        # Site 1 is no misspelling of site 2.
        if far <= most and _DIGITS.findall(name) == _DIGITS.findall(heard):
            found[name] = far
    return found
