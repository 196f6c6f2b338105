"""The design system on one page, for who builds pages."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template

from feedback_hub.domain.clock import Duty
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads.views.queue import ClockLevel, ClockView
from feedback_hub.web.hub import current_hub

styleguide = Blueprint("styleguide", __name__)


@styleguide.get("/styleguide")
def show() -> str:
    """Every component in every tone. Exists where the config says ``development`` only."""
    hub = current_hub()
    if not hub.config.hub.development:
        raise NotFound
    now = hub.clock()
    clocks = (
        ClockView(Duty.ANSWER, ClockLevel.RUNNING, now + timedelta(days=5)),
        ClockView(Duty.ANSWER, ClockLevel.SOON, now + timedelta(hours=7)),
        ClockView(Duty.ANSWER, ClockLevel.OVERDUE, now - timedelta(days=2)),
        ClockView(Duty.ANSWER, ClockLevel.PAUSED),
        ClockView(Duty.ANSWER, ClockLevel.MET, now - timedelta(days=1)),
    )
    return render_template("styleguide.html", clocks=clocks, sectors=tuple(Sector))
