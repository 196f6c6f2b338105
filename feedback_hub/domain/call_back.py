"""A call-back: a person is to be reached by people, by telephone or at the desk.

DOMAIN.md, Loop back: a call-back list with attempts; a missed call is a request to be called back.
States: *unreachable* takes attempts on different days and a desk or community fallback.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from feedback_hub.domain.clock import WorkingCalendar
from feedback_hub.domain.errors import IllegalMove, Invalid

CLAIM = timedelta(hours=1)
"""How long a claim keeps others away: a closed browser must not keep a person waiting."""
FURTHEST = timedelta(days=90)


class Way(StrEnum):
    """How people reach the person."""

    CALL = "call"
    DESK = "desk"


class CallReason(StrEnum):
    """Why somebody is to be reached. ``not_reached``: calls on enough days did not."""

    REQUEST = "request"
    ANSWER = "answer"
    NOT_DELIVERED = "not_delivered"
    NOT_REACHED = "not_reached"
    SAFE_CONTACT = "safe_contact"


class CallResult(StrEnum):
    """What a try brought. ``dropped``: the case ended another way first."""

    TOLD = "told"
    NO_ANSWER = "no_answer"
    WRONG_PERSON = "wrong_person"
    LATER = "later"
    DROPPED = "dropped"


@dataclass(eq=False)
class CallBack:
    """One person to reach about one case. What it is about stays in the case.

    ``not_before`` is when it may be tried next (UTC), ``agreed`` that the person named that time.
    ``tries`` are all tries, also two on one day; the case counts the days.
    """

    id: str
    case_id: str
    way: Way
    reason: CallReason
    opened_at: datetime
    not_before: datetime
    agreed: bool = False
    claimed_by: str = ""
    claimed_at: datetime | None = None
    tries: int = 0
    tried_at: datetime | None = None
    result: CallResult | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the person is still to be reached."""
        return self.ended_at is None

    def holder(self, now: datetime) -> str:
        """Who has claimed it and still holds it; empty when it is free."""
        held = self.claimed_at is not None and now < self.claimed_at + CLAIM
        return self.claimed_by if held else ""

    def claim(self, actor: str, now: datetime) -> None:
        """One person takes it on. Raises ``IllegalMove`` when another has it, or it is over."""
        self._reach(actor, "claim", now)
        self.claimed_by, self.claimed_at = actor, now

    def release(self, actor: str, now: datetime) -> None:
        """Give it back to the list. Raises ``IllegalMove`` when another has it, or it is over."""
        self._reach(actor, "release", now)
        self._free()

    def tried(self, result: CallResult, actor: str, now: datetime) -> None:
        """Note a try and free it. Raises ``IllegalMove`` when another has it, or it is over."""
        self._reach(actor, "note a result", now)
        self.tries += 1
        self.tried_at = now
        self.result = result
        self.agreed = False
        self._free()

    def wait(self, until: datetime, *, agreed: bool = False) -> None:
        """Nobody tries before ``until`` (UTC); ``agreed`` with the person."""
        self.not_before, self.agreed = until, agreed

    def end(self, now: datetime, result: CallResult | None = None) -> None:
        """It is over."""
        self.result = result or self.result
        self.ended_at = now
        self._free()

    def _reach(self, actor: str, verb: str, now: datetime) -> None:
        if not self.is_open:
            raise IllegalMove("call", verb, "over")
        if self.holder(now) not in {"", actor}:
            raise IllegalMove("call", verb, "claimed")

    def _free(self) -> None:
        self.claimed_by, self.claimed_at = "", None


def next_try(now: datetime, calendar: WorkingCalendar) -> datetime:
    """When the next try is due after one that reached nobody: on another day, when people work."""
    day = now.astimezone(calendar.zone).date() + timedelta(days=1)
    while calendar.weekdays and not calendar.is_worked(day):
        day += timedelta(days=1)
    return calendar.opening(day)


def agreed_time(until: datetime | None, now: datetime) -> datetime:
    """The time a person asked for. Raises ``Invalid`` for none, a past or a far one."""
    if until is None:
        raise Invalid("until", "is needed")
    if not now < until <= now + FURTHEST:
        raise Invalid("until", "must be within the next 90 days")
    return until


def local_day(now: datetime, calendar: WorkingCalendar) -> date:
    """The day it is where people work: attempts count once a day."""
    return now.astimezone(calendar.zone).date()
