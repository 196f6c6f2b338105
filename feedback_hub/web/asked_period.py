"""The period and the narrowing that an address asks for: the same for page, API and report."""

from __future__ import annotations

from datetime import date

from flask import request

from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import counting
from feedback_hub.reads.counting import Asked
from feedback_hub.web.hub import current_hub


def asked_period() -> Asked:
    """``?from&to&site&sector&type&channel``; the last 30 days unless said. Raises ``Invalid``."""
    hub = current_hub()
    narrowed = {name: request.args.get(name, "") for name in ("sector", "type", "channel")}
    site = request.args.get("site", "")
    zone = hub.config.hub.timezone
    return counting.asked(_day("from"), _day("to"), site, hub.clock(), zone, **narrowed)


def _day(name: str) -> date | None:
    written = request.args.get(name, "")
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Invalid(name, "must be a day such as 2026-03-31") from None
    if not 1970 <= day.year <= 9000:
        raise Invalid(name, "lies before 1970 or never")
    return day
