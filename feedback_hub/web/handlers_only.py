"""Where the handlers' key is, and where it is not: what one process shows of sensitive cases.

A process without the private key shows no highly sensitive case to anybody: it could not open one.
One that is for handlers alone (``web --role handlers``) answers nobody else.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, g, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from feedback_hub.adapters.tables import case
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.sensitivity import Sensitivity

_PUBLIC = frozenset(
    {"webhooks", "prompts", "exchange", "board", "status", "partner_links", "handset"}
)
"""What strangers and providers reach elsewhere."""


def opens_sensitive(hub: Hub) -> bool:
    """Whether this process can open what is closed to the handlers; also where nothing is."""
    return hub.keyring.handlers.holds_private()


def seen_here(hub: Hub, actor: Actor) -> Actor:
    """The actor as far as this process serves them.

    Where only handlers are served, anybody else may do nothing, except who opens a case in an
    emergency.
    """
    if hub.handlers_only and Role.PROTECTION not in actor.roles:
        if actor.may(Action.BREAK_GLASS):
            return actor
        return replace(actor, memberships=(), opened=frozenset())
    if opens_sensitive(hub):
        return actor
    g.is_handler_elsewhere = Role.PROTECTION in actor.roles
    held = tuple(one for one in actor.memberships if one.role is not Role.PROTECTION)
    return replace(actor, memberships=held, opened=_ordinary(hub, actor.opened))


def handlers_elsewhere(hub: Hub) -> str | None:
    """Where the current handler finds their cases; None for anybody else, and where it is here."""
    return hub.config.security.handlers_url if g.get("is_handler_elsewhere") else None


def init_handlers_only(app: Flask, hub: Hub) -> None:
    """Close what is for everybody where only handlers are served."""
    if not hub.handlers_only:
        return

    @app.before_request
    def _closed() -> None:
        if request.blueprint in _PUBLIC:
            raise NotFound

    app.extensions["feedback_hub_handlers_only"] = _closed


def _ordinary(hub: Hub, opened: frozenset[str]) -> frozenset[str]:
    if not opened:
        return opened
    with hub.reading() as uow:
        wanted = select(case.c.id).where(
            case.c.id.in_(opened), case.c.sensitivity != Sensitivity.L3
        )
        return frozenset(uow.session.scalars(wanted))
