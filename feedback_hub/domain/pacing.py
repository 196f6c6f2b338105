"""How fast one contact is heard and an account sends: what is more waits, and is never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


def turn(paced_to: datetime | None, now: datetime, per_minute: int) -> tuple[datetime, datetime]:
    """When a message of this contact has its turn, and the contact's new ``paced_to`` (both UTC).

    ``per_minute`` messages may come at once; from there on they are heard at that rate, each at a
    moment of its own. This is the generic cell rate algorithm, which needs to remember one time.
    """
    paced = max(paced_to or now, now) + _MINUTE / per_minute
    return max(paced - _MINUTE, now), paced


@dataclass(frozen=True)
class Limits:
    """What a provider takes of an account: a part each ``every``, ``at_once`` of them after a rest.

    ``to_one``: between two parts to one person.
    """

    every: timedelta
    at_once: int = 1
    to_one: timedelta = timedelta()

    def free_at(self, paced: datetime | None, now: datetime) -> datetime:
        """From when on a part may go, given the account's ``paced`` (see ``after``)."""
        return max((paced or now) - (self.at_once - 1) * self.every, now)

    def after(self, paced: datetime | None, now: datetime, parts: int) -> datetime:
        """The account's new ``paced`` once ``parts`` went: the generic cell rate algorithm."""
        return max(paced or now, now) + parts * self.every

    def held(self, until: datetime) -> datetime:
        """The ``paced`` with which nothing goes before ``until``."""
        return until + (self.at_once - 1) * self.every
