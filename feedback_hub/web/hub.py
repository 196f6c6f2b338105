"""The hub of the current application."""

from __future__ import annotations

from typing import cast

from flask import current_app

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import Invalid


def current_hub() -> Hub:
    """The hub this application was made for."""
    return cast("Hub", current_app.extensions["feedback_hub"])


def own_language(written: str) -> str:
    """One of the languages that the hub speaks with people. Raises ``Invalid``."""
    if written not in current_hub().config.hub.languages:
        raise Invalid("language", "is none of this hub's")
    return written
