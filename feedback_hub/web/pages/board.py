"""A site's public board: open to anybody, holding what a person approved and nothing else."""

from __future__ import annotations

from flask import Blueprint, abort, g, render_template, request

from feedback_hub.reads import board as reads
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import LOCALES, reader_language

board = Blueprint("board", __name__, url_prefix="/board")

_SHORT = {"pt": "por", "en": "eng"}


@board.get("/<site>")
def show(site: str) -> str:
    """You said, we did, not yet because; ``?lang=`` chooses the language for this once."""
    hub = current_hub()
    asked = request.args.get("lang", "")
    language = _SHORT.get(asked, asked)
    if language in LOCALES:
        g.language = language
    elif language not in hub.config.hub.languages:
        language = reader_language()
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        page = reads.public(uow, site, language, threshold, hub.clock())
    if page is None:
        abort(404)
    return render_template("board.html", page=page, hotline=hub.rules.hotline)
