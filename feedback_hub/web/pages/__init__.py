"""The screens people work on."""

from __future__ import annotations

from flask import Flask, Response

from feedback_hub.bootstrap import Hub


def init_pages(app: Flask, hub: Hub) -> None:
    """Register every page."""


def page_error(error: Exception, status: int, error_id: str = "") -> Response:
    """What went wrong, as a page."""
    return Response(f"{int(status)}", int(status))
