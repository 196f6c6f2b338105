"""Wrapping every data key anew, while the hub works. Stopped half way, it goes on where it was."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.handlers_pair import MARK
from feedback_hub.adapters.tables import data_key
from feedback_hub.adapters.vault import Keyring

AT_ONCE = 500


def left(session: Session, keyring: Keyring) -> int:
    """How many data keys are wrapped by another key than the current one."""
    others = select(func.count()).where(_by_another(keyring))
    return session.scalar(others) or 0


def used(session: Session) -> set[str]:
    """The fingerprints of the keys that wrap anything."""
    return set(session.scalars(select(data_key.c.wrapped_by).distinct()))


def rewrap_some(session: Session, keyring: Keyring, after: str) -> list[str]:
    """Wrap the next data keys after the id ``after`` anew; their ids, none at the end.

    In the caller's transaction. Raises ``VaultTampered`` for one whose key is not here.
    """
    rows = session.execute(
        select(data_key)
        .where(data_key.c.id > after, _by_another(keyring))
        .order_by(data_key.c.id)
        .limit(AT_ONCE)
    ).all()
    for row in rows:
        wrapped, by = keyring.wrap(row.id, keyring.unwrap(row.id, row.wrapped, row.wrapped_by))
        # Only as it was read: a key that was destroyed meanwhile stays so.
        session.execute(
            update(data_key)
            .where(data_key.c.id == row.id, data_key.c.wrapped_by == row.wrapped_by)
            .values(wrapped=wrapped, wrapped_by=by)
        )
    return [row.id for row in rows]


def _by_another(keyring: Keyring) -> ColumnElement[bool]:
    """What is closed to the handlers has its own way to be closed anew."""
    return and_(
        data_key.c.wrapped_by != keyring.current(), data_key.c.wrapped_by.not_like(f"{MARK}%")
    )
