"""How alike two texts are, told from sketches that hold no word of either.

MinHash (Broder 1997): of the hashes of a text's telling words, each of many orders keeps the
smallest. The share of orders in which two texts keep the same estimates how many words they share.
The hashes are keyed, so that a sketch tells nothing to whoever does not hold the hub's key.
"""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import eq

SIZE = 32
"""Orders: the estimate is off by .09 at most places."""
BANDS, _ROWS = 4, 3
"""Texts that share nine words of ten nearly always meet in a band, with one of three rarely."""
FEWEST_WORDS = 4
"""What has fewer telling words is no copy of anything: "falta agua" is said everywhere."""
ALIKE = 0.5
"""From this share on two texts are probably the same report."""

_MASK = (1 << 64) - 1
_STEM = 6
_SHORTEST = 4
_WORD = re.compile(r"[^\W\d_]+")
_MARK = re.compile(r"\[\w+\]")
_SMALL_WORDS = """
para como porque esta estao estamos temos tenho mais muito muita pelo pela quando onde quem nosso
nossa nossos nossas isso isto aqui agora ainda tambem favor obrigado obrigada ajuda ajudem bom dias
boa tarde noite senhor senhora pedimos peco pedir quero queria somos foram desde depois antes sobre
entre mesmo cada todos todas with that this have from they them there their please thank thanks
good morning help need what when where about been were your ours which pour avec dans nous vous
sont cette mais plus bonjour merci aide avons donc quand parce comme hivyo lakini kama tafadhali
asante sana habari gracias hola cuando donde tenemos
"""
_SMALL = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True)
class Sketch:
    """What is kept of a text. ``minima`` are 2 bytes an order; ``bands`` look up near copies.

    ``bands`` is empty for a text of too few words.
    """

    minima: bytes
    bands: tuple[int, ...]


def telling_words(masked: str) -> frozenset[str]:
    """The words of a masked text that say what it is about, folded and without their endings."""
    split = unicodedata.normalize("NFKD", _MARK.sub(" ", masked).casefold())
    folded = "".join(sign for sign in split if not unicodedata.combining(sign))
    words = (word for word in _WORD.findall(folded) if len(word) >= _SHORTEST)
    return frozenset(word[:_STEM] for word in words if word not in _SMALL)


def sketch_of(hashes: Sequence[int]) -> Sketch:
    """A sketch of the keyed 64-bit ``hashes`` of a text's telling words."""
    if not hashes:
        return Sketch(b"", ())
    minima = [
        min([(one * factor + shift) & _MASK for one in hashes]) >> 32 for factor, shift in _orders()
    ]
    bands: tuple[int, ...] = ()
    if len(hashes) >= FEWEST_WORDS:
        bands = tuple(
            _band(number, minima[number * _ROWS : (number + 1) * _ROWS]) for number in range(BANDS)
        )
    return Sketch(b"".join((one & 0xFFFF).to_bytes(2) for one in minima), bands)


@cache
def _orders() -> Sequence[tuple[int, int]]:
    drawn = random.Random("feedback_hub likeness")  # noqa: S311  fixed for ever, no secret
    return [(drawn.getrandbits(64) | 1, drawn.getrandbits(64)) for _ in range(SIZE)]


def likeness(one: bytes, other: bytes) -> float:
    """The share of words that two texts have in common, about, by their minima; 0..1."""
    if not one or len(one) != len(other):
        return 0.0
    pairs = len(one) // 2
    same: int = sum(map(eq, memoryview(one).cast("H"), memoryview(other).cast("H")))
    return same / pairs


def _band(number: int, minima: Sequence[int]) -> int:
    """A signed 64-bit key, as both databases keep one."""
    told = b"".join([number.to_bytes(1), *(one.to_bytes(4) for one in minima)])
    return int.from_bytes(hashlib.sha256(told).digest()[:8], signed=True)
