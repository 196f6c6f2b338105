"""The roster of who is on call, where they are rung, and ringing: what the unit of work asks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters import tables
from feedback_hub.adapters.engine import change, insert_into
from feedback_hub.adapters.vault import SqlVault
from feedback_hub.domain.on_call import Ring, RingState, Shift
from feedback_hub.services.records.staff import RingTry


def shifts(session: Session) -> Sequence[Shift]:
    """Everybody on the roster, whenever."""
    shift = tables.shift.c
    return session.scalars(select(Shift).order_by(shift.group, shift.position, shift.id)).all()


def remove_shift(session: Session, shift_id: str) -> bool:
    """Take a shift off; False if it is not there."""
    return change(session, delete(tables.shift).where(tables.shift.c.id == shift_id)) == 1


def address(session: Session, vault: SqlVault, account_id: str) -> tuple[str, str]:
    """An account's telephone number and Telegram chat; empty where there is none."""
    kept = tables.ring_address.c
    row = session.execute(
        select(kept.key_id, kept.phone_sealed, kept.telegram_sealed).where(
            kept.account_id == account_id
        )
    ).one_or_none()
    if row is None:
        return "", ""
    phone, telegram = (
        vault.open(row.key_id, sealed, _bound_to(account_id, name)) if sealed else ""
        for name, sealed in (("phone", row.phone_sealed), ("telegram", row.telegram_sealed))
    )
    return phone, telegram


def keep_address(
    session: Session, vault: SqlVault, account_id: str, phone: str, telegram: str
) -> None:
    """Keep both in place of what was kept."""
    kept = tables.ring_address
    before = session.scalar(select(kept.c.key_id).where(kept.c.account_id == account_id))
    session.execute(delete(kept).where(kept.c.account_id == account_id))
    if before:
        vault.destroy(before)
    if not (phone or telegram):
        return
    key_id = vault.new_key()
    sealed = {
        f"{name}_sealed": vault.seal(key_id, said, _bound_to(account_id, name)) if said else None
        for name, said in (("phone", phone), ("telegram", telegram))
    }
    session.execute(
        insert_into(session, kept).values(account_id=account_id, key_id=key_id, **sealed)
    )


def of_case(session: Session, case_id: str) -> Ring | None:
    """The latest ringing about a case."""
    ring = tables.ring.c
    found = select(Ring).where(ring.case_id == case_id)
    return session.scalars(found.order_by(ring.started_at.desc(), ring.id).limit(1)).one_or_none()


def going_on(session: Session) -> Sequence[Ring]:
    """What rings now, the oldest first."""
    ring = tables.ring.c
    ringing = select(Ring).where(ring.state == RingState.RINGING)
    return session.scalars(ringing.order_by(ring.started_at, ring.id)).all()


def try_by_provider(session: Session, provider_id: str) -> RingTry | None:
    """The call or message that a provider knows by this id."""
    known = select(RingTry).where(tables.ring_try.c.provider_id == provider_id)
    return session.scalars(known.limit(1)).one_or_none()


def end_try(session: Session, try_id: str, provider_id: str, fault: str) -> None:
    """What came of a call or message."""
    session.execute(
        update(tables.ring_try)
        .where(tables.ring_try.c.id == try_id)
        .values(provider_id=provider_id[:200], fault=fault[:32])
    )


def _bound_to(account_id: str, name: str) -> str:
    return f"ring_address.{name}:{account_id}"
