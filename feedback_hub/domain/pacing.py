"""How fast one contact is heard: a flood is slowed and kept, never dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


def turn(paced_to: datetime | None, now: datetime, per_minute: int) -> tuple[datetime, datetime]:
    """When a message of this contact has its turn, and the contact's new ``paced_to`` (both UTC).

    ``per_minute`` messages may come at once; from there on they are heard at that rate, each at a
    moment of its own. This is the generic cell rate algorithm, which needs to remember one time.
    """
    paced = max(paced_to or now, now) + _MINUTE / per_minute
    return max(paced - _MINUTE, now), paced
