"""Which reports there are, and which days each is of."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class ReportKind(StrEnum):
    """A report that is made regularly."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


def days_of(kind: ReportKind, day: date) -> tuple[date, date]:
    """The week from Monday, the month or the quarter that ``day`` lies in: its first and last."""
    if kind is ReportKind.WEEKLY:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    months = 1 if kind is ReportKind.MONTHLY else 3
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    later = first
    for _ in range(months):
        # No month has 32 days.
        later = (later + timedelta(days=32)).replace(day=1)
    return first, later - timedelta(days=1)


def last_over(kind: ReportKind, today: date) -> tuple[date, date]:
    """The last such period that is over."""
    first, _ = days_of(kind, today)
    return days_of(kind, first - timedelta(days=1))
