"""A clock: the time one duty has taken, in segments, and when it is up (DOMAIN.md, Clocks)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise


class Duty(StrEnum):
    """Something somebody owes within a time."""

    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    ANSWER = "answer"
    VERIFY = "verify"
    CALL_BACK = "call_back"


@dataclass(frozen=True)
class Target:
    """A length of time: seconds on the wall, or days that are worked."""

    seconds: float = 0
    working_days: int = 0


@dataclass(frozen=True)
class WorkingCalendar:
    """When people work, in their own time zone. ``weekdays`` 0 is Monday."""

    zone: tzinfo = UTC
    opens: time = time(7, 30)
    closes: time = time(15, 30)
    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_worked(self, day: date) -> bool:
        """Whether ``day`` is a working day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def opening(self, day: date) -> datetime:
        """When people begin to work on ``day`` (UTC)."""
        return datetime.combine(day, self.opens, self.zone).astimezone(UTC)

    def is_open(self, at: datetime, opens: time | None = None, closes: time | None = None) -> bool:
        """Whether people work at ``at`` (aware), in their own hours or between these."""
        local = at.astimezone(self.zone)
        since, until = opens or self.opens, closes or self.closes
        return self.is_worked(local.date()) and since <= local.time() < until

    def after(self, start: datetime, target: Target) -> datetime:
        """When ``target`` has passed since ``start`` (aware; the answer is UTC).

        Working days end at closing time: three working days from Friday noon is Wednesday's close.
        A calendar that is never worked counts every day, so that a duty always ends.
        """
        # In UTC: added to a local time, a day would be 23 or 25 hours when the clocks change.
        end = start.astimezone(UTC) + timedelta(seconds=target.seconds)
        if target.working_days:
            local = end.astimezone(self.zone)
            day, left = local.date(), target.working_days
            while left:
                day += timedelta(days=1)
                left -= self.is_worked(day) or not self.weekdays
            end = datetime.combine(day, self.closes, self.zone)
        return end.astimezone(UTC)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Opening time between two instants; nothing if ``end`` is not after ``start``."""
        total = timedelta()
        day = start.astimezone(self.zone).date()
        while (opens := datetime.combine(day, self.opens, self.zone)) < end:
            closes = datetime.combine(day, self.closes, self.zone)
            if self.is_worked(day) or not self.weekdays:
                total += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return total

    def when_worked(self, start: datetime, work: timedelta) -> datetime:
        """The instant (UTC) by which ``work`` of opening time has passed since ``start``."""
        day = start.astimezone(self.zone).date()
        while True:
            opens = datetime.combine(day, self.opens, self.zone)
            closes = datetime.combine(day, self.closes, self.zone)
            begin = max(opens, start)
            if (self.is_worked(day) or not self.weekdays) and closes > begin:
                if work <= closes - begin:
                    return (begin.astimezone(UTC) + work).astimezone(UTC)
                work -= closes - begin
            day += timedelta(days=1)


@dataclass(frozen=True)
class Segment:
    """A stretch in which the duty was owed (UTC); no ``end`` while it still runs."""

    start: datetime
    end: datetime | None = None


class DutyState(StrEnum):
    """What a duty is at a moment: owed, waiting for somebody else, or over."""

    OWED = "owed"
    WAITS = "waits"
    OVER = "over"


@dataclass(frozen=True)
class Ladder:
    """When those above are told: settings of ``[clocks]``.

    A reminder comes after ``remind_after`` of the time (0 to 1), the first rung at the deadline,
    each further one ``every`` after the one before, ``rungs`` of them.
    """

    remind_after: float = 0.75
    every: timedelta = timedelta(days=1)
    rungs: int = 4


@dataclass(frozen=True)
class Clock:
    """One duty once. ``steps`` counts what was told: 1 the reminder, then a rung each."""

    duty: Duty
    target: Target
    segments: tuple[Segment, ...]
    ended_at: datetime | None = None
    steps: int = 0
    stepped_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether time is passing on it."""
        return self.ended_at is None and self.segments[-1].end is None

    def become(self, standing: DutyState, now: datetime) -> Clock:
        """The same clock, running, paused or ended from ``now`` on; an ended one stays as it is."""
        if self.ended_at is not None:
            return self
        if standing is DutyState.OWED:
            return self if self.runs else replace(self, segments=(*self.segments, Segment(now)))
        closed = self.segments
        if self.runs:
            # A clock set back must not make a stretch that ends before it began.
            last = closed[-1]
            closed = (*closed[:-1], Segment(last.start, max(now, last.start)))
        return replace(self, segments=closed, ended_at=now if standing is DutyState.OVER else None)

    def spent(self, now: datetime, calendar: WorkingCalendar) -> timedelta:
        """Time that was owed so far: opening time where the target is in working days."""
        stretches = [(one.start, one.end or max(now, one.start)) for one in self.segments]
        if self.target.working_days:
            return sum((calendar.worked(*stretch) for stretch in stretches), timedelta())
        return sum((end - start for start, end in stretches), timedelta())

    def deadline(self, calendar: WorkingCalendar) -> datetime | None:
        """When time is up (UTC), later by each pause; None while it does not run.

        A deadline missed before a pause stays missed.
        """
        if not self.runs:
            return None
        due = calendar.after(self.segments[0].start, self.target)
        for before, after in pairwise(self.segments):
            paused = before.end or before.start
            if due <= paused:
                continue
            if self.target.working_days:
                left = calendar.worked(paused, due)
                due = calendar.when_worked(after.start, left)
            else:
                due = after.start.astimezone(UTC) + (due - paused)
        return due

    def was_met(self, calendar: WorkingCalendar) -> bool:
        """Whether it ended before its time was up."""
        if self.ended_at is None:
            return False
        running = (*self.segments[:-1], Segment(self.segments[-1].start))
        due = replace(self, segments=running, ended_at=None).deadline(calendar)
        return due is not None and self.ended_at <= due

    def next_step(self, calendar: WorkingCalendar, ladder: Ladder) -> datetime | None:
        """When the next one is told (UTC); None while it does not run or all know."""
        return self.next_step_before(self.deadline(calendar), ladder)

    def next_step_before(self, due: datetime | None, ladder: Ladder) -> datetime | None:
        """The same, where its ``deadline`` is known already."""
        if due is None or self.steps > ladder.rungs:
            return None
        if self.steps == 0:
            start = self.segments[-1].start.astimezone(UTC)
            return min(due, start + (due - start) * ladder.remind_after)
        if self.steps == 1 or self.stepped_at is None:
            return due
        return max(due, self.stepped_at + ladder.every)

    def step(self, now: datetime, calendar: WorkingCalendar) -> Clock:
        """One more is told. A reminder that comes after the deadline is none: the rung it is."""
        due = self.deadline(calendar)
        late = due is not None and due <= now
        return replace(self, steps=max(self.steps + 1, 2 if late else 0), stepped_at=now)
