"""Personal data out of free text: what may be shared or searched keeps neither number nor name.

A best effort by pattern, for where a text travels masked (DOMAIN.md, One record: not asked means
shared masked). It rather masks too much than too little and is no substitute for a person's eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class PersonalData(StrEnum):
    """What was found; ``mark`` stands in its place."""

    NUMBER = "number"
    EMAIL = "email"
    NAME = "name"

    @property
    def mark(self) -> str:
        """The neutral word that replaces it."""
        return f"[{self.value}]"


class Span(NamedTuple):
    """``text[start:end]`` is personal data of this kind."""

    start: int
    end: int
    kind: PersonalData


_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]+(?:(?:@|\s{0,2}[\[(](?i:at|arroba)[\])]\s{0,2}|\s{1,2}(?i:arroba)\s{1,2})"
    r"[\w-]+(?:(?:\.|\s(?i:ponto|dot)\s)[\w-]+)*)+"
)
_DIGIT = (
    r"(?:\d|(?<=\d)[oO](?=\d)|(?i:zero|uma|um|dois|duas|tr[eê]s|quatro|cinco|seis|meia|sete|oito|nove"
    r"|one|two|three|four|five|six|seven|eight|nine))"
)
# Invisible signs stand between digits too, where a number was pasted. A comma with a space after it
# rather begins the next number.
_BETWEEN = (
    r"(?:,|[\s.()/\\_*+\-\u00ad\u00b7\u2010-\u2015\u2022"
    r"\u200b-\u200f\u202a-\u202e\u2060\ufeff]{0,3})"
)
_NUMBER = re.compile(rf"(?:\((?=\+?\d{{1,4}}\)))?\+?{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{5,}}")
_HANDLE = re.compile(r"@\w{3,}")

_NO_NAME = (
    r"(?:n[aã]o|not|on|in|no|na|o|a|os|as|e|é|i|is|was|missing|still|never|gone|removed|being|also"
    r"|there|written|unico|únic[oa]|esta|está|foi|que|de|da|do|dos|para|sou|moro|vivo|estou|tenho"
    r"|temos|quero|queria|preciso|venho|fui|and|from|we|my|live|have|need|am|the|with|com|mas|but|at"
    r"|here|aqui|disse|pediu|pede|quer|deu|said|asked|asks|wants|gave|took|tem|vai|who|to|do"
    r"|sr|sra|srs|mr|mrs|ms|dr|dra|senhora?|chefe|leader|teacher|professora?)(?!\w)"
)
_WORD = r"[^\W\d_][\w'\u2019\u0300-\u036f-]{0,40}"
_UPPER = rf"(?!(?i:{_NO_NAME}))(?=[^\W\d_])(?-i:(?![a-zà-öø-ÿ])){_WORD}"
_LATER = rf"(?:\s{{1,3}}(?:(?i:da|de|do|das|dos)\s{{1,2}})?{_UPPER}){{0,6}}"
_TITLE = r"(?<![^\W\d_])(?:sr[aª]?|sr\.ª|mr|mrs|ms|dr|dra)(?:\.\s{0,2}|\s{1,3})"
_INTRODUCED = (
    r"(?:chamo[-\s]me|me\s{1,2}chamo|chamam[-\s]me|meu\s{1,2}nome\s{1,2}(?:completo\s)?(?:e|é|eh|:)'?"
    r"|my\s{1,2}(?:full\s)?names?\s{1,2}(?:is|are|:)|i\s{1,2}am\s{1,2}called"
    r"|(?<![^\W\d_])(?:nome|name)\s?:)\s{0,3}"
    r"(?:(?:senhora?|dona)\s{1,2})?"
)
_NAMES = (
    # After an introduction even small letters are a name, and mostly two of them.
    re.compile(
        rf"(?i:{_INTRODUCED})(?i:{_TITLE})?"
        rf"((?!(?i:{_NO_NAME})){_WORD}(?:\s{{1,3}}(?!(?i:{_NO_NAME})){_WORD})?{_LATER})"
    ),
    re.compile(rf"(?i:{_TITLE})((?!(?i:{_NO_NAME})){_WORD}{_LATER})"),
    re.compile(
        rf"(?<![^\W\d_])(?i:senhora?|dona|sou\s(?:o|a)|mano|mana|miss)\s{{1,2}}({_UPPER}{_LATER})"
    ),
)
# Same length, never part of a word or number: keeps offsets while later patterns look.
_TAKEN = "\ue000"


def spans(text: str) -> list[Span]:
    """Where ``text`` holds personal data, ascending and apart from each other.

    Takes time linear in the length of ``text``.
    """
    return sorted(_found(text))


def mask(text: str) -> str:
    """``text`` with ``[number]``, ``[email]`` and ``[name]`` for what ``spans`` finds in it.

    Masking what is masked changes nothing. Takes time linear in the length of ``text``.
    """
    pieces = []
    after = 0
    for span in spans(text):
        pieces += [text[after : span.start], span.kind.mark]
        after = span.end
    return "".join([*pieces, text[after:]])


def _found(text: str) -> Iterator[Span]:
    looks = (
        (_EMAIL, 0, PersonalData.EMAIL),
        (_NUMBER, 0, PersonalData.NUMBER),
        (_HANDLE, 0, PersonalData.NAME),
        *((pattern, 1, PersonalData.NAME) for pattern in _NAMES),
    )
    for pattern, group, kind in looks:
        taken: list[str] = []
        after = 0
        for match in pattern.finditer(text):
            start, end = match.span(group)
            yield Span(start, end, kind)
            taken += [text[after:start], _TAKEN * (end - start)]
            after = end
        text = "".join([*taken, text[after:]])
