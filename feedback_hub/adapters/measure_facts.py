"""One case as the measures need it: a packed row of what is counted, made from the tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Text, and_, func, select, type_coerce
from sqlalchemy import case as when
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import case, case_event, referral
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.person import AgeBand, Disability, PopulationGroup, Sex
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.rules import Rules

Rows = NDArray[Any]

STATES, OUTCOMES = tuple(CaseState), tuple(Outcome)
SEXES, AGE_BANDS, DISABILITIES = tuple(Sex), tuple(AgeBand), tuple(Disability)
GROUPS, LEVELS = tuple(PopulationGroup), tuple(Sensitivity)
NO_OUTCOME = 255
CODES = ("code0", "code1", "code2", "code3")
"""A case counts under its first codes, so many."""


class Was(IntFlag):
    """What happened to a case, once or more."""

    HISTORY = 1
    ON_SPOT = 2
    TRIAGED = 4
    ANSWERED = 8
    REFERRED = 16
    REOPENED = 32
    APPEALED = 64
    HEARD_IN_TIME = 128


CASE = np.dtype(
    [
        # Seconds since 1970; 0: never. ``told``: the person was told, or somebody first tried to.
        ("received", "<u4"),
        ("heard", "<u4"),
        ("heard_by", "<u4"),
        ("told", "<u4"),
        ("closed", "<u4"),
        # Numbers of words.
        ("site", "<u2"),
        ("sector", "<u2"),
        ("type", "<u2"),
        ("channel", "<u2"),
        *((name, "<u2") for name in CODES),
        # Places in the tuples above.
        ("sex", "u1"),
        ("age_band", "u1"),
        ("disability", "u1"),
        ("group", "u1"),
        ("state", "u1"),
        ("outcome", "u1"),
        ("level", "u1"),
        ("was", "<u2"),
        ("asked", "u1"),
        ("satisfied", "u1"),
    ]
)
REFERRAL = np.dtype(
    [
        ("of", "<u4"),  # the row of its case
        ("organisation", "<u2"),
        ("sent", "<u4"),
        ("accepted", "<u4"),
        ("answered", "<u4"),
    ]
)
KEY = np.dtype("<u8")
_ENUMS: tuple[tuple[StrEnum, ...], ...] = (
    STATES,
    OUTCOMES,
    SEXES,
    AGE_BANDS,
    DISABILITIES,
    GROUPS,
    LEVELS,
)
_FIRST = (
    EventKind.ACKNOWLEDGED,
    EventKind.ANSWERED_ON_SPOT,
    EventKind.LOOP_ATTEMPTED,
    EventKind.CLOSED,
)
_EVER = {
    EventKind.TRIAGED: Was.TRIAGED,
    EventKind.RESPONSE_READY: Was.ANSWERED,
    EventKind.REFERRED: Was.REFERRED,
    EventKind.REOPENED: Was.REOPENED,
    EventKind.APPEALED: Was.APPEALED,
}
_COUNTED = (*_FIRST, *_EVER)
_BY_CHANNEL = "channel:"
_MOST_SAID = 255


class Numbers:
    """Words and their numbers; a new word gets the next one."""

    def __init__(self, known: Iterable[tuple[int, str]] = ()) -> None:
        self.number_of = {word: number for number, word in known}
        self.words = {number: word for word, number in self.number_of.items()}
        self.new: dict[int, str] = {}

    def of(self, word: str) -> int:
        """The word's number; 0 is the empty word."""
        if not word:
            return 0
        number = self.number_of.get(word)
        if number is None:
            number = max(self.words, default=0) + 1
            self.number_of[word] = number
            self.words[number] = self.new[number] = word
        return number

    def word(self, number: int) -> str:
        """The word with this number."""
        return self.words[number] if number else ""


@dataclass(frozen=True)
class Facts:
    """Cases fresh from the tables, by id."""

    ids: tuple[str, ...]
    cases: Rows
    referrals: Rows

    @property
    def keys(self) -> NDArray[np.uint64]:
        """What stands for the ids in a page."""
        return keys_of(self.ids)


