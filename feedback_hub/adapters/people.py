"""What an administrator does about people and tokens; each act with its line in the audit log.

Command line, pages and API all come here. Nobody changes what they themselves may do, and no act
here makes a handler of highly sensitive cases while there is one to ask (see ``handlers``).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update

from feedback_hub.adapters import accounts, handlers, invitations, tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid, NotAllowed, NotFound
from feedback_hub.domain.place import Organisation, Site

_LANGUAGE = re.compile("[a-z]{3}")
LONGEST_NAME, LONGEST_TOKEN_NAME = 200, 100


@dataclass(frozen=True)
class By:
    """Who acts, an opaque id, and when (aware).

    ``at_the_machine``: by command, where the first handler is let in without anybody to ask.
    """

    actor: str
    now: datetime
    at_the_machine: bool = False


@dataclass(frozen=True)
class Added:
    """Somebody new. ``code``: to choose a password with, empty where one was given."""

    account_id: str
    code: str
    waits: bool


@dataclass(frozen=True)
class NewToken:
    """A token, readable this once. ``waits``: it opens nothing until a handler agrees."""

    token_id: str
    secret: str
    waits: bool


def add(
    uow: SqlUnitOfWork,
    by: By,
    email: str,
    held: tuple[Membership, ...],
    *,
    name: str = "",
    password_hash: str | None = None,
) -> Added:
    """Add somebody. Raises ``Invalid`` for what makes no sense or an address that is taken."""
    address = email_address(email)
    if accounts.account_id_of(uow.session, address) is not None:
        raise Invalid("email", "has an account already")
    for one in held:
        _check(uow, one)
    account_id = accounts.add_account(
        uow.session, address, password_hash, (), by.now, name=_name(name)
    )
    _note(uow, by, AuditAction.ACCOUNT_ADDED, account_id, ",".join(one.role for one in held))
    waits = _give(uow, by, account_id, held)
    code = "" if password_hash else invitations.invite(uow.session, account_id, by.now)
    return Added(account_id, code, waits)


def give_roles(uow: SqlUnitOfWork, by: By, account_id: str, held: tuple[Membership, ...]) -> bool:
    """Give somebody more roles; whether one of them waits for a handler's word.

    Raises ``NotFound``, ``NotAllowed`` for oneself, ``Invalid``.
    """
    _other(uow, by, account_id)
    if accounts.actor_by_id(uow.session, account_id) is None:
        raise Invalid("account", "is switched off")
    for one in held:
        _check(uow, one)
    _note(uow, by, AuditAction.ROLES_ADDED, account_id, ",".join(one.role for one in held))
    return _give(uow, by, account_id, held)


def withdraw(uow: SqlUnitOfWork, by: By, account_id: str, membership_id: str) -> None:
    """Take one role away, or what waits for a handler's word. Raises as ``give_roles``."""
    _other(uow, by, account_id)
    held, asked = tables.membership.c, tables.handler_request.c
    role = uow.session.scalar(
        delete(tables.membership)
        .where(held.id == membership_id, held.account_id == account_id)
        .returning(held.role)
    )
    waited = uow.session.scalar(
        delete(tables.handler_request)
        .where(asked.id == membership_id, asked.account_id == account_id)
        .returning(asked.id)
    )
    if role is None and waited is None:
        raise NotFound
    role = role or Role.PROTECTION
    _note(uow, by, AuditAction.ROLE_WITHDRAWN, account_id, role)


def invite(uow: SqlUnitOfWork, by: By, account_id: str) -> str:
    """A code to choose a password with, for somebody who has none or forgot it."""
    _other(uow, by, account_id)
    if _field(uow, account_id, "tf_primary_method") is None:
        # The code alone opens the account to whoever holds it.
        _ask_again(uow, by, account_id)
    _note(uow, by, AuditAction.INVITED, account_id)
    return invitations.invite(uow.session, account_id, by.now)


