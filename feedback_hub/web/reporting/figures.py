"""How a report says a figure: a dash or *too few to say* in the place of what must not be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback_hub.web.i18n import gettext
from feedback_hub.web.labels import number, span

Measured = Mapping[str, Any]


def beside(below: str, now: float | None, before: str) -> str:
    """What a figure is of, and the same figure of as many days before, where both may be said."""
    if now is None or before == "–":
        return below
    then = gettext("before: %(value)s", value=before)
    return f"{below} · {then}" if below else then


def time_taken(hours: float | None) -> str:
    """How long something took, in words."""
    return span(hours * 3600) if hours is not None else "–"


def said(value: float | None) -> str:
    """A number, or a dash where it must not be said."""
    return number(value) if value is not None else "–"


def answers(count: int | None) -> str:
    """Of how many answers something is."""
    if count is None:
        return gettext("too few to say")
    return gettext("of %(count)s", count=said(count))


def share(value: Measured, then: Measured) -> tuple[str, str]:
    """A share in percent, and of how many, beside the one before."""
    if value["rate"] is None:
        return "–", gettext("too few to say")
    of = gettext("%(some)s of %(all)s", some=said(value["count"]), all=said(value["of"]))
    return percent(value["rate"]) or "–", beside(of, value["rate"], percent(then["rate"]) or "–")


def percent(rate: float | None) -> str | None:
    """In whole percent; None where it must not be said."""
    return None if rate is None else f"{rate * 100:.0f} %"
