"""The few questions a person may be asked, in one place, the same by text, by chat and on a call.

Only after the message is accepted, one at a time, each at most once, three at most; silence skips,
and so does any other message, which is handled as one. Which are asked, and in which order, is the
setting ``[conversation] ask``; their words are the wordings of their purposes. In a highly
sensitive case nothing is asked (DOMAIN.md, Loop back).

A call differs in two things that lie in its nature. Its language is asked first, or nothing could
be said. And ``safe`` is always asked, of each caller: nothing is written to a phone that rang
unless whoever held it agreed, and a phone has several people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Purpose, Step

MOST_QUESTIONS = 3


@dataclass(frozen=True)
class Choice:
    """One answer: the value it sets, and the words that mean it besides its number."""

    value: str
    words: frozenset[str]


@dataclass(frozen=True)
class Question:
    """``purpose`` names its wording, which numbers the choices from 1 in this order; ``spoken`` the
    one for a call, where it is asked there.

    The number after the last choice skips, as ``SKIP`` does. Without choices the answer is the
    name of a site. ``about_case``: asked for each case; the others are asked once of a contact.
    """

    purpose: Purpose
    choices: tuple[Choice, ...] = ()
    about_case: bool = False
    spoken: Purpose | None = None


_YES, _NO = frozenset({"sim", "s", "yes", "y"}), frozenset({"nao", "n", "no"})
SKIP = frozenset({"0", "saltar", "skip"})

DIALOGUE: Mapping[Step, Question] = MappingProxyType(
    {
        # Sets the contact's language, in which everything else is then written.
        Step.LANGUAGE: Question(
            Purpose.ASK_LANGUAGE,
            (
                Choice("por", frozenset({"portugues", "pt", "por"})),
                Choice("eng", frozenset({"ingles", "english", "en", "eng"})),
            ),
            spoken=Purpose.VOICE_LANGUAGE,
        ),
        # Sets the case's consent to be shared, without the name or not at all.
        Step.CONSENT: Question(
            Purpose.ASK_CONSENT,
            (Choice(Share.ANONYMOUS, _YES), Choice(Share.NO, _NO)),
            about_case=True,
            spoken=Purpose.VOICE_ASK_CONSENT,
        ),
        # Sets the contact's site, and the case's where it has none.
        Step.SITE: Question(Purpose.ASK_SITE, spoken=Purpose.VOICE_ASK_SITE),
        # Sets whether the phone is private and the person may be contacted there; "no" ends every
        # text about the case.
        Step.SAFE: Question(
            Purpose.ASK_SAFE,
            (Choice(Answered.YES, _YES), Choice(Answered.NO, _NO)),
            spoken=Purpose.VOICE_MAY_CONTACT,
        ),
        # Asked when the case is closed, not with the others. A plain yes or no has its place too.
        Step.SATISFACTION: Question(
            Purpose.ASK_SATISFACTION,
            (
                Choice("1", frozenset({"nada", "not at all"})),
                Choice("2", frozenset({"pouco", "a little"}) | _NO),
                Choice("3", frozenset({"mais ou menos", "so so"})),
                Choice("4", frozenset({"bem", "well"}) | _YES),
                Choice("5", frozenset({"muito bem", "very well"})),
            ),
            about_case=True,
        ),
    }
)

STEP_OF: Mapping[Purpose, Step] = MappingProxyType(
    {question.purpose: step for step, question in DIALOGUE.items()}
)
ASKS = frozenset(STEP_OF)
SKIPPED = ""
_NUMBERED = re.compile(r"\b([1-9]) ([^\W\d_][^,;.?!\d]*)")


def answer_in(step: Step, text: str, sites: Mapping[str, str]) -> str | None:
    """What ``text`` answers: the value, ``SKIPPED``, or None where it is no answer but a message.

    ``sites`` maps folded names to codes (see ``folded``); on a call, the numbers read out.
    """
    said = folded(text)
    question = DIALOGUE[step]
    if said in SKIP or (question.choices and said == str(len(question.choices) + 1)):
        return SKIPPED
    if not question.choices:
        return sites.get(said) if said else None
    for number, choice in enumerate(question.choices, start=1):
        if said == str(number) or said in choice.words:
            return choice.value
    return None


def folded(text: str) -> str:
    """Without case, accents, and what surrounds the words."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c)).strip(" \t\r\n.,!?\"'«»")


def choices_in(wording: str) -> tuple[str, ...]:
    """The choices that a question's wording numbers from 1: ``1 Sim, 2 Nao`` → Sim, Nao."""
    found = [(int(number), words.strip()) for number, words in _NUMBERED.findall(wording)]
    in_order = [words for place, (number, words) in enumerate(found, 1) if number == place]
    return tuple(in_order) if len(in_order) == len(found) else ()