def reset_second_factor(uow: SqlUnitOfWork, by: By, account_id: str) -> None:
    """Forget a lost second factor; another is set up at the next log-in."""
    _other(uow, by, account_id)
    _ask_again(uow, by, account_id)
    _set(
        uow,
        account_id,
        tf_primary_method=None,
        tf_totp_secret=None,
        mf_recovery_codes=None,
        tf_last_counter=None,
    )
    # The same phone may hold them.
    uow.session.execute(delete(tables.passkey).where(tables.passkey.c.account_id == account_id))
    _log_out(uow, account_id)
    _note(uow, by, AuditAction.SECOND_FACTOR_RESET, account_id)


def switch_off(uow: SqlUnitOfWork, by: By, account_id: str) -> None:
    """Shut somebody out, also from where they are logged in now; a printed code is void."""
    _other(uow, by, account_id)
    _set(uow, account_id, active=False)
    _log_out(uow, account_id)
    invitation = tables.invitation
    uow.session.execute(delete(invitation).where(invitation.c.account_id == account_id))
    _note(uow, by, AuditAction.ACCOUNT_DISABLED, account_id)


def switch_on(uow: SqlUnitOfWork, by: By, account_id: str) -> None:
    """Let somebody in again with the roles they had, but for a handler's, which is asked anew."""
    _other(uow, by, account_id)
    _ask_again(uow, by, account_id)
    _set(uow, account_id, active=True)
    _note(uow, by, AuditAction.ACCOUNT_ENABLED, account_id)


def keep_profile(
    uow: SqlUnitOfWork,
    by: By,
    account_id: str,
    *,
    name: str,
    languages: tuple[str, ...],
    absent_until: date | None,
) -> None:
    """What somebody is called, speaks (ISO 639-3), and the last day they are away."""
    _exists(uow, account_id)
    if not all(_LANGUAGE.fullmatch(one) for one in languages):
        raise Invalid("languages", "must be ISO 639-3 codes, as in vmw")
    _set(uow, account_id, name=_name(name), languages=languages, absent_until=absent_until)
    _note(uow, by, AuditAction.ACCOUNT_CHANGED, account_id)


def add_token(
    uow: SqlUnitOfWork, by: By, name: str, held: Membership, expires_at: datetime | None
) -> NewToken:
    """Make a token. One that reads highly sensitive cases waits for a handler's word.

    Not one made by command: whoever has the machine has its keys, and other systems are set up
    there (CONTRACT, ``token add``); the audit log says so. Raises ``Invalid``.
    """
    called = name.strip()
    if not called or len(called) > LONGEST_TOKEN_NAME or not called.isprintable():
        raise Invalid("name", f"must have 1 to {LONGEST_TOKEN_NAME} characters")
    _check(uow, held)
    secret = accounts.add_token(uow.session, called, held, by.now, expires_at)
    kept = tables.token.c
    token_id = str(
        uow.session.scalar(select(kept.id).where(kept.token_hash == accounts.token_hash(secret)))
    )
    uow.audit(
        AuditAction.TOKEN_ADDED,
        by.actor,
        by.now,
        kind="token",
        object_id=token_id,
        reason=held.role,
    )
    waits = held.role is Role.PROTECTION and not by.at_the_machine
    if waits:
        handlers.propose(uow.session, held, by.now, token_id=token_id)
        uow.audit(AuditAction.HANDLER_PROPOSED, by.actor, by.now, kind="token", object_id=token_id)
    return NewToken(token_id, secret, waits)


def revoke_token(uow: SqlUnitOfWork, by: By, token_id: str) -> None:
    """A token opens nothing from now on. Raises ``NotFound`` where none is live."""
    if not accounts.revoke_token(uow.session, token_id, by.now):
        raise NotFound
    uow.audit(AuditAction.TOKEN_REVOKED, by.actor, by.now, kind="token", object_id=token_id)


