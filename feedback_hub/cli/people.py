"""``user`` and ``token``: who may act here, and as what."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta

import click
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters import accounts, handlers, invitations, tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.passwords import hash_password
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.place import Organisation, Site

SHORTEST_PASSWORD = 10
_ROLES = click.Choice([role.value for role in Role])


@click.group("user")
def user() -> None:
    """People who log in."""


@user.command("add")
@click.argument("email")
@click.option("--role", "roles", type=_ROLES, multiple=True, required=True, help="May be repeated.")
@click.option("--organisation", default="", help="Code; a focal point needs one.")
@click.option("--site", default="", help="Code of the only site the roles are for.")
@click.option("--sector", default="", help="The only sector the roles are for.")
@click.option("--name", default="", help="What the person is called on the pages.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_context
@reporting
def add(
    ctx: click.Context,
    email: str,
    roles: tuple[str, ...],
    organisation: str,
    site: str,
    sector: str,
    name: str,
    password_stdin: bool,
) -> None:
    """Add a person, or give one who is there more roles. Prints where to choose a password."""
    address = _address(email)
    if Role.FOCAL_POINT in roles and not organisation:
        raise click.UsageError("a focal_point needs --organisation")
    if sector and sector not in list(Sector):
        raise click.BadParameter(f"must be one of {', '.join(Sector)}", param_hint="--sector")
    given = _password_from_stdin() if password_stdin else ""
    hub = ready_hub(ctx)
    held = tuple(Membership(Role(role), organisation, site, sector) for role in roles)
    code = ""
    with hub.unit_of_work() as uow:
        _check_places(uow.session, organisation, site)
        account_id = accounts.account_id_of(uow.session, address)
        if account_id is None:
            hashed = hash_password(given) if given else None
            account_id = accounts.add_account(
                uow.session, address, hashed, (), hub.clock(), name=name
            )
            if not given:
                code = invitations.invite(uow.session, account_id, hub.clock())
            waits = _add_roles(uow, hub, account_id, held)
            _audit(uow, hub, AuditAction.ACCOUNT_ADDED, account_id, ",".join(roles))
        elif given:
            raise Failure(f"{address} has an account; leave --password-stdin to add roles")
        else:
            waits = _add_roles(uow, hub, account_id, held)
            _audit(uow, hub, AuditAction.ROLES_ADDED, account_id, ",".join(roles))
        uow.commit()
    click.echo(f"{address}: {', '.join(roles)}", err=True)
    if waits:
        click.echo("protection waits until a handler agrees, on their account page", err=True)
    if code:
        _show_code(hub, code)


@user.command("invite")
@click.argument("email")
@click.pass_context
@reporting
def invite(ctx: click.Context, email: str) -> None:
    """Print a code to choose a new password with, for whoever has none or forgot it."""
    hub = ready_hub(ctx)
    with hub.unit_of_work() as uow:
        account_id = accounts.account_id_of(uow.session, _address(email))
        if account_id is None:
            raise Failure(f"nobody here has the address {_address(email)}")
        code = invitations.invite(uow.session, account_id, hub.clock())
        _audit(uow, hub, AuditAction.INVITED, account_id)
        uow.commit()
    _show_code(hub, code)


@user.command("list")
@click.pass_context
@reporting
def list_users(ctx: click.Context) -> None:
    """Everybody: address, roles and where, whether active and with a second factor."""
    hub = ready_hub(ctx)
    account, held = tables.account.c, tables.membership.c
    with hub.reading() as uow:
        people = uow.session.execute(
            select(account.id, account.email, account.active, account.tf_primary_method).order_by(
                account.email
            )
        ).all()
        roles: dict[str, list[str]] = {}
        for row in uow.session.execute(
            select(held.account_id, held.role, held.organisation, held.site, held.sector)
        ):
            where = "/".join(part for part in row[2:] if part)
            roles.setdefault(row[0], []).append(f"{row[1].value}{f'@{where}' if where else ''}")
    for person in people:
        state = "active" if person.active else "disabled"
        second = "second factor" if person.tf_primary_method else "password only"
        held_there = ", ".join(sorted(roles.get(person.id, ["no role"])))
        click.echo(f"{person.email}\t{held_there}\t{state}\t{second}")


@user.command("disable")
@click.argument("email")
@click.pass_context
@reporting
def disable(ctx: click.Context, email: str) -> None:
    """Shut a person out, also from where they are logged in now."""
    # The new identifier ends the sessions that carry the old one.
    _change(
        ready_hub(ctx),
        email,
        AuditAction.ACCOUNT_DISABLED,
        active=False,
        fs_uniquifier=secrets.token_hex(16),
    )
    click.echo(f"{_address(email)} is disabled")


@user.command("reset-second-factor")
@click.argument("email")
@click.pass_context
@reporting
def reset_second_factor(ctx: click.Context, email: str) -> None:
    """Forget a lost second factor; the person sets up another at the next log-in."""
    _change(
        ready_hub(ctx),
        email,
        AuditAction.SECOND_FACTOR_RESET,
        tf_primary_method=None,
        tf_totp_secret=None,
        mf_recovery_codes=None,
        tf_last_counter=None,
        fs_uniquifier=secrets.token_hex(16),
    )
    click.echo(f"{_address(email)} has no second factor now")


@click.group("token")
def token() -> None:
    """Tokens for other systems."""


@token.command("add")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--role", type=_ROLES, required=True)
@click.option("--organisation", default="", help="Code.")
@click.option("--site", default="", help="Code of the only site it is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; else never.")
@click.pass_context
@reporting
def add_token(
    ctx: click.Context, name: str, role: str, organisation: str, site: str, days: int | None
) -> None:
    """Make a token and print it, this once."""
    if role == Role.FOCAL_POINT and not organisation:
        raise click.UsageError("a focal_point needs --organisation")
    if not name.strip() or len(name) > 100:
        raise click.BadParameter("must have 1 to 100 characters", param_hint="--name")
    hub = ready_hub(ctx)
    now = hub.clock()
    held = Membership(Role(role), organisation, site)
    expires_at = now + timedelta(days=days) if days else None
    with hub.unit_of_work() as uow:
        _check_places(uow.session, organisation, site)
        made = accounts.add_token(uow.session, name.strip(), held, now, expires_at)
        actor = accounts.actor_by_token(uow.session, made, now)
        _audit(uow, hub, AuditAction.TOKEN_ADDED, actor.id if actor else "", role)
        uow.commit()
    click.echo(made)


def _address(email: str) -> str:
    address = email.strip().lower()
    name, at, host = address.rpartition("@")
    if not (name and at and host) or len(address) > 254 or any(c.isspace() for c in address):
        raise click.BadParameter("is not an e-mail address", param_hint="EMAIL")
    return address


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST_PASSWORD:
        raise Failure(f"the password must have {SHORTEST_PASSWORD} characters or more")
    return password


def _check_places(session: Session, organisation: str, site: str) -> None:
    if organisation and session.get(Organisation, organisation) is None:
        raise Failure(f"no organisation {organisation!r}; see feedback-hub import organisations")
    if site and session.get(Site, site) is None:
        raise Failure(f"no site {site!r}; see feedback-hub import sites")


def _show_code(hub: Hub, code: str) -> None:
    days = invitations.LASTS.days
    click.echo(f"Choose a password at the address below; it works once, for {days} days.", err=True)
    click.echo(f"{hub.config.hub.base_url}/welcome/{code}")


def _add_roles(uow: SqlUnitOfWork, hub: Hub, account_id: str, held: tuple[Membership, ...]) -> bool:
    """Give the roles; whether one of them waits for a handler's word."""
    session = uow.session
    actor = accounts.actor_by_id(session, account_id)
    if actor is None:
        raise Failure("this account is disabled; nothing was changed")
    waits = False
    for one in held:
        if one in actor.memberships:
            continue
        if one.role is Role.PROTECTION and handlers.has_handlers(session, but=account_id):
            handlers.propose(session, account_id, one, hub.clock())
            _audit(uow, hub, AuditAction.HANDLER_PROPOSED, account_id)
            waits = True
        else:
            accounts.add_membership(session, account_id, one)
    return waits


def _audit(uow: SqlUnitOfWork, hub: Hub, action: AuditAction, what: str, reason: str = "") -> None:
    kind = "token" if action is AuditAction.TOKEN_ADDED else "account"
    uow.audit(action, operator(), hub.clock(), kind=kind, object_id=what, reason=reason[:64])


def _change(hub: Hub, email: str, action: AuditAction, **values: object) -> None:
    address = _address(email)
    with hub.unit_of_work() as uow:
        account_id = accounts.account_id_of(uow.session, address)
        if account_id is None:
            raise Failure(f"nobody here has the address {address}")
        uow.session.execute(
            update(tables.account).where(tables.account.c.id == account_id).values(**values)
        )
        _audit(uow, hub, action, account_id)
        uow.commit()
