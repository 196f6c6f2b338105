"""How often something was tried lately: kept in the database, so that every process counts alike.

By account *and* address, never by account alone where no password was shown yet: whoever knows an
e-mail address could otherwise lock its owner out.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import attempt

_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """So many tries ``within`` a time are free; then each one more doubles the wait.

    The wait starts at ``first`` and never passes ``most``.
    """

    free: int
    within: timedelta = timedelta(hours=1)
    first: timedelta = timedelta(seconds=10)
    most: timedelta = timedelta(minutes=15)

    def wait(self, tries: int, latest: datetime | None, now: datetime) -> int:
        """Whole seconds until one more may be tried; 0 for at once."""
        if latest is None or tries < self.free:
            return 0
        # Doubled too often it would pass every clock; most is reached long before.
        delay = min(self.first * 2 ** min(tries - self.free, 20), self.most)
        left = (latest + delay - now).total_seconds()
        return int(left) + 1 if left > 0 else 0


def wait_for(session: Session, key: str, limit: Limit, now: datetime) -> int:
    """Whole seconds that ``key`` has to wait; 0 if it may try."""
    recent = session.scalars(
        select(attempt.c.at)
        .where(attempt.c.about == key, attempt.c.at > now - limit.within)
        .order_by(attempt.c.at.desc())
        .limit(limit.free + 20)
    ).all()
    return limit.wait(len(recent), recent[0] if recent else None, now)


def note(session: Session, key: str, now: datetime) -> str:
    """One more try, and its id; what is older than a day is forgotten with it."""
    made = uuid.uuid4().hex
    session.execute(delete(attempt).where(attempt.c.at < now - _KEPT))
    session.execute(insert(attempt).values(id=made, about=key, at=now))
    return made


def take_back(session: Session, attempt_id: str) -> None:
    """This one was right; what else was tried stays."""
    session.execute(delete(attempt).where(attempt.c.id == attempt_id))


def forget(session: Session, key: str) -> None:
    """It was the right one after all."""
    session.execute(delete(attempt).where(attempt.c.about == key))
