"""Broadcasts as the API and the pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback_hub.adapters import broadcasts as kept
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.services.broadcasts import Preview, preview
from feedback_hub.services.rules import Rules


@dataclass(frozen=True)
class BroadcastPage:
    """``seen``: what is still to come; ``fate``: people told, by what became of the text."""

    broadcast: Broadcast
    seen: Preview
    fate: Mapping[str, int]

    @property
    def told(self) -> int:
        """How many were told so far."""
        return sum(self.fate.values())


def listed(uow: SqlUnitOfWork) -> Sequence[Broadcast]:
    """The latest first."""
    return kept.listed(uow.session)


def page(
    uow: SqlUnitOfWork, rules: Rules, broadcast_id: str, now: datetime
) -> BroadcastPage | None:
    """One of them; None where none is."""
    broadcast = uow.broadcast(broadcast_id)
    if broadcast is None:
        return None
    fate = kept.states_of(uow.session, broadcast.id)
    return BroadcastPage(broadcast, preview(uow, rules, broadcast, now), fate)


def body(found: BroadcastPage) -> dict[str, object]:
    """As the API says it."""
    return line(found.broadcast) | {
        "preview": {
            "people": found.seen.total,
            "by_language": [
                {"language": language, "text": text, "people": found.seen.people[language]}
                for language, text in found.seen.texts.items()
            ],
            "missing": list(found.seen.missing),
            "segments": found.seen.segments,
            "cost": found.seen.cost,
            "currency": found.seen.currency,
        },
        "told": found.told,
        "fate": [{"state": state, "people": people} for state, people in found.fate.items()],
    }


def line(broadcast: Broadcast) -> dict[str, object]:
    """One line of the list."""

    def when(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "id": broadcast.id,
        "answers": list(broadcast.answers),
        "sites": list(broadcast.sites),
        "state": broadcast.state,
        "stopped_for": broadcast.stopped_for,
        "made_by": broadcast.made_by,
        "made_at": when(broadcast.made_at),
        "started_at": when(broadcast.started_at),
        "next_at": when(broadcast.next_at),
        "ended_at": when(broadcast.ended_at),
        "version": broadcast.version,
    }
