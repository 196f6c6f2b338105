"""Pictograms: ``static/icons.svg`` is a sprite; here is which symbol stands for what."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_OF_SECTOR = {
    "cccm": "cccm",
    "shelter": "shelter",
    "nfi": "nfi",
    "food": "food",
    "wash": "wash",
    "health": "health",
    "nutrition": "nutrition",
    "education": "education",
    "protection": "protection",
    "gbv": "gbv",
    "child_protection": "child",
    "mine_action": "mine",
    "logistics": "logistics",
}


def sector_sign(code: str) -> str:
    """The symbol of a sector; one of its own for all others."""
    return "s-" + _OF_SECTOR.get(code, "multi")


def picture(symbol: str) -> bytes:
    """One symbol as an SVG file in ink, for paper: there no style sheet gives it a colour.

    Raises ``KeyError``.
    """
    found = re.search(
        rf'<symbol id="{re.escape(symbol)}" viewBox="([^"]+)">(.*?)</symbol>', _sprite()
    )
    if found is None:
        raise KeyError(symbol)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}"><g fill="none" '
        f'stroke="#1a1a1a" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">'
        f"{found[2]}</g></svg>"
    ).encode()


@cache
def _sprite() -> str:
    return (files("feedback_hub.web") / "static" / "icons.svg").read_text("utf-8")
