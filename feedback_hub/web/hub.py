"""The hub of the current application."""

from __future__ import annotations

from typing import cast

from flask import current_app

from feedback_hub.bootstrap import Hub


def current_hub() -> Hub:
    """The hub this application was made for."""
    return cast("Hub", current_app.extensions["feedback_hub"])
