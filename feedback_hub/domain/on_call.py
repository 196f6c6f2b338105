"""Who is on call for highly sensitive matters, and ringing them until somebody takes it.

The handlers are groups by code (DOMAIN.md, Sensitivity); each has a roster. What cannot wait (P0)
rings the one on call, then the next, round and round, until somebody says that they take it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RING_FOR = timedelta(days=1)
"""Longer nobody is rung about one case: by then the ladder of the clocks has told everybody."""


class HandlerGroup(StrEnum):
    """Who handles what is highly sensitive; ``PROTECTION`` is whoever has no group of their own."""

    PSEA = "psea"
    GBV = "gbv"
    CHILD_PROTECTION = "child_protection"
    FRAUD = "fraud"
    SECURITY = "security"
    PROTECTION = "protection"


_GROUPS = {
    "misconduct.sea": HandlerGroup.PSEA,
    "misconduct.harassment": HandlerGroup.PSEA,
    "protection.gbv": HandlerGroup.GBV,
    "protection.child": HandlerGroup.CHILD_PROTECTION,
    "misconduct.fraud": HandlerGroup.FRAUD,
    "misconduct.bribe": HandlerGroup.FRAUD,
    "misconduct.favouritism": HandlerGroup.FRAUD,
    "misconduct.data": HandlerGroup.FRAUD,
}
_TYPES = {"safety": HandlerGroup.SECURITY}


def group_for(codes: Iterable[str]) -> HandlerGroup:
    """The group that matters with these codes are for: by code, else by type."""
    listed = tuple(codes)
    for code in listed:
        if code in _GROUPS:
            return _GROUPS[code]
    types = (_TYPES.get(code.partition(".")[0]) for code in listed)
    return next((group for group in types if group), HandlerGroup.PROTECTION)


GROUPS: dict[str, HandlerGroup] = dict(_GROUPS)
"""The codes with a group of their own, for the page that shows who gets what."""


@dataclass(eq=False)
class Shift:
    """Somebody is on call for a group, from ``begins`` until ``ends`` (UTC; None: from now on).

    Of several at once the lowest ``position`` is rung first.
    """

    id: str
    group: HandlerGroup
    account_id: str
    position: int = 1
    begins: datetime | None = None
    ends: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether they are on call then."""
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)


def in_turn(shifts: Iterable[Shift], group: HandlerGroup, at: datetime) -> list[str]:
    """The accounts on call for a group, in the order in which they are rung.

    After its own the ones on call for whatever has no group, so that it is never nobody.
    """
    on = [one for one in shifts if one.holds(at)]
    wanted = [group, HandlerGroup.PROTECTION]
    mine = sorted(
        (one for one in on if one.group in wanted),
        key=lambda one: (wanted.index(one.group), one.position, one.id),
    )
    return list(dict.fromkeys(one.account_id for one in mine))


class RingState(StrEnum):
    """What became of ringing about one case."""

    RINGING = "ringing"
    TAKEN = "taken"
    OVER = "over"
    NOBODY = "nobody"


class RingWay(StrEnum):
    """How somebody is rung, or said that they take it."""

    VOICE = "voice"
    TELEGRAM = "telegram"
    APP = "app"


@dataclass(eq=False)
class Ring:
    """Ringing about one case. ``turns`` counts whose turn it was; ``taken_by`` is an account."""

    id: str
    case_id: str
    group: HandlerGroup
    started_at: datetime
    state: RingState = RingState.RINGING
    turns: int = 0
    taken_by: str = ""
    taken_way: RingWay | None = None
    ended_at: datetime | None = None

    def next_of(self, people: Sequence[str]) -> str:
        """Whose turn it is among ``people`` (not empty); counts it."""
        whose = people[self.turns % len(people)]
        self.turns += 1
        return whose

    def take(self, account_id: str, way: RingWay, now: datetime) -> bool:
        """Somebody takes it; False if it was taken or is over."""
        if self.state is not RingState.RINGING:
            return False
        self.state, self.taken_by, self.taken_way = RingState.TAKEN, account_id, way
        self.ended_at = now
        return True

    def end(self, state: RingState, now: datetime) -> None:
        """Nobody needs to be rung any more, or there is nobody to ring."""
        if self.state is RingState.RINGING:
            self.state, self.ended_at = state, now
