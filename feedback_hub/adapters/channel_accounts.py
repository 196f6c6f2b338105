"""What is kept of a channel account: who pulls it and from where, when it was last looked at.

Nothing here is written by a webhook: a row that every message touches would be what they queue for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, or_, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import channel_account, inbox
from feedback_hub.services.records.watching import Checked
from feedback_hub.services.records.work import InboxKind

PULL_LEASE = timedelta(seconds=60)
"""Until it is over nobody takes over from the dead; a look that takes longer renews it."""


def known(session: Session, name: str) -> Row[tuple[object, ...]] | None:
    """The account's row, None before anything was noted of it."""
    return session.execute(
        select(channel_account).where(channel_account.c.name == name)
    ).one_or_none()


def take(session: Session, name: str, holder: str, now: datetime) -> str | None:
    """Lease the account for pulling, or renew that; its cursor, None if somebody else has it."""
    _make(session, name)
    mine = or_(
        channel_account.c.holder == holder,
        channel_account.c.leased_until.is_(None),
        channel_account.c.leased_until < now,
    )
    leased = (
        update(channel_account)
        .where(channel_account.c.name == name, mine)
        .values(holder=holder, leased_until=now + PULL_LEASE, pulled_at=now)
        .returning(channel_account.c.cursor)
    )
    return session.scalars(leased).one_or_none()


def advance(session: Session, name: str, holder: str, cursor: str) -> bool:
    """Go on from ``cursor``; False if somebody else took over: then keep nothing."""
    moved = (
        update(channel_account)
        .where(channel_account.c.name == name, channel_account.c.holder == holder)
        .values(cursor=cursor)
    )
    return change(session, moved) == 1


def renew(session: Session, name: str, holder: str, now: datetime) -> None:
    """Keep the account for as long again, if it is still ``holder``'s."""
    held = update(channel_account).where(
        channel_account.c.name == name, channel_account.c.holder == holder
    )
    session.execute(held.values(leased_until=now + PULL_LEASE))


def let_go(session: Session, holder: str) -> None:
    """Give back every account that ``holder`` pulls; what it still has in hand is not kept."""
    held = update(channel_account).where(channel_account.c.holder == holder)
    session.execute(held.values(holder="", leased_until=None))


def claim(
    session: Session,
    name: str,
    duty: str,
    now: datetime,
    again: timedelta,
    *,
    at_once: bool = False,
) -> bool:
    """Whether a duty (``catch_up``, ``check``) is due and ours; then it is next after ``again``."""
    _make(session, name)
    due = channel_account.c[f"{duty}_due_at"]
    free = [] if at_once else [or_(due.is_(None), due <= now)]
    claimed = update(channel_account).where(channel_account.c.name == name, *free)
    return change(session, claimed.values({due: now + again})) == 1


def hold_pace(session: Session, name: str) -> tuple[datetime | None, datetime | None]:
    """The account's ``paced_to`` and ``asked_to``; nobody else has them until the commit."""
    _make(session, name)
    # On SQLite the transaction itself holds everybody else off.
    held = select(channel_account.c.paced_to, channel_account.c.asked_to).with_for_update()
    paced, asked = session.execute(held.where(channel_account.c.name == name)).one()
    return paced, asked


def set_pace(
    session: Session, name: str, paced_to: datetime | None, asked_to: datetime | None
) -> None:
    """Note both anew."""
    _change(session, name, paced_to=paced_to, asked_to=asked_to)


def heard(session: Session, name: str, since: datetime | None, most: int) -> Sequence[datetime]:
    """When the account's latest messages came, the newest first; imported history left out."""
    recent = select(inbox.c.arrived_at).where(
        inbox.c.channel == name,
        inbox.c.kind == InboxKind.MESSAGE,
        inbox.c.from_history.is_(False),
    )
    if since is not None:
        recent = recent.where(inbox.c.arrived_at >= since)
    return session.scalars(recent.order_by(inbox.c.arrived_at.desc()).limit(most)).all()


def unknown(session: Session, name: str, external_ids: Sequence[str]) -> set[str]:
    """Which of these message ids never reached the inbox."""
    found: set[str] = set()
    for start in range(0, len(external_ids), 500):
        found.update(
            session.scalars(
                select(inbox.c.external_id).where(
                    inbox.c.channel == name,
                    inbox.c.kind == InboxKind.MESSAGE,
                    inbox.c.external_id.in_(external_ids[start : start + 500]),
                )
            )
        )
    return set(external_ids) - found


def caught_up_at(session: Session, name: str) -> datetime | None:
    """Until when everything is here; None before anybody looked."""
    return session.scalar(
        select(channel_account.c.caught_up_at).where(channel_account.c.name == name)
    )


def caught_up(session: Session, name: str, until: datetime) -> None:
    """Everything that came before ``until`` is here."""
    _change(session, name, caught_up_at=until)


def checked(session: Session, name: str, result: Checked, now: datetime) -> None:
    """Keep what asking the provider brought."""
    _change(
        session,
        name,
        checked_at=now,
        check_said=result.said[:200],
        check_fault=result.fault,
        check_code=result.code[:64],
        webhook=result.webhook,
    )


def _change(session: Session, name: str, **values: object) -> None:
    _make(session, name)
    session.execute(update(channel_account).where(channel_account.c.name == name).values(**values))


def _make(session: Session, name: str) -> None:
    if known(session, name) is not None:
        return
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        session.execute(
            postgresql.insert(channel_account).values(name=name).on_conflict_do_nothing()
        )
    else:
        session.execute(sqlite.insert(channel_account).values(name=name).on_conflict_do_nothing())
