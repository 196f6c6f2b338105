"""What a caller hears and what each key does: one table, and the rules around it.

Pure: no clock, no network, no memory. Where a caller is travels in the address that the provider
calls next (and signs), so the same request always has the same answer and any process may give it.
Nothing a person says or keys is ever in that address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode, urlsplit

from feedback_hub.domain import contact, dialogue
from feedback_hub.domain.contact import Purpose as Say
from feedback_hub.domain.reference import parse_reference


class Step(StrEnum):
    """Where a caller is."""

    START = "start"
    LANGUAGE = "language"
    MENU = "menu"
    MAY_RECORD = "may_record"
    RECORD = "record"
    LEFT = "left"
    QUESTION = "question"
    NUMBERS = "numbers"
    OFFER = "offer"
    PERSON = "person"
    DIALED = "dialed"
    END = "end"


class Trace(StrEnum):
    """What a call leaves behind, beside a message."""

    ASKED = "asked"
    """The caller asks to be called back."""
    GAVE_UP = "gave_up"
    """The caller got nowhere: called back, like every call that ends before it left anything."""
    DECLINED = "declined"
    """The caller does not want to be called."""
    SERVED = "served"
    """The caller spoke with somebody, or heard what can be said about a case."""


@dataclass(frozen=True)
class Move:
    """What a key does: where to, what is said on the way, what is noted."""

    to: Step
    says: tuple[Say, ...] = ()
    leaves: Trace | None = None
    served: bool = False
    """The caller got what they rang for, and need not be called unless they ask."""


@dataclass(frozen=True)
class Ask:
    """What is asked at a step, and what each answer does; any other answer is a wrong one."""

    says: tuple[Say, ...]
    keys: Mapping[str, Move] = field(default_factory=dict)
    digits: int = 1


NUMBERS_KEYED = "numbers"
REACHED, NOT_REACHED = "reached", "not_reached"
REFERENCE_DIGITS, SECRET_DIGITS = 9, 6

TABLE: Mapping[Step, Ask] = {
    Step.MENU: Ask(
        (Say.VOICE_MENU, Say.VOICE_MENU_PERSON),
        {
            "1": Move(Step.MAY_RECORD),
            "2": Move(Step.NUMBERS),
            "3": Move(Step.END, (Say.VOICE_WILL_CALL,), Trace.ASKED),
            "4": Move(Step.PERSON),
        },
    ),
    Step.MAY_RECORD: Ask(
        (Say.VOICE_MAY_RECORD,),
        {"1": Move(Step.RECORD), "2": Move(Step.OFFER)},
    ),
    # No keys: what is left comes to LEFT, silence comes back here.
    Step.RECORD: Ask((Say.VOICE_RECORD,)),
    # The same sentence for every case and for numbers that fit none (DOMAIN.md, Loop back).
    Step.NUMBERS: Ask(
        (Say.VOICE_NUMBERS,),
        {NUMBERS_KEYED: Move(Step.MENU, (Say.VOICE_STATE,), Trace.SERVED, served=True)},
        digits=REFERENCE_DIGITS + SECRET_DIGITS,
    ),
    Step.OFFER: Ask(
        (Say.VOICE_OFFER_CALL,),
        {
            "1": Move(Step.END, (Say.VOICE_WILL_CALL,), Trace.ASKED),
            "2": Move(Step.END, (Say.VOICE_GOODBYE,), Trace.DECLINED),
        },
    ),
    Step.DIALED: Ask(
        (),
        {
            REACHED: Move(Step.END, (Say.VOICE_GOODBYE,), Trace.SERVED),
            NOT_REACHED: Move(Step.OFFER, (Say.VOICE_NOBODY,)),
        },
    ),
}
"""Step × key → next step.

