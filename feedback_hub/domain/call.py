"""Calls as a hotline's own log tells of them, and which of them need a case.

Plain values and pure rules: the readers in ``adapters/call_logs`` make a ``Call`` of whatever a
switchboard or an operator wrote, ``judge`` says what the hub owes the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

_DIGIT = re.compile(r"\d")


class CallEnd(StrEnum):
    """How a call went for the caller.

    ``answered``: a person took it. ``abandoned``: nobody did, and the caller hung up, was sent away
    or waited in vain. ``automated``: only a machine spoke, and nobody was asked for.
    """

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    AUTOMATED = "automated"


@dataclass(frozen=True)
class Call:
    """One call, all its legs together.

    ``external_id`` is the log's own id, empty where it gives none. ``at`` is when it began (UTC),
    ``lasted`` seconds from then to its end. ``caller`` is the number as the log has it, empty when
    withheld. ``keys`` are what was pressed, in order; ``answers`` what a flow asked and heard
    (question → category). ``note`` is what an operator wrote or the caller typed, word for word.
    """

    external_id: str
    at: datetime
    end: CallEnd
    caller: str = ""
    inbound: bool = True
    lasted: float = 0.0
    keys: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    name: str = ""
    place: str = ""
    language: str = "und"


class Need(StrEnum):
    """What a call asks of the hub: a case, a call back, or why nothing."""

    CASE = "case"
    CALL_BACK = "call_back"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    SHORT = "short"
    NO_NUMBER = "no_number"
    SERVED = "served"


@dataclass(frozen=True)
class CallRules:
    """``[hotline]``: which call needs a case.

    ``internal`` matches extensions of the hotline itself. ``short`` is how many seconds a call
    nobody took must have lasted to be called back: 0 by default, because ringing once and hanging
    up is how people without credit ask for it. ``codes`` maps what was pressed (``1-2``) or a
    flow's answer (``topic=water``) to a code of the frame. ``window`` is how long several tries of
    one caller are one request.
    """

    internal: re.Pattern[str] = re.compile(r"[0-9*#]{1,5}")
    short: float = 0.0
    call_back: bool = True
    codes: Mapping[str, str] = field(default_factory=dict)
    window: timedelta = timedelta(hours=12)


def judge(call: Call, rules: CallRules) -> Need:
    """What is owed to the caller. Somebody's words always count, whatever else the log says."""
    if not call.inbound:
        return Need.OUTBOUND
    if call.caller and rules.internal.fullmatch(call.caller):
        return Need.INTERNAL
    if call.note or codes_of(call, rules):
        return Need.CASE
    if call.end is not CallEnd.ABANDONED or not rules.call_back:
        return Need.SERVED
    if not has_number(call.caller):
        return Need.NO_NUMBER
    return Need.SHORT if call.lasted < rules.short else Need.CALL_BACK


def codes_of(call: Call, rules: CallRules) -> tuple[str, ...]:
    """The codes of the frame that the caller chose.

    By the longest known way through the menu, and by each answer of a flow.
    """
    found = []
    for length in range(len(call.keys), 0, -1):
        if code := rules.codes.get("-".join(call.keys[:length])):
            found.append(code)
            break
    for question, answer in call.answers.items():
        if code := rules.codes.get(f"{question}={answer}".casefold()):
            found.append(code)
    return tuple(dict.fromkeys(found))


def has_number(caller: str) -> bool:
    """Whether there is something to ring: "anonymous" and a SIP name have too few digits."""
    return len(_DIGIT.findall(caller)) >= 3
