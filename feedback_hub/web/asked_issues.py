"""The narrowing of a list of issues that an address asks for: the same for page and API."""

from __future__ import annotations

from datetime import datetime

from flask import request

from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.issue import IssueState
from feedback_hub.reads.issue_list import IssueFilters
from feedback_hub.reads.queue import day
from feedback_hub.web.hub import current_hub

NAMES = ("state", "site", "sector", "from", "to")


def asked_issues() -> IssueFilters:
    """``?state&site&sector&from&to``; opened in these days. Raises ``Invalid``."""
    args = request.args
    written = args.get("state", "")
    if written and written not in set(IssueState):
        raise Invalid("state", f"must be one of {', '.join(IssueState)}")
    return IssueFilters(
        state=IssueState(written) if written else None,
        site=args.get("site", ""),
        sector=args.get("sector", ""),
        opened_from=_day("from"),
        opened_before=_day("to", after=1),
    )


def kept_words() -> dict[str, str]:
    """The words that the next page of the list is asked for with."""
    return {name: request.args[name] for name in NAMES if request.args.get(name)}


def _day(name: str, after: int = 0) -> datetime | None:
    written = request.args.get(name, "")
    found = day(written, current_hub().config.hub.timezone, after=after)
    if written and found is None:
        raise Invalid(name, "must be a day such as 2026-03-31")
    return found
