"""``user`` and ``token``: who may act here, and as what."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import timedelta

import click

from feedback_hub.adapters import accounts, invitations, people
from feedback_hub.adapters.people import By
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.passwords import hash_password
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.message import DeliveryError
from feedback_hub.reads import people as people_reads
from feedback_hub.services import mailing

SHORTEST_PASSWORD = 10
_ROLES = click.Choice([role.value for role in Role])
_SECTORS = click.Choice(["", *(sector.value for sector in Sector)])
_MAIL = click.option("--mail", is_flag=True, help="Send the code by e-mail, do not print it.")
_READS_ALL = (
    "whoever has this token reads highly sensitive cases, and no handler was asked: they see it on "
    "their first page and may end it; the audit log says so too, and `token revoke` ends it"
)
_HANDLERS_DAYS = 90
"""How long a token reads highly sensitive cases unless it is said: forgotten, it ends by itself."""
_WAITS = "protection waits until a handler agrees, on their account page"


@click.group("user")
def user() -> None:
    """People who log in."""


@user.command("add")
@click.argument("email")
@click.option("--role", "roles", type=_ROLES, multiple=True, required=True, help="May be repeated.")
@click.option("--organisation", default="", help="Code; a focal point needs one.")
@click.option("--site", default="", help="Code of the only site the roles are for.")
@click.option("--sector", type=_SECTORS, default="", help="The only sector the roles are for.")
@click.option("--name", default="", help="What the person is called on the pages.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@_MAIL
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
    mail: bool,
) -> None:
    """Add a person, or give one who is there more roles. Prints where to choose a password."""
    address = _address(email)
    _needs_organisation(roles, organisation)
    given = _password_from_stdin() if password_stdin else ""
    hub = ready_hub(ctx)
    _needs_post(hub, mail=mail)
    by = _by(hub)
    held = tuple(Membership(Role(role), organisation, site, sector) for role in roles)
    code = ""
    with hub.unit_of_work() as uow:
        account_id = accounts.account_id_of(uow.session, address)
        if account_id is None:
            hashed = hash_password(given) if given else None
            added = people.add(uow, by, address, held, name=name, password_hash=hashed)
            account_id, code, waits = added.account_id, added.code, added.waits
        elif given:
            raise Failure(f"{address} has an account; leave --password-stdin to add roles")
        else:
            waits = people.give_roles(uow, by, account_id, held)
        uow.commit()
    click.echo(f"{address}: {', '.join(roles)}", err=True)
    if waits:
        click.echo(_WAITS, err=True)
    if code:
        _hand_over(hub, account_id, code, mail=mail)


@user.command("invite")
@click.argument("email")
@_MAIL
@click.pass_context
@reporting
def invite(ctx: click.Context, email: str, mail: bool) -> None:
    """Print a code to choose a new password with, for whoever has none or forgot it."""
    hub = ready_hub(ctx)
    _needs_post(hub, mail=mail)
    with hub.unit_of_work() as uow:
        account_id = _account(uow, email)
        code = people.invite(uow, _by(hub), account_id)
        uow.commit()
    _hand_over(hub, account_id, code, mail=mail)


@user.command("list")
@click.pass_context
@reporting
def list_users(ctx: click.Context) -> None:
    """Everybody: address, roles and where, whether active and with a second factor."""
    hub = ready_hub(ctx)
    with hub.reading() as uow:
        found = people_reads.people(uow)
    for one in found:
        state = "active" if one.active else "disabled"
        second = "second factor" if one.has_second_factor else "password only"
        roles = [_held(role.held) + (" (waits)" if role.waits else "") for role in one.roles]
        click.echo(f"{one.email}\t{', '.join(sorted(roles)) or 'no role'}\t{state}\t{second}")


@user.command("disable")
@click.argument("email")
@click.pass_context
@reporting
def disable(ctx: click.Context, email: str) -> None:
    """Shut a person out, also from where they are logged in now."""
    _change(ready_hub(ctx), email, people.switch_off)
    click.echo(f"{_address(email)} is disabled")


@user.command("enable")
@click.argument("email")
@click.pass_context
@reporting
def enable(ctx: click.Context, email: str) -> None:
    """Let a person in again, with the roles they had."""
    _change(ready_hub(ctx), email, people.switch_on)
    click.echo(f"{_address(email)} may log in again")


@user.command("reset-second-factor")
@click.argument("email")
@click.pass_context
@reporting
def reset_second_factor(ctx: click.Context, email: str) -> None:
    """Forget a lost second factor; the person sets up another at the next log-in.

    A handler is asked about anew, as long as there is another one to ask.
    """
    _change(ready_hub(ctx), email, people.reset_second_factor)
    click.echo(f"{_address(email)} has no second factor now")


@click.group("token")
def token() -> None:
    """Tokens for other systems."""


@token.command("add")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--role", type=_ROLES, required=True)
@click.option("--organisation", default="", help="Code.")
@click.option("--site", default="", help="Code of the only site it is for.")
@click.option("--sector", type=_SECTORS, default="", help="The only sector it is for.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    help="Days until it expires.  [default: never; of the role protection 90]",
)
@click.pass_context
@reporting
def add_token(
    ctx: click.Context,
    name: str,
    role: str,
    organisation: str,
    site: str,
    sector: str,
    days: int | None,
) -> None:
    """Make a token and print it, this once."""
    _needs_organisation((role,), organisation)
    if not name.strip() or len(name) > people.LONGEST_TOKEN_NAME:
        raise click.BadParameter("must have 1 to 100 characters", param_hint="--name")
    hub = ready_hub(ctx)
    by = _by(hub)
    held = Membership(Role(role), organisation, site, sector)
    if days is None and held.role is Role.PROTECTION:
        days = _HANDLERS_DAYS
    expires_at = by.now + timedelta(days=days) if days else None
    with hub.unit_of_work() as uow:
        made = people.add_token(uow, by, name, held, expires_at)
        uow.commit()
    if made.waits:
        click.echo(_WAITS, err=True)
    elif held.role is Role.PROTECTION:
        click.echo(_READS_ALL, err=True)
    click.echo(made.secret)


@token.command("list")
@click.pass_context
@reporting
def list_tokens(ctx: click.Context) -> None:
    """Every token: id, name, role and where, state, when it was last used (UTC)."""
    hub = ready_hub(ctx)
    with hub.reading() as uow:
        found = people_reads.tokens(uow, hub.clock())
    for one in found:
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
        click.echo(f"{one.id}\t{one.name}\t{_held(one.held)}\t{one.state}\t{used}")


@token.command("revoke")
@click.argument("token_id")
@click.pass_context
@reporting
def revoke_token(ctx: click.Context, token_id: str) -> None:
    """Make a token open nothing any more; its id is in ``token list``."""
    hub = ready_hub(ctx)
    with hub.unit_of_work() as uow:
        try:
            people.revoke_token(uow, _by(hub), token_id)
        except NotFound:
            raise Failure("no token that still works has this id; see token list") from None
        uow.commit()
    click.echo("revoked")


def _by(hub: Hub) -> By:
    return By(operator(), hub.clock(), at_the_machine=True)


def _address(email: str) -> str:
    try:
        return people.email_address(email)
    except Invalid as error:
        raise click.BadParameter(error.problem, param_hint="EMAIL") from None


def _needs_organisation(roles: Iterable[str], organisation: str) -> None:
    if Role.FOCAL_POINT in roles and not organisation:
        raise click.UsageError("a focal_point needs --organisation")


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST_PASSWORD:
        raise Failure(f"the password must have {SHORTEST_PASSWORD} characters or more")
    return password


def _needs_post(hub: Hub, *, mail: bool) -> None:
    if mail and hub.post is None:
        raise Failure("--mail needs [mail] smtp_url; without it the code is printed")


def _hand_over(hub: Hub, account_id: str, code: str, *, mail: bool) -> None:
    """By e-mail if wanted; printed if not, and if no mail went."""
    with hub.reading() as uow:
        box = uow.mailbox(account_id)
    if not mail or hub.post is None or box is None:
        return _show_code(hub, code)
    now = hub.clock()
    try:
        mailing.send_invitation(hub.post, hub.rules, box, code, now + invitations.LASTS, now)
    except DeliveryError as error:
        click.echo(f"no e-mail went ({error.fault.value}); give the code yourself", err=True)
        return _show_code(hub, code)
    return click.echo(f"sent to {box.address}; older codes are void", err=True)


def _show_code(hub: Hub, code: str) -> None:
    days = invitations.LASTS.days
    click.echo(f"Choose a password at the address below; it works once, for {days} days.", err=True)
    click.echo(f"{hub.config.hub.base_url}/welcome/{code}")


def _account(uow: SqlUnitOfWork, email: str) -> str:
    account_id = accounts.account_id_of(uow.session, _address(email))
    if account_id is None:
        raise Failure(f"nobody here has the address {_address(email)}")
    return account_id


def _change(hub: Hub, email: str, change: Callable[[SqlUnitOfWork, By, str], object]) -> None:
    with hub.unit_of_work() as uow:
        change(uow, _by(hub), _account(uow, email))
        uow.commit()


def _held(held: Membership) -> str:
    where = "/".join(part for part in (held.organisation, held.site, held.sector) if part)
    return f"{held.role.value}{f'@{where}' if where else ''}"
