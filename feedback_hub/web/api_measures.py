"""``/api/v1/measures``: what the hub can say of itself in numbers (DOMAIN.md, Measures)."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, jsonify, request

from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import measures
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_measures = Blueprint("api_measures", __name__, url_prefix="/api/v1")


@api_measures.get("/measures")
def show_measures() -> Response:
    """Counts and rates of the cases received in a period; the last 30 days unless asked."""
    actor = require(Action.READ_MEASURES)
    hub = current_hub()
    now = hub.clock()
    asked = measures.asked(
        _day("from"), _day("to"), request.args.get("site", ""), now, hub.config.hub.timezone
    )
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        return jsonify(measures.measure(uow, hub.rules, actor, asked, now, threshold))


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
