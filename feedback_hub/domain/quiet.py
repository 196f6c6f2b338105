"""When no text goes out by itself: at night it wakes people and lies open on a shared phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` to ``end`` local time, past midnight where the end is earlier."""

    start: time
    end: time
    zone: tzinfo = UTC

    def over(self, now: datetime) -> datetime:
        """When a text may go (UTC): ``now`` by day, at night when the quiet ends."""
        local = now.astimezone(self.zone)
        at = local.time()
        wraps = self.end <= self.start
        quiet = (at >= self.start or at < self.end) if wraps else self.start <= at < self.end
        if not quiet:
            return now
        day = local.date() + timedelta(days=1 if wraps and at >= self.start else 0)
        return datetime.combine(day, self.end, self.zone).astimezone(UTC)
