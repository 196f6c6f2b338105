"""Approved information to people who asked for it: slowly at first, once a person, with a stop.

What is sent is an answer of the information bank that was approved for texts; nobody who did not
opt in hears anything, and nobody hears it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feedback_hub.domain.errors import IllegalMove

FIRST, FASTER, MOST = 10, 3, 500
"""People in the first step, how many times more in each next one, and at most in any."""
BETWEEN = timedelta(minutes=5)
"""From one step to the next: long enough to see whether the texts arrive, and to press stop."""
TOO_MANY = 0.2
"""Share of the texts that may fail before it stops by itself."""


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    DRAFTED = "drafted"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class StopReason(StrEnum):
    """Why a broadcast stopped."""

    BY_HAND = "by_hand"
    TOO_MANY_FAIL = "too_many_fail"
    NOT_CURRENT = "not_current"


@dataclass(eq=False)
class Broadcast:
    """One piece of information for many. ``answers``: ids in the bank, one a language.

    ``sites`` empty: wherever people are. ``step`` counts the steps so far, ``next_at`` is when the
    next one is due (UTC).
    """

    id: str
    answers: tuple[str, ...]
    sites: tuple[str, ...]
    made_by: str
    made_at: datetime
    state: BroadcastState = BroadcastState.DRAFTED
    step: int = 0
    next_at: datetime | None = None
    started_by: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stopped_for: StopReason | None = None
    version: int = 0

    def start(self, actor: str, now: datetime) -> None:
        """Begin, or go on after a stop, slowly again. Raises ``IllegalMove``."""
        if self.state not in {BroadcastState.DRAFTED, BroadcastState.STOPPED}:
            raise IllegalMove("broadcast", "start", self.state.value)
        self.state, self.step, self.next_at = BroadcastState.RUNNING, 0, now
        self.started_by, self.started_at = actor, self.started_at or now
        self.ended_at = self.stopped_for = None

    def stop(self, why: StopReason, now: datetime) -> None:
        """Nothing more goes out, what waits to be sent neither. Raises ``IllegalMove``."""
        if self.state is not BroadcastState.RUNNING:
            raise IllegalMove("broadcast", "stop", self.state.value)
        self.state, self.stopped_for = BroadcastState.STOPPED, why
        self.next_at, self.ended_at = None, now

    def next_step(self, now: datetime) -> int:
        """How many people the step that is due now may reach; the next one is due later."""
        most = min(FIRST * int(FASTER**self.step), MOST)
        self.step += 1
        self.next_at = now + BETWEEN
        return most

    def finish(self, now: datetime) -> None:
        """Everybody was told."""
        self.state, self.next_at, self.ended_at = BroadcastState.DONE, None, now


def fails_too_often(tried: int, failed: int) -> bool:
    """Whether so many of the texts that were tried failed that it must stop."""
    return tried >= FIRST and failed > tried * TOO_MANY
