"""How a reader wants the screens, from what they chose."""

from __future__ import annotations

from sqlalchemy.orm import Session

from feedback_hub.adapters import choices
from feedback_hub.domain.access import Actor
from feedback_hub.reads.views.frame import COLUMNS, Density, Looks, SavedFilter, Theme
from feedback_hub.services.records.staff import NoticeKind

LOOKS = "looks"
FILTERS = "filters"
QUIET = "quiet_notices"
ALWAYS_TOLD = frozenset({NoticeKind.URGENT, NoticeKind.GLASS_BROKEN})
"""Nobody switches these off: life in danger, and somebody in a case that is not theirs."""


def of(session: Session, actor: Actor) -> Looks:
    """What ``actor`` chose; what is not known any more counts as not chosen."""
    chosen = choices.all_of(session, actor.id)
    looks = chosen.get(LOOKS)
    looks = looks if isinstance(looks, dict) else {}
    hidden, quiet = looks.get("hidden"), set(map(str, chosen.get(QUIET, [])))
    theme, density = str(looks.get("theme", "")), str(looks.get("density", ""))
    return Looks(
        theme=Theme(theme) if theme in set(Theme) else None,
        density=Density(density) if density in set(Density) else None,
        hidden=tuple(name for name in COLUMNS if name in hidden)
        if isinstance(hidden, list)
        else (),
        filters=tuple(
            SavedFilter(str(one["id"]), str(one["name"]), str(one["query"]))
            for one in chosen.get(FILTERS, [])
            if isinstance(one, dict)
        ),
        letters=looks.get("letters") != "off",
        quiet=tuple(kind for kind in NoticeKind if kind in quiet and kind not in ALWAYS_TOLD),
    )
