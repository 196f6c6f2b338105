"""Working hours, holidays and how long each duty may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from feedback_hub.config.settings import setting
from feedback_hub.config.tables.spans import DAY, HOUR
from feedback_hub.config.times import (
    Span,
    WorkingHours,
    every_year,
    parse_holidays,
    parse_span,
    parse_working_days,
    parse_working_hours,
)

# The national holidays of Mozambique, month and day.
_HOLIDAYS = ((1, 1), (2, 3), (4, 7), (5, 1), (6, 25), (9, 7), (9, 25), (10, 4), (12, 25))


class _Targets:
    """One span for each priority, ``targets["P2"]``."""

    def __getitem__(self, priority: str) -> Span:
        if priority not in ("P0", "P1", "P2", "P3", "P4"):
            raise KeyError(priority)
        span: Span = getattr(self, str(priority))
        return span


@dataclass(frozen=True)
class AcceptTargets(_Targets):
    """``[clocks.accept]``: until a partner has accepted a referral."""

    P0: Span = setting(
        "Life and safety: everybody hears at once, and this long the partner has to say yes.",
        default=Span(HOUR),
        parse=parse_span,
    )
    P1: Span = setting("SEA, child, GBV, fraud.", default=Span(DAY), parse=parse_span)
    P2: Span = setting("Urgent basic need.", default=Span(2 * DAY), parse=parse_span)
    P3: Span = setting("Complaint or request.", default=Span(working_days=3), parse=parse_span)
    P4: Span = setting(
        "Question, suggestion: DOMAIN.md wants them answered at first contact, so this is for the "
        "few that are referred after all.",
        default=Span(working_days=3),
        parse=parse_span,
    )


@dataclass(frozen=True)
class AnswerTargets(_Targets):
    """``[clocks.answer]``: until the person has an answer (P1: safe contact)."""

    P0: Span = setting("Life and safety.", default=Span(12 * HOUR), parse=parse_span)
    P1: Span = setting(
        "Safe contact for SEA, child, GBV, fraud.", default=Span(3 * DAY), parse=parse_span
    )
    P2: Span = setting("Urgent basic need.", default=Span(7 * DAY), parse=parse_span)
    P3: Span = setting("Complaint or request.", default=Span(14 * DAY), parse=parse_span)
    P4: Span = setting("Question, suggestion.", default=Span(7 * DAY), parse=parse_span)


@dataclass(frozen=True)
class ClocksConfig:
    """``[clocks]``: how long each duty may take (DOMAIN.md, Clocks) and when people work."""

    acknowledge: Span = setting(
        "Until the person hears that the message arrived.", default=Span(DAY), parse=parse_span
    )
    verify: Span = setting(
        "Until a partner's answer was judged.", default=Span(working_days=2), parse=parse_span
    )
    call_back: Span = setting(
        "Until a person who is to be called was called, from the day or the time agreed.",
        default=Span(working_days=1),
        parse=parse_span,
    )
    interim: Span = setting(
        "Until the answer, once the person was told that it takes longer; from the day it came.",
        default=Span(30 * DAY),
        parse=parse_span,
    )
    remind_after: float = setting(
        "Share of the time after which somebody is reminded, 0 to 1.",
        default=0.75,
        least=0,
        most=1,
    )
    unread_after: Span = setting(
        "An urgent notice that nobody has read by then is given once more.",
        default=Span(15 * 60),
        parse=parse_span,
    )
    conduct_report_hours: int = setting(
        "Hours in which the conduct of somebody with power over aid is reported to the PSEA "
        "channel.",
        default=24,
        least=1,
        most=720,
    )
    escalate_every: Span = setting(
        "Between two steps up the ladder, once time is up.", default=Span(DAY), parse=parse_span
    )
    last_rung: str = setting(
        "E-mail address that an escalation ends at: AAP and PSEA coordination.", default=""
    )
    working_hours: WorkingHours = setting(
        "Opening hours of a working day, local time.",
        default=WorkingHours(time(7, 30), time(15, 30)),
        parse=parse_working_hours,
    )
    working_days: frozenset[int] = setting(
        "Days of the week worked.", default=frozenset(range(5)), parse=parse_working_days
    )
    holidays: frozenset[date] = setting(
        "Days off: month-day in every year, or a whole date once.",
        default=frozenset().union(*(every_year(month, day) for month, day in _HOLIDAYS)),
        parse=parse_holidays,
        private=True,
    )
    accept: AcceptTargets = setting(default=AcceptTargets())
    answer: AnswerTargets = setting(default=AnswerTargets())