def email_address(written: str) -> str:
    """An e-mail address as it is kept. Raises ``Invalid``."""
    address = written.strip().lower()
    name, at, host = address.rpartition("@")
    printable = address.isprintable() and not any(sign.isspace() for sign in address)
    if not (name and at and host) or len(address) > 254 or not printable:
        raise Invalid("email", "is not an e-mail address")
    return address


def _check(uow: SqlUnitOfWork, held: Membership) -> None:
    if held.role is Role.FOCAL_POINT and not held.organisation:
        raise Invalid("organisation", "is needed for a focal point")
    if held.organisation and uow.session.get(Organisation, held.organisation) is None:
        raise Invalid("organisation", "is none that is known here")
    if held.site and uow.session.get(Site, held.site) is None:
        raise Invalid("site", "is none that is known here")
    if held.sector and held.sector not in set(Sector):
        raise Invalid("sector", f"must be one of {', '.join(Sector)}")


def _give(uow: SqlUnitOfWork, by: By, account_id: str, held: tuple[Membership, ...]) -> bool:
    actor = accounts.actor_by_id(uow.session, account_id)
    has = actor.memberships if actor else ()
    waits = False
    for one in dict.fromkeys(held):
        if one in has:
            continue
        if one.role is Role.PROTECTION and _must_ask(uow, by, but=account_id):
            _propose(uow, by, account_id, one)
            waits = True
        else:
            accounts.add_membership(uow.session, account_id, one)
    return waits


def _must_ask(uow: SqlUnitOfWork, by: By, but: str = "") -> bool:
    """Whether a handler has to agree: always, but for the first one by command."""
    return not by.at_the_machine or handlers.has_handlers(uow.session, but)


def _ask_again(uow: SqlUnitOfWork, by: By, account_id: str) -> None:
    """Handlers say anew whether this is one: else a new password or factor would make one."""
    if not _must_ask(uow, by, but=account_id):
        return
    held = tables.membership.c
    taken = uow.session.execute(
        delete(tables.membership)
        .where(held.account_id == account_id, held.role == Role.PROTECTION)
        .returning(held.organisation, held.site, held.sector)
    )
    for where in taken.all():
        _propose(uow, by, account_id, Membership(Role.PROTECTION, *where))


def _propose(uow: SqlUnitOfWork, by: By, account_id: str, held: Membership) -> None:
    handlers.propose(uow.session, held, by.now, account_id=account_id)
    _note(uow, by, AuditAction.HANDLER_PROPOSED, account_id)


def _other(uow: SqlUnitOfWork, by: By, account_id: str) -> None:
    if by.actor == account_id:
        raise NotAllowed("own account")
    _exists(uow, account_id)


def _exists(uow: SqlUnitOfWork, account_id: str) -> None:
    known = select(tables.account.c.id).where(tables.account.c.id == account_id)
    if uow.session.scalar(known) is None:
        raise NotFound


def _field(uow: SqlUnitOfWork, account_id: str, name: str) -> object:
    column = tables.account.c[name]
    return uow.session.scalar(select(column).where(tables.account.c.id == account_id))


def _set(uow: SqlUnitOfWork, account_id: str, **values: object) -> None:
    changed = update(tables.account).where(tables.account.c.id == account_id)
    uow.session.execute(changed.values(**values))


def _log_out(uow: SqlUnitOfWork, account_id: str) -> None:
    # The new identifier ends the sessions that carry the old one.
    _set(uow, account_id, fs_uniquifier=uuid.uuid4().hex)
    log_in = tables.log_in
    uow.session.execute(delete(log_in).where(log_in.c.account_id == account_id))


def _name(written: str) -> str:
    name = written.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("name", f"is longer than {LONGEST_NAME} characters")
    return name


def _note(
    uow: SqlUnitOfWork, by: By, action: AuditAction, account_id: str, reason: str = ""
) -> None:
    uow.audit(action, by.actor, by.now, kind="account", object_id=account_id, reason=reason[:64])
