"""``/api/v1/measures``: what the hub can say of itself in numbers (DOMAIN.md, Measures)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, jsonify, request

from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import measures
from feedback_hub.reads.measures import Asked
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_measures = Blueprint("api_measures", __name__, url_prefix="/api/v1")

USUAL = timedelta(days=30)
LONGEST = timedelta(days=3660)


@api_measures.get("/measures")
def show_measures() -> Response:
    """Counts and rates of the cases received in a period; the last 30 days unless asked."""
    actor = require(Action.READ_MEASURES)
    hub = current_hub()
    now = hub.clock()
    asked = _asked(now)
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        return jsonify(measures.measure(uow, hub.rules, actor, asked, now, threshold))


def _asked(now: datetime) -> Asked:
    zone = current_hub().config.hub.timezone
    last = _day("to") or now.astimezone(zone).date()
    first = _day("from") or last - USUAL + timedelta(days=1)
    if first > last:
        raise Invalid("from", "lies after to")
    if last - first > LONGEST:
        raise Invalid("from", f"lies more than {LONGEST.days} days before to")
    return Asked(
        start=datetime.combine(first, time(), zone),
        # The last day is part of the period.
        end=datetime.combine(last + timedelta(days=1), time(), zone),
        site=request.args.get("site", ""),
    )


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
