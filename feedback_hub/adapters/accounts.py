"""Who acts: accounts with their memberships, and API tokens, as the domain's ``Actor``."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import account, handler_request, membership, organisation, token
from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.place import OrganisationKind

_HELD = (membership.c.role, membership.c.organisation, membership.c.site, membership.c.sector)
TOKEN_PREFIX = "fh_"  # noqa: S105  says what it is when it turns up somewhere


def actor_by_id(session: Session, actor_id: str) -> Actor | None:
    """An active account or a live token by id; None for any other."""
    rows = session.execute(_memberships(), {"account_id": actor_id}).all()
    if rows:
        held = tuple(Membership(*row[1:-1]) for row in rows if row[0] is not None)
        actor = Actor(actor_id, ActorKind.ACCOUNT, held)
        return _placed(actor, stand_in(session), leads=any(row[-1] for row in rows))
    live = select(token.c.role, token.c.organisation, token.c.site, token.c.sector).where(
        token.c.id == actor_id, _is_live()
    )
    row = session.execute(live).one_or_none()
    if row is None:
        return None
    return placed(session, Actor(actor_id, ActorKind.TOKEN, (Membership(*row),)))


def actors_holding(session: Session, role: Role, organisation_code: str = "") -> list[Actor]:
    """Active accounts that hold ``role``, of one organisation where it is given, in any number.

    As many questions to the database for one account as for a hundred.
    """
    held = membership.c
    holders = select(held.account_id).where(held.role == role)
    if organisation_code:
        holders = holders.where(held.organisation == organisation_code)
    return everybody(session, held.account_id.in_(holders))


def everybody(session: Session, *which: ColumnElement[bool]) -> list[Actor]:
    """Active accounts with a membership, in any number; ``which`` of them, told by memberships."""
    rows = session.execute(_everybody().where(*which) if which else _everybody())
    memberships: dict[str, list[Membership]] = {}
    leading: set[str] = set()
    for account_id, *rest, leads in rows:
        memberships.setdefault(account_id, []).append(Membership(*rest))
        if leads:
            leading.add(account_id)
    if not memberships:
        return []
    own = stand_in(session)
    actors = (Actor(one, ActorKind.ACCOUNT, tuple(of)) for one, of in memberships.items())
    return [_placed(one, own, leads=one.id in leading) for one in actors]


def account_id_of(session: Session, email: str) -> str | None:
    """The id of the account with this e-mail address."""
    return session.scalar(select(account.c.id).where(account.c.email == email.strip().lower()))


def add_account(
    session: Session,
    email: str,
    password_hash: str | None,
    held: tuple[Membership, ...],
    now: datetime,
    *,
    name: str = "",
    locale: str = "",
) -> str:
    """Add an account and return its id. The unique column refuses an address twice."""
    account_id = uuid.uuid4().hex
    session.execute(
        insert(account).values(
            id=account_id,
            email=email.strip().lower(),
            password=password_hash,
            name=name,
            locale=locale,
            active=True,
            fs_uniquifier=uuid.uuid4().hex,
            created_at=now,
        )
    )
    for membership_held in held:
        add_membership(session, account_id, membership_held)
    return account_id


def add_membership(session: Session, account_id: str, held: Membership) -> None:
    """Give an account one more role."""
    session.execute(
        insert(membership).values(
            id=uuid.uuid4().hex,
            account_id=account_id,
            role=held.role,
            organisation=held.organisation,
            site=held.site,
            sector=held.sector,
        )
    )


def add_token(
    session: Session,
    name: str,
    held: Membership,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """Make an API token and return it: the only time it is readable. Its hash is kept."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.execute(
        insert(token).values(
            id=uuid.uuid4().hex,
            name=name,
            token_hash=token_hash(secret),
            role=held.role,
            organisation=held.organisation,
            site=held.site,
            sector=held.sector,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return secret


def actor_by_token(session: Session, secret: str, now: datetime) -> Actor | None:
    """Who holds this token; None if unknown, expired, revoked or not yet agreed to.

    The hash is looked up, so that the time taken tells nothing of the secret's characters.
    """
    row = session.execute(
        select(
            token.c.id,
            token.c.role,
            token.c.organisation,
            token.c.site,
            token.c.sector,
            token.c.expires_at,
        ).where(token.c.token_hash == token_hash(secret), _is_live())
    ).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    held = Membership(row.role, row.organisation, row.site, row.sector)
    return placed(session, Actor(row.id, ActorKind.TOKEN, (held,)))


def placed(session: Session, actor: Actor) -> Actor:
    """With what else decides conflicts of interest: a committee's people, the hub's own staff."""
    own = stand_in(session)
    community = exists().where(
        organisation.c.code.in_(sorted(actor.organisations)),
        organisation.c.kind == OrganisationKind.COMMUNITY,
    )
    leads = bool(actor.organisations) and bool(session.scalar(select(community)))
    return _placed(actor, own, leads=leads)


@cache
def _memberships() -> Select[Any]:
    held = account.outerjoin(membership, membership.c.account_id == account.c.id)
    of_account = account.c.id == bindparam("account_id")
    columns = select(membership.c.id, *_HELD, _of_community())
    return columns.select_from(held).where(of_account, account.c.active)


@cache
def _everybody() -> Select[Any]:
    held = membership.c
    return (
        select(held.account_id, *_HELD, _of_community())
        .join(account, account.c.id == held.account_id)
        .where(account.c.active)
        .order_by(held.account_id)
    )


def _of_community() -> ColumnElement[bool]:
    """Whether a membership is of a community's own body, whose people lead."""
    return exists().where(
        organisation.c.code == membership.c.organisation,
        organisation.c.kind == OrganisationKind.COMMUNITY,
    )


def _placed(actor: Actor, own: StandIn | None, *, leads: bool) -> Actor:
    if own is None:
        return replace(actor, leads=leads) if leads else actor
    return replace(actor, leads=leads, own=own.organisation, stands_in=actor.id == own.account_id)


@dataclass(frozen=True)
class StandIn:
    """Who outside takes what accuses the hub's own ``organisation``."""

    organisation: str
    account_id: str


def stand_in(session: Session) -> StandIn | None:
    """Whom the configuration names, while their account is there and active; else None.

    The session is told by ``bootstrap`` (``own_organisation``, ``external_focal_point``). Without
    such a person nobody is kept out: a case must not be everybody's secret.
    """
    own = str(session.info.get("own_organisation", ""))
    address = str(session.info.get("external_focal_point", ""))
    if not own or not address:
        return None
    named = select(account.c.id).where(account.c.email == address, account.c.active)
    found = session.scalar(named)
    return StandIn(own, found) if found else None


def revoke_token(session: Session, token_id: str, now: datetime) -> bool:
    """A token opens nothing from now on; False where there is none, or it is revoked already."""
    live = update(token).where(token.c.id == token_id, token.c.revoked_at.is_(None))
    return change(session, live.values(revoked_at=now)) == 1


def note_token_use(session: Session, actor_id: str, now: datetime) -> None:
    """Remember when a token was last used."""
    session.execute(update(token).where(token.c.id == actor_id).values(last_used_at=now))


def token_hash(secret: str) -> str:
    """What is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def languages_of(session: Session, account_id: str) -> tuple[str, ...]:
    """The languages an account's owner speaks (ISO 639-3); none for a token."""
    return session.scalar(select(account.c.languages).where(account.c.id == account_id)) or ()


def set_languages(session: Session, account_id: str, languages: tuple[str, ...]) -> None:
    """Note the languages an account's owner speaks."""
    session.execute(update(account).where(account.c.id == account_id).values(languages=languages))


def _is_live() -> ColumnElement[bool]:
    """Not revoked, and not waiting for a handler's word (see ``handlers``)."""
    waits = exists().where(handler_request.c.token_id == token.c.id)
    return token.c.revoked_at.is_(None) & ~waits
