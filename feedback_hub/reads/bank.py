"""What the information bank holds, and what of it answers a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.bank import BankAnswer, Standing, best_first
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import FeedbackType
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.rules import Rules

SOON = timedelta(days=2)
"""Before its last day so near, an answer wants somebody to write the next one."""
SHOWN_AFTER = timedelta(days=30)
"""How long what has expired is still listed for who writes the next one."""
MOST_SUGGESTED = 5


@dataclass(frozen=True)
class BankLine:
    """An answer, and where it stands today. ``soon``: it leaves within days."""

    answer: BankAnswer
    standing: Standing
    soon: bool


@dataclass(frozen=True)
class BankFilters:
    """What the list is narrowed to; empty means any. A site's list has what is for every site."""

    site: str = ""
    sector: str = ""
    language: str = ""
    standing: Standing | None = None


def page(
    uow: SqlUnitOfWork, rules: Rules, filters: BankFilters, now: datetime
) -> Sequence[BankLine]:
    """The answers, what people may be given first; expired ones for a month, withdrawn ones not."""
    today = local_day(now, rules.calendar)
    lines = [
        line(answer, today)
        for answer in uow.bank_answers(today - SHOWN_AFTER)
        if (not filters.site or answer.site in {"", filters.site})
        and (not filters.sector or answer.sector in {"", filters.sector})
        and filters.language in {"", answer.language}
    ]
    wanted = [one for one in lines if filters.standing in {None, one.standing}]
    return sorted(wanted, key=lambda one: _ORDER.index(one.standing))


_ORDER = (
    Standing.DRAFT,
    Standing.CURRENT,
    Standing.COMING,
    Standing.EXPIRED,
    Standing.WITHDRAWN,
)


def line(answer: BankAnswer, today: date) -> BankLine:
    """How an answer stands on a day."""
    standing = answer.standing(today)
    soon = standing is Standing.CURRENT and answer.valid_to - today <= SOON
    return BankLine(answer, standing, soon)


def suggested(
    uow: SqlUnitOfWork, rules: Rules, case: Case, now: datetime
) -> tuple[BankAnswer, ...]:
    """What may be told to who asked, the fittest first; nothing for what is no open question."""
    if case.type != FeedbackType.QUESTION or case.sensitivity is Sensitivity.L3:
        return ()
    if not case.is_open:
        return ()
    today = local_day(now, rules.calendar)
    current = (
        answer
        for answer in uow.bank_answers(today)
        if answer.standing(today) is Standing.CURRENT and answer.concerns(case.site, case.sector)
    )
    return tuple(best_first(current, case.site, case.language)[:MOST_SUGGESTED])
