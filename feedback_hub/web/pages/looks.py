"""How the screens look to one reader: theme, density, columns of lists, saved filters."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qsl, urlencode

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from feedback_hub.adapters import choices
from feedback_hub.domain.access import Actor, ActorKind
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.reads import looks as reads
from feedback_hub.reads.views.frame import COLUMNS, Density, Theme
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import current_actor

looks = Blueprint("looks", __name__, url_prefix="/looks")

LONGEST_NAME = 40
MOST_FILTERS = 30
_KEPT = ("tab", "site", "sector", "type", "priority", "state", "tag", "assigned", "field")
"""What a saved filter holds. Words that were searched for are not kept anywhere."""


@looks.get("")
def show() -> str:
    """The reader's choices."""
    actor = _account()
    with current_hub().reading() as uow:
        chosen = reads.of(uow.session, actor)
    return render_template("looks.html", chosen=chosen, columns=COLUMNS)


@looks.post("")
def keep() -> Response:
    """Keep how it looks. What a browser does not send stays as the system has it."""
    actor = _account()
    theme, density = request.form.get("theme", ""), request.form.get("density", "")
    hidden = [name for name in COLUMNS if name not in request.form.getlist("columns")]
    with current_hub().unit_of_work() as uow:
        value: dict[str, object] = {}
        if theme in set(Theme):
            value["theme"] = theme
        if density in set(Density):
            value["density"] = density
        if hidden:
            value["hidden"] = hidden
        if request.form.get("letters") == "off":
            value["letters"] = "off"
        choices.keep(uow.session, actor.id, reads.LOOKS, value)
        uow.commit()
    flash(gettext("Kept."), "success")
    return _back()


@looks.post("/filters")
def save_filter() -> Response:
    """Keep the list as it is narrowed now, under a name."""
    actor = _account()
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
    if not name:
        raise Invalid("name", "is needed")
    asked = parse_qsl(request.form.get("query", "")[:2000])
    query = urlencode([(key, value) for key, value in asked if key in _KEPT and value])
    with current_hub().unit_of_work() as uow:
        kept = [
            {"id": one.id, "name": one.name, "query": one.query}
            for one in reads.of(uow.session, actor).filters
            if one.name != name
        ]
        kept.append({"id": uuid.uuid4().hex[:12], "name": name, "query": query})
        choices.keep(uow.session, actor.id, reads.FILTERS, list(kept[-MOST_FILTERS:]))
        uow.commit()
    flash(gettext("The filter is kept under “%(name)s”.", name=name), "success")
    return make_response(redirect(f"{url_for('cases.queue')}?{query}", 303))


@looks.post("/filters/forget")
def forget_filter() -> Response:
    """A saved filter is not needed any more."""
    actor = _account()
    unwanted = request.form.get("filter", "")
    with current_hub().unit_of_work() as uow:
        kept = [
            {"id": one.id, "name": one.name, "query": one.query}
            for one in reads.of(uow.session, actor).filters
            if one.id != unwanted
        ]
        choices.keep(uow.session, actor.id, reads.FILTERS, list(kept))
        uow.commit()
    return _back()


def _back() -> Response:
    after = request.form.get("next", "")
    # Only to a page of ours: what begins with two slashes is somebody else's host.
    ours = after.startswith("/") and not after.startswith(("//", "/\\"))
    return make_response(redirect(after if ours else url_for("looks.show"), 303))


def _account() -> Actor:
    """The reader, if they log in: a token has no screen. Raises ``NotFound``."""
    actor = current_actor()
    if actor.kind is not ActorKind.ACCOUNT:
        raise NotFound
    return actor
