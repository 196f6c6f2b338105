"""``/api/v1/measures``: what the hub can say of itself in numbers (DOMAIN.md, Measures)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from feedback_hub.domain.access import Action
from feedback_hub.reads import measures
from feedback_hub.web.asked_period import asked_period
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_measures = Blueprint("api_measures", __name__, url_prefix="/api/v1")


@api_measures.get("/measures")
def show_measures() -> Response:
    """Counts and rates of the cases received in a period; the last 30 days unless asked."""
    actor = require(Action.READ_MEASURES)
    hub = current_hub()
    asked = asked_period()
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        return jsonify(measures.measure(uow, hub.rules, actor, asked, hub.clock(), threshold))
