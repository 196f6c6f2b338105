"""Who is here and with what: for the administrator's pages, the API and the command line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Row, select

from feedback_hub.adapters.tables import account, handler_request, membership, token
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Membership, Role


@dataclass(frozen=True)
class HeldRole:
    """A role of somebody's. ``waits``: not before a handler agrees."""

    id: str
    held: Membership
    waits: bool


@dataclass(frozen=True)
class AccountView:
    """An account as an administrator sees it. Languages are ISO 639-3, times UTC."""

    id: str
    email: str
    name: str
    roles: tuple[HeldRole, ...]
    active: bool
    has_password: bool
    has_second_factor: bool
    languages: tuple[str, ...]
    absent_until: date | None
    last_login_at: datetime | None


class TokenState(StrEnum):
    """Whether a token opens anything."""

    LIVE = "live"
    WAITS = "waits"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class TokenView:
    """A token without its secret, which nobody can read again. Times are UTC."""

    id: str
    name: str
    held: Membership
    state: TokenState
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def people(uow: SqlUnitOfWork, account_id: str = "") -> list[AccountView]:
    """Everybody by address, or one of them."""
    wanted = select(account).order_by(account.c.email)
    if account_id:
        wanted = wanted.where(account.c.id == account_id)
    roles = _roles(uow)
    return [
        AccountView(
            id=row.id,
            email=row.email,
            name=row.name,
            roles=tuple(roles[row.id]),
            active=row.active,
            has_password=row.password is not None,
            has_second_factor=row.tf_primary_method is not None,
            languages=row.languages,
            absent_until=row.absent_until,
            last_login_at=row.last_login_at,
        )
        for row in uow.session.execute(wanted)
    ]


def tokens(uow: SqlUnitOfWork, now: datetime) -> list[TokenView]:
    """Every token, the newest first; those that open nothing any more last."""
    waiting = set(
        uow.session.scalars(
            select(handler_request.c.token_id).where(handler_request.c.token_id.is_not(None))
        )
    )
    found = [
        TokenView(
            id=row.id,
            name=row.name,
            held=Membership(row.role, row.organisation, row.site, row.sector),
            state=_state(row, now, waits=row.id in waiting),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )
        for row in uow.session.execute(
            select(token).order_by(token.c.created_at.desc(), token.c.id)
        )
    ]
    over = {TokenState.EXPIRED, TokenState.REVOKED}
    return sorted(found, key=lambda one: one.state in over)


def _roles(uow: SqlUnitOfWork) -> dict[str, list[HeldRole]]:
    roles: defaultdict[str, list[HeldRole]] = defaultdict(list)
    for row in uow.session.execute(select(membership)):
        held = Membership(row.role, row.organisation, row.site, row.sector)
        roles[row.account_id].append(HeldRole(row.id, held, waits=False))
    for row in uow.session.execute(select(handler_request)):
        held = Membership(Role.PROTECTION, row.organisation, row.site, row.sector)
        roles[row.account_id].append(HeldRole(row.id, held, waits=True))
    for held_there in roles.values():
        held_there.sort(key=lambda one: (one.waits, one.held.role, one.held.site, one.id))
    return roles


def _state(row: Row[tuple[object, ...]], now: datetime, *, waits: bool) -> TokenState:
    if row.revoked_at is not None:
        return TokenState.REVOKED
    if row.expires_at is not None and row.expires_at <= now:
        return TokenState.EXPIRED
    return TokenState.WAITS if waits else TokenState.LIVE
