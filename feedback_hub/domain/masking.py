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
# With the letters that stand on it: an identity card's last one, a passport's first two.
_NUMBER = re.compile(
    rf"(?:\((?=\+?\d{{1,4}}\)))?\+?(?:(?<![^\W_])[A-Z]{{1,3}}(?=\d))?"
    rf"{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{5,}}(?:[A-Z](?![^\W_]))?"
)
# A shorter one, where it is said that it is somebody's.
_DOCUMENT = re.compile(
    r"(?<![^\W_])(?i:bi|nuit|dire|nit|passaporte|passport|passeport|pasaporte|c[eé]dula|bilhete\s{1,2}de\s{1,2}identidade"
    r"|id\s?card|cart[aã]o|carta|senha|voucher|talh[aã]o\s{1,2}da\s{1,2}familia)"
    r"(?i:\s{0,2}(?:de\s{1,2}(?:eleitor|refugiado|identidade)|card))?\s{0,2}(?i:n[o.º°]{0,2}|num(?:ero)?|número|number)?"
    r"\s{0,2}[:#]?\s{0,2}([A-Za-z]{0,3}[-/]?\d[\dA-Za-z/-]{2,24})"
)
_HANDLE = re.compile(
    r"@\w{3,}|(?<![^\W_])(?i:t\.me|wa\.me|m\.me|fb\.com|facebook\.com|instagram\.com|tiktok\.com)/[\w.@-]{2,64}"
)
# "telegram joao_m", "facebook: Joao Mussa" is a name, "o grupo no facebook" is none.
_ACCOUNT = re.compile(
    r"(?<![^\W_])(?i:telegram|instagram|insta|facebook|fb|tiktok|twitter|snapchat|skype|messenger|imo)"
    r"(?:\s{0,2}[:=]\s{0,2}([\w.]{3,40})|\s{1,2}(\w{1,20}[._\d][\w.]{1,20}))"
)

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
_TITLE = (
    r"(?<![^\W\d_])(?:sr[aª]?|sr\.ª|mr|mrs|ms|dr|dra|mme|mlle|monsieur|madame|bwana|do[nñ]a)"
    r"(?:\.\s{0,2}|\s{1,3})"
)
_INTRODUCED = (
    r"(?:chamo[-\s]me|me\s{1,2}chamo|chamam[-\s]me|meu\s{1,2}nome\s{1,2}(?:completo\s)?(?:e|é|eh|:)'?"
    r"|je\s{1,2}m['\u2019]?\s?appell?e|mon\s{1,2}nom\s{1,2}(?:est|c['\u2019]est)|naitwa|ninaitwa"
    r"|jina\s{1,2}langu\s{1,2}ni|me\s{1,2}llamo|mi\s{1,2}nombre\s{1,2}es|aqui\s{1,2}fala(?:\s{1,2}[oa](?=\s))?"
    r"|my\s{1,2}(?:full\s)?names?\s{1,2}(?:is|are|:)|i\s{1,2}am\s{1,2}called"
    r"|(?<![^\W\d_])(?:nome|name)\s?:)\s{0,3}"
    r"(?:(?:senhora?|dona)\s{1,2})?"
)
# Who stands before a name that is written as one: what somebody is to another, or does.
_BEFORE_A_NAME = (
    r"senhora?|dona|sou\s(?:o|a)|mano|mana|miss|aqui\s(?:é|e)\s(?:o|a)|mam[aã]|pap[aá]|tio|tia|av[oóô]"
    r"|marido|esposa|mulher|espos[oa]|filh[oa]|irm[aãoõ]o?|primo|prima|sobrinh[oa]|vizinh[oa]|amig[oa]|pai|m[aã]e"
    r"|chefe|l[ií]der|r[eé]gulo|secret[aá]ri[oa]|professora?|enfermeir[oa]|activista|ativista|padre|pastor|xehe|sheik"
    r"|husband|wife|son|daughter|brother|sister|mother|father|uncle|aunt|neighbou?r|friend|chief|leader|teacher"
    r"|nurse|doctor|pastor|imam|officer|mari|femme|fils|fille|fr[eè]re|s[oœ]eur|chef|voisine?|mwalimu|mzee|bibi|esposo"
)
_NAMES = (
    # After an introduction even small letters are a name, and mostly two of them.
    re.compile(
        rf"(?i:{_INTRODUCED})(?i:{_TITLE})?"
        rf"((?!(?i:{_NO_NAME})){_WORD}(?:\s{{1,3}}(?!(?i:{_NO_NAME})){_WORD})?{_LATER})"
    ),
    re.compile(rf"(?i:{_TITLE})((?!(?i:{_NO_NAME})){_WORD}{_LATER})"),
    re.compile(
        # Where all is written in capitals they say nothing.
        rf"(?<![^\W\d_])(?![A-ZÀ-Þ]{{3}})(?i:{_BEFORE_A_NAME})\s{{1,2}}({_UPPER}{_LATER})"
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
        (_HANDLE, 0, PersonalData.NAME),
        (_NUMBER, 0, PersonalData.NUMBER),
        (_DOCUMENT, 1, PersonalData.NUMBER),
        (_ACCOUNT, 1, PersonalData.NAME),
        (_ACCOUNT, 2, PersonalData.NAME),
        *((pattern, 1, PersonalData.NAME) for pattern in _NAMES),
    )
    for pattern, group, kind in looks:
        taken: list[str] = []
        after = 0
        for match in pattern.finditer(text):
            start, end = match.span(group)
            if start < 0:
                continue
            yield Span(start, end, kind)
            taken += [text[after:start], _TAKEN * (end - start)]
            after = end
        text = "".join([*taken, text[after:]])
