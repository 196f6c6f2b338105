"""How long a duty may take (DOMAIN.md, Clocks). Targets are settings; nothing here knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from feedback_hub.domain.case import Case, CaseState
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Priority


class Duty(StrEnum):
    """Something somebody owes within a time."""

    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    ANSWER = "answer"


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


@dataclass(frozen=True)
class Targets:
    """What each priority allows, for accepting a referral and for answering the person."""

    accept: Mapping[Priority, Target]
    answer: Mapping[Priority, Target]
    acknowledge: Target


def case_due(case: Case, targets: Targets, calendar: WorkingCalendar) -> datetime | None:
    """The deadline of the case's next running duty, UTC; None when nobody owes anything.

    The person's answer is owed from the moment the matter arrived, whatever happened since. That
    it arrived is owed until the person was told so, or somebody has it in hand.
    """
    if not case.is_open or case.from_history:
        return None
    answer_by = calendar.after(case.received_at, targets.answer[case.priority])
    if case.acknowledged_at is None and case.state is CaseState.RECEIVED:
        return min(answer_by, calendar.after(case.received_at, targets.acknowledge))
    return answer_by


def referral_due(
    referral: Referral, priority: Priority, targets: Targets, calendar: WorkingCalendar
) -> datetime | None:
    """The partner's next deadline, UTC; None when the partner owes nothing now."""
    if referral.state is ReferralState.SENT and referral.sent_at:
        return calendar.after(referral.sent_at, targets.accept[priority])
    # One that was referred on at once was never accepted in so many words.
    taken_at = referral.accepted_at or referral.sent_at
    if referral.state in {ReferralState.ACCEPTED, ReferralState.IN_ACTION} and taken_at:
        return calendar.after(taken_at, targets.answer[priority])
    return None
