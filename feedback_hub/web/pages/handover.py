"""Handing open cases over: first what would become of each, then for good."""

from __future__ import annotations

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

from feedback_hub.domain.access import Action
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import handover as services
from feedback_hub.services.handover import Handover, Wanted
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import refused_form, text
from feedback_hub.web.security import require

handover = Blueprint("handover", __name__, url_prefix="/handover")


@handover.get("")
def show() -> Response:
    """The form."""
    return _page(FormView(), None, 200)


@handover.post("")
def hand_over() -> Response:
    """``sure`` hands over; without it nothing is kept, and what would become of each is shown."""
    actor = require(Action.WORK_CASE)
    hub = current_hub()
    sure = request.form.get("sure") == "yes"
    try:
        wanted = _wanted()
        with hub.unit_of_work() as uow:
            made = services.hand_over(uow, hub.rules, actor, wanted, hub.clock())
            if sure:
                uow.commit()
    except NotFound:
        return _refused(Invalid("account", "is nobody"))
    except Invalid as refused:
        return _refused(refused)
    if not sure:
        return _page(FormView("handover", dict(request.form)), made, 200)
    flash(gettext("%(moved)s were handed over.", moved=made.moved), "success")
    return make_response(redirect(url_for("handover.show"), 303))


def _refused(refused: Invalid) -> Response:
    form, status = refused_form("handover", refused)
    return _page(form, None, status)


def _wanted() -> Wanted:
    return Wanted(
        reason=text("reason", needed=True),
        site=text("site"),
        from_owner=text("from_owner"),
        from_organisation=text("from_organisation"),
        to_owner=text("to_owner"),
        to_organisation=text("to_organisation"),
        named=frozenset(parse_reference(one) or "" for one in request.form.getlist("named")),
    )


def _page(form: FormView, made: Handover | None, status: int) -> Response:
    require(Action.WORK_CASE)
    with current_hub().reading() as uow:
        names = names_for(uow).organisations
        sites = tuple(site_names(uow))
    page = render_template(
        "handover.html",
        form=form,
        made=made,
        organisations=sorted(names.items(), key=lambda one: one[1]),
        sites=sites,
    )
    return make_response(page, status)