LANGUAGE is not here: its keys are the languages that are offered. Nor is QUESTION: what is asked
once a message is left, and what each key means there, is declared in ``domain.dialogue``.
"""

MOST_TRIES = 2
"""So often a step is asked; then a call-back is noted, or a question skipped: no dead end."""
MOST_TURNS = 20
"""So many steps a call; a key held down does not run for hours at our cost."""


@dataclass(frozen=True)
class Place:
    """Where a caller is, as it travels in the address."""

    step: Step = Step.START
    language: str = ""
    offered: tuple[str, ...] = ()
    served: bool = False
    asks: tuple[contact.Step, ...] = ()
    """The questions still open, the one that is being asked first."""
    about: str = ""
    """The recording they are about."""
    tries: int = 0
    turns: int = 0

    @classmethod
    def read(cls, url: str) -> Place:
        """The place in a signed address; the start where it holds none that is known."""
        plain = dict(parse_qsl(urlsplit(url).query))
        try:
            return cls(
                step=Step(plain.get("step", Step.START)),
                language=plain.get("language", ""),
                offered=tuple(one for one in plain.get("offered", "").split(".") if one),
                served=plain.get("served") == "yes",
                asks=tuple(contact.Step(one) for one in plain.get("asks", "").split(".") if one),
                about=plain.get("about", ""),
                tries=int(plain.get("tries", "0")),
                turns=int(plain.get("turns", "0")),
            )
        except ValueError:
            return cls()

    def query(self) -> str:
        """The place as it stands in an address."""
        said = {
            "step": self.step.value,
            "language": self.language,
            "offered": ".".join(self.offered),
            "served": "yes" if self.served else "",
            "asks": ".".join(self.asks),
            "about": self.about,
            "tries": str(self.tries or ""),
            "turns": str(self.turns or ""),
        }
        return urlencode({key: value for key, value in said.items() if value})


@dataclass(frozen=True)
class Caller:
    """What the provider and the settings say: whether we see the number, whether we can dial."""

    has_number: bool
    may_reach_person: bool = False


@dataclass(frozen=True)
class Turn:
    """What a request led to: where the caller is now, what is said first, what is noted."""

    place: Place
    says: tuple[Say, ...] = ()
    leaves: Trace | None = None


def advance(place: Place, keyed: str, caller: Caller) -> Turn:
    """What ``keyed`` does at ``place``; empty is silence."""
    if place.turns >= MOST_TURNS:
        return _give_up(place, caller)
    if place.step is Step.LANGUAGE:
        return _choose(place, keyed, caller)
    ask = TABLE.get(place.step)
    key = NUMBERS_KEYED if place.step is Step.NUMBERS and numbers_in(keyed) else keyed
    move = ask.keys.get(key) if ask else None
    if move is None or (move.to is Step.PERSON and not caller.may_reach_person):
        return _again(place, keyed, caller)
    if not caller.has_number:
        move = _without_number(move)
    now = replace(
        place,
        step=move.to,
        served=move.served or place.served,
        tries=0,
        turns=place.turns + 1,
    )
    return Turn(now, move.says, move.leaves)


def answer(place: Place, keyed: str, sites: Mapping[str, str]) -> tuple[Turn, str]:
    """What ``keyed`` answers at a question: where to now, and the value, empty where it is none.

    Silence skips, as a skipping key does; a key that means nothing is asked for once more.
    ``sites`` are the numbers that were read out and their sites.
    """
    value = dialogue.answer_in(place.asks[0], keyed, sites) if keyed else dialogue.SKIPPED
    if value is None and place.tries + 1 < MOST_TRIES:
        return Turn(replace(place, tries=place.tries + 1), (Say.VOICE_NOT_UNDERSTOOD,)), ""
    rest = place.asks[1:]
    now = replace(place, step=Step.QUESTION if rest else Step.END, asks=rest, tries=0)
    return Turn(now, () if rest else (Say.VOICE_GOODBYE,)), value or ""


def numbers_in(keyed: str) -> tuple[str, str] | None:
    """The reference and the secret in one row of digits; None if they cannot be any case's."""
    digits = keyed if keyed.isascii() and keyed.isdigit() else ""
    ref = parse_reference(digits[:REFERENCE_DIGITS])
    secret = digits[REFERENCE_DIGITS:]
    return (ref, secret) if ref and len(secret) == SECRET_DIGITS else None


def heard_by(languages_offered: int, *, person: bool) -> frozenset[Say]:
    """Every prompt a call needs where so many languages are offered.

    The dialogue's questions are not among them: one that cannot be heard is not asked.
    """
    spoken = {purpose for purpose in Say if purpose.is_spoken}
    asked = {step: question.spoken for step, question in dialogue.DIALOGUE.items()}
    if languages_offered > 1:
        del asked[contact.Step.LANGUAGE]
    spoken -= set(asked.values())
    if not person:
        spoken -= {Say.VOICE_MENU_PERSON, Say.VOICE_CONNECTING, Say.VOICE_NOBODY}
    return frozenset(spoken)


def _choose(place: Place, keyed: str, caller: Caller) -> Turn:
    """The language keyed; the first, which is the hub's own, for who skips or does not choose."""
    by_key = {str(number): language for number, language in enumerate(place.offered, 1)}
    skips = keyed in dialogue.SKIP or place.tries + 1 >= MOST_TRIES
    if keyed not in by_key and not (skips and place.offered):
        return _again(place, keyed, caller)
    language = by_key.get(keyed) or place.offered[0]
    now = replace(place, step=Step.MENU, language=language, tries=0, turns=place.turns + 1)
    return Turn(now, (Say.VOICE_WELCOME,))


def _again(place: Place, keyed: str, caller: Caller) -> Turn:
    if place.tries + 1 >= MOST_TRIES:
        return _give_up(place, caller)
    now = replace(place, tries=place.tries + 1, turns=place.turns + 1)
    return Turn(now, (Say.VOICE_NOT_UNDERSTOOD,) if keyed else ())


def _give_up(place: Place, caller: Caller) -> Turn:
    end = replace(place, step=Step.END)
    if not caller.has_number:
        return Turn(end, (Say.VOICE_NO_NUMBER,), Trace.GAVE_UP)
    if place.served:
        return Turn(end, (Say.VOICE_GOODBYE,), Trace.DECLINED)
    return Turn(end, (Say.VOICE_WILL_CALL,), Trace.GAVE_UP)


def _without_number(move: Move) -> Move:
    """The move for a caller whose number we do not see: no question about calling it."""
    if move.to is Step.OFFER:
        return Move(Step.END, (*move.says, Say.VOICE_NO_NUMBER))
    if move.leaves is Trace.ASKED:
        return Move(Step.MENU, (Say.VOICE_NO_NUMBER,))
    return move
