"""How a reader wants the screens, from what they chose."""

from __future__ import annotations

from sqlalchemy.orm import Session

from feedback_hub.adapters import choices
from feedback_hub.domain.access import Actor
from feedback_hub.reads.views.frame import COLUMNS, Density, Looks, SavedFilter, Theme

LOOKS = "looks"
FILTERS = "filters"


def of(session: Session, actor: Actor) -> Looks:
    """What ``actor`` chose; what is not known any more counts as not chosen."""
    chosen = choices.all_of(session, actor.id)
    looks = chosen.get(LOOKS)
    looks = looks if isinstance(looks, dict) else {}
    hidden = looks.get("hidden")
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
    )
