"""How good the machine's suggestions are, as people judged them."""

from __future__ import annotations

from flask import Blueprint, render_template

from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import NotAllowed
from feedback_hub.reads import quality as reads
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import current_actor

quality = Blueprint("quality", __name__)


@quality.get("/quality")
def index() -> str:
    """The last twelve weeks; of highly sensitive cases only what the reader may know."""
    actor = current_actor()
    if not actor.may(Action.READ_MEASURES) and not actor.may(Action.TRIAGE):
        raise NotAllowed("quality")
    hub = current_hub()
    with hub.reading() as uow:
        page = reads.page(
            uow,
            actor,
            hub.clock(),
            hub.config.hub.timezone,
            sure=hub.rules.sure_from,
            threshold=hub.config.loopback.small_number_threshold,
        )
    return render_template("quality.html", page=page, ordinary=actor.may(Action.READ_MEASURES))
