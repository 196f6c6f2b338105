"""The channel accounts: how each is, and what can be done about it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask import request as asked

from feedback_hub.adapters import outbox
from feedback_hub.bootstrap import Hub
from feedback_hub.bootstrap.channel_accounts import calls_us, is_pulled
from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.message import DeliveryError
from feedback_hub.reads import channel_health as reads
from feedback_hub.services import channel_watch
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import require
from feedback_hub.web.words import word

# Not under /channels, where the webhooks are.
channels = Blueprint("channels", __name__, url_prefix="/admin/channels")


@channels.get("")
def index() -> str:
    """Every account, one status word each."""
    require(Action.CONFIGURE)
    hub = current_hub()
    with hub.reading() as uow:
        found = reads.lines(uow, _kinds(hub))
    return render_template("admin_channels.html", lines=found)


@channels.get("/<name>")
def show(name: str) -> str:
    """One account."""
    hub = _hub_with(name)
    with hub.reading() as uow:
        page = reads.page(uow, name, _kinds(hub)[name], hub.clock())
    account = hub.channels.accounts[name]
    return render_template(
        "admin_channel.html", page=page, calls_us=calls_us(account), pulled=is_pulled(account)
    )


@channels.post("/<name>/check")
def check(name: str) -> Response:
    """Ask the provider now."""
    hub = _hub_with(name)
    found = channel_watch.check(hub.unit_of_work, hub.channels, name, hub.clock())
    if found.fault is not None:
        flash(gettext("It does not work: %(why)s", why=word(found.fault)), "error")
    else:
        flash(gettext("The provider answers and accepts the account."), "success")
    return _back(name)


@channels.post("/<name>/register")
def register(name: str) -> Response:
    """Have the provider call this hub."""
    hub = _hub_with(name)
    try:
        if not hub.channels.register(name):
            raise NotFound
    except DeliveryError as error:
        flash(gettext("Nothing was changed: %(why)s", why=word(error.fault)), "error")
        return _back(name)
    channel_watch.check(hub.unit_of_work, hub.channels, name, hub.clock())
    flash(gettext("The provider calls this hub from now on."), "success")
    return _back(name)


@channels.post("/<name>/retry")
def retry(name: str) -> Response:
    """Try again what was set aside: one thing or all."""
    hub = _hub_with(name)
    with hub.unit_of_work() as uow:
        row_id = asked.form.get("id", "")
        count = outbox.try_again(uow.session, name, hub.clock(), row_id)
        uow.commit()
    flash(gettext("Tried again: %(count)s.", count=count), "success")
    return _back(name)


@channels.post("/<name>/dismiss")
def dismiss(name: str) -> Response:
    """Take what nobody could read off the list."""
    hub = _hub_with(name)
    with hub.unit_of_work() as uow:
        if not outbox.dismiss(uow.session, name, asked.form.get("id", ""), hub.clock()):
            raise NotFound
        uow.commit()
    flash(gettext("Taken off the list."), "success")
    return _back(name)


def _hub_with(name: str) -> Hub:
    require(Action.CONFIGURE)
    hub = current_hub()
    if name not in hub.channels.accounts:
        raise NotFound
    return hub


def _kinds(hub: Hub) -> dict[str, str]:
    kinds = {name: section.kind for name, section in hub.config.channels.items()}
    return {name: kinds.get(name, "") for name in hub.channels.accounts}


def _back(name: str) -> Response:
    return make_response(redirect(url_for("admin.channels.show", name=name), 303))
