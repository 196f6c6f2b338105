"""The dashboard of whoever may read measures."""

from __future__ import annotations

from flask import Blueprint, render_template

from feedback_hub.bootstrap.settled import standards
from feedback_hub.domain.access import Action
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.reads import dashboard as reads
from feedback_hub.web.asked_period import asked_period
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

dashboard = Blueprint("dashboard", __name__)


@dashboard.get("/dashboard")
def show() -> str:
    """What changed this week, and all figures of the period in the address."""
    actor = require(Action.READ_MEASURES)
    hub = current_hub()
    period = asked_period()
    with hub.reading() as uow:
        page = reads.page(
            uow,
            hub.rules,
            standards(hub.config),
            actor,
            period,
            hub.clock(),
            hub.config.loopback.small_number_threshold,
        )
    return render_template(
        "dashboard.html",
        page=page,
        sectors=[one.value for one in Sector],
        types=[one.value for one in FeedbackType],
        channels=sorted(hub.config.channels),
    )
