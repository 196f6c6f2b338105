"""The narrowing of a list of cases that an address asks for: the queue's words for the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from flask import request

from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.person import AgeBand, Disability, Sex
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.reads.behind import Figure, behind
from feedback_hub.reads.case_list import Filters
from feedback_hub.reads.queue import TABS, day
from feedback_hub.reads.views.queue import QueueTab
from feedback_hub.services import custom_fields
from feedback_hub.web.hub import current_hub

E = TypeVar("E", bound=StrEnum)


def asked_cases() -> Filters:
    """What ``GET /api/v1/cases`` is narrowed to. Raises ``Invalid`` for a word it does not know.

    ``status`` is also ``state``, and ``from`` and ``to`` also ``first`` and ``last``, as the
    queue's address has them.
    """
    args, rules = request.args, current_hub().rules
    tab = _one_of(QueueTab, "tab")
    view = TABS[tab] if tab else Filters()
    states = _states(view.states)
    figure = _one_of(Figure, "figure")
    return replace(
        view,
        states=states,
        site=args.get("site", ""),
        sector=args.get("sector", ""),
        type=args.get("type", ""),
        priority=_one_of(Priority, "priority"),
        partner=args.get("partner", ""),
        assigned=args.get("assigned", ""),
        overdue=view.overdue or args.get("overdue", "").lower() in {"1", "true", "yes"},
        tag=args.get("tag", ""),
        own=custom_fields.read_filters(rules, args.getlist("field")),
        q=args.get("q", ""),
        received_from=_day("from", "first"),
        received_before=_day("to", "last", after=1),
        channel=args.get("channel", ""),
        sex=_one_of(Sex, "sex"),
        age_band=_one_of(AgeBand, "age_band"),
        disability=_one_of(Disability, "disability"),
        outcome=_one_of(Outcome, "outcome"),
        code=args.get("code", ""),
        behind=behind(rules, figure) if figure else None,
    )


def _states(of_tab: tuple[CaseState, ...]) -> tuple[CaseState, ...]:
    """Those asked for, as far as the tab has them; the tab's own where it has none of them."""
    written = request.args.get("status") or request.args.get("state") or ""
    asked = tuple(_word("status", CaseState, one) for one in written.split(",") if one)
    return tuple(one for one in asked if not of_tab or one in of_tab) or of_tab


def _one_of(words: type[E], name: str) -> E | None:
    written = request.args.get(name, "")
    return _word(name, words, written) if written else None


def _word(name: str, words: type[E], written: str) -> E:
    try:
        return words(written)
    except ValueError:
        raise Invalid(name, f"must be one of {', '.join(words)}") from None


def _day(name: str, also: str, after: int = 0) -> datetime | None:
    written = request.args.get(name) or request.args.get(also) or ""
    found = day(written, current_hub().config.hub.timezone, after=after)
    if written and found is None:
        raise Invalid(name, "must be a day such as 2026-03-31")
    return found