def made_for(rules: Rules) -> str:
    """Another one whenever a page made before may say something else now."""
    calendar = rules.calendar
    what = (
        "column after column",
        str(CASE.descr),
        str(REFERRAL.descr),
        [[word.value for word in words] for words in _ENUMS],
        repr(rules.targets.acknowledge),
        str(calendar.zone),
        str((calendar.opens, calendar.closes, sorted(calendar.weekdays))),
        sorted(day.isoformat() for day in calendar.holidays),
    )
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def facts(session: Session, rules: Rules, numbers: Numbers, which: ColumnElement[bool]) -> Facts:
    """The cases that ``which`` admits, from the tables: three statements, whatever their number."""
    happened = and_(case_event.c.case_id == case.c.id, case_event.c.kind.in_(_COUNTED))
    rows = session.execute(
        select(
            case.c.id,
            case.c.received_at,
            case.c.entered_at,
            case.c.entered_by,
            case.c.site,
            case.c.sector,
            case.c.type,
            case.c.channel,
            type_coerce(case.c.codes, Text()),
            case.c.sex,
            case.c.age_band,
            case.c.disability,
            case.c.population_group,
            case.c.state,
            case.c.outcome,
            case.c.sensitivity,
            case.c.from_history,
            *(func.min(when((case_event.c.kind == kind, case_event.c.at))) for kind in _FIRST),
            *(func.max(when((case_event.c.kind == kind, 1), else_=0)) for kind in _EVER),
        )
        .select_from(case.outerjoin(case_event, happened))
        .where(which)
        .group_by(case.c.id)
    )
    said = _said(session, which)
    ids: list[str] = []
    packed: list[tuple[object, ...]] = []
    for row in rows:
        ids.append(row[0])
        packed.append(_row(row, said.get(row[0], (0, 0)), rules, numbers))
    place = {case_id: position for position, case_id in enumerate(ids)}
    sent = session.execute(
        select(
            referral.c.case_id,
            referral.c.organisation,
            referral.c.sent_at,
            referral.c.accepted_at,
            referral.c.answered_at,
        )
        .select_from(referral.join(case, case.c.id == referral.c.case_id))
        .where(which, referral.c.sent_at.is_not(None))
    )
    referrals = [
        (
            place[one.case_id],
            numbers.of(one.organisation),
            _seconds(one.sent_at),
            _seconds(one.accepted_at),
            _seconds(one.answered_at),
        )
        for one in sent
        if one.case_id in place
    ]
    return Facts(tuple(ids), np.array(packed, CASE), np.array(referrals, REFERRAL))


def _row(
    row: Sequence[Any], said: tuple[int, int], rules: Rules, numbers: Numbers
) -> tuple[object, ...]:
    (
        _,
        received_at,
        entered_at,
        entered_by,
        site,
        sector,
        type_,
        channel,
        codes,
        sex,
        age_band,
        disability,
        group,
        state,
        outcome,
        level,
        from_history,
        acknowledged_at,
        on_spot_at,
        loop_at,
        closed_at,
        *ever,
    ) = row
    told_at = min((at for at in (on_spot_at, loop_at) if at), default=None)
    if entered_by.startswith(_BY_CHANNEL):
        heard_at = min((at for at in (acknowledged_at, told_at) if at), default=None)
    else:
        # Who hands it in gets the reference at once.
        heard_at = entered_at
    by = rules.calendar.after(received_at, rules.targets.acknowledge)
    was = Was(0)
    for happened, flag in zip(ever, _EVER.values(), strict=True):
        was |= flag if happened else Was(0)
    if on_spot_at is not None:
        was |= Was.ON_SPOT | Was.ANSWERED
    if from_history:
        was |= Was.HISTORY
    if heard_at is not None and heard_at <= by:
        was |= Was.HEARD_IN_TIME
    named = [numbers.of(code) for code in json.loads(codes)[: len(CODES)]]
    return (
        _seconds(received_at),
        _seconds(heard_at),
        _seconds(by),
        _seconds(told_at),
        _seconds(closed_at),
        numbers.of(site),
        numbers.of(sector),
        numbers.of(type_),
        numbers.of(channel),
        *named,
        *[0] * (len(CODES) - len(named)),
        SEXES.index(sex),
        AGE_BANDS.index(age_band),
        DISABILITIES.index(disability),
        GROUPS.index(group),
        STATES.index(state),
        OUTCOMES.index(outcome) if outcome else NO_OUTCOME,
        LEVELS.index(level),
        int(was),
        min(said[0], _MOST_SAID),
        min(said[1], _MOST_SAID),
    )


def _said(session: Session, which: ColumnElement[bool]) -> dict[str, tuple[int, int]]:
    """How often each person was asked how good the answer is, and how often it was good.

    From the history: a case forgets it when it is opened again.
    """
    rows = session.execute(
        select(case_event.c.case_id, case_event.c.detail)
        .select_from(case_event.join(case, case.c.id == case_event.c.case_id))
        .where(which, case_event.c.kind == EventKind.SATISFACTION)
    )
    said: dict[str, tuple[int, int]] = {}
    for case_id, detail in rows:
        asked, yes = said.get(case_id, (0, 0))
        said[case_id] = (asked + 1, yes + (detail.get("satisfied") == "yes"))
    return said


def keys_of(ids: Iterable[str]) -> NDArray[np.uint64]:
    """A page may hold no id; of 64 bits no two of one day's are the same."""
    digests = (hashlib.blake2b(one.encode(), digest_size=8).digest() for one in ids)
    return np.frombuffer(b"".join(digests), KEY)


def _seconds(at: datetime | None) -> int:
    return int(at.timestamp()) if at is not None else 0
