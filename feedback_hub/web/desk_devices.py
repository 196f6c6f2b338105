"""Who sits at a help desk, and with which device: known by the secret in its header, and turned
away once out of use.
"""

from __future__ import annotations

from flask import Flask, g, request
from werkzeug.exceptions import Gone

from feedback_hub.adapters import desk_devices
from feedback_hub.adapters.desk_devices import DeskDevice
from feedback_hub.adapters.people import By
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import NotAllowed, NotFound
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import require

HEADER = "X-Desk-Device"


def init_desk_devices(app: Flask, hub: Hub) -> None:
    """Turn away a device that was taken out of use, before anything else is looked at.

    Its log-in has ended too, so it must hear of it without one: 410, and nothing more.
    """

    @app.before_request
    def _known() -> None:
        secret = request.headers.get(HEADER, "")
        g.desk_device = None
        if not secret:
            return
        with hub.reading() as uow:
            g.desk_device = desk_devices.with_secret(uow.session, secret)
        if g.desk_device is not None and g.desk_device.revoked_at is not None:
            raise Gone

    app.extensions["feedback_hub_desk_devices"] = _known


def at_the_desk() -> Actor:
    """Who sits at a help desk. Raises ``Unauthenticated``, ``NotAllowed``."""
    actor = require(Action.SUBMIT)
    if Role.DESK not in actor.roles:
        raise NotAllowed(Action.SUBMIT.value)
    return actor


def this_device(account_id: str) -> DeskDevice | None:
    """The device that asks, if it is registered for this account."""
    device: DeskDevice | None = g.desk_device
    return device if device is not None and device.account_id == account_id else None


def change_device(uow: SqlUnitOfWork, by: By, account_id: str) -> str:
    """Do what a form about a device of ``account_id`` says; what to tell whoever pressed.

    Raises ``NotFound``, also for a device of somebody else.
    """
    which = request.form.get("device", "")
    if request.form.get("use") == "again":
        action, done = AuditAction.DEVICE_RESTORED, gettext("Back in use. It goes on sending.")
        changed = desk_devices.bring_back(uow.session, account_id, which)
    else:
        action = AuditAction.DEVICE_REVOKED
        done = gettext("Out of use. What waits on it stays encrypted; it can send nothing.")
        changed = desk_devices.take_out_of_use(uow.session, account_id, which, by.now)
    if not changed:
        raise NotFound
    uow.audit(action, by.actor, by.now, kind="desk_device", object_id=which)
    return done
