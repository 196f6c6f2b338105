"""Who answers for what: the rules, and who would get an example, and why."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from feedback_hub.domain.access import Action
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.on_call import GROUPS
from feedback_hub.domain.person import AccusedClass
from feedback_hub.reads import routing as reads
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.web.asked_route import asked_example
from feedback_hub.web.hub import current_hub
from feedback_hub.web.pages.acting import refused_form
from feedback_hub.web.security import require
from feedback_hub.web.words import LANGUAGES

routing = Blueprint("routing", __name__, url_prefix="/routing")


@routing.get("", endpoint="show")
def show() -> Response:
    """The rules; with ``?code=`` also the way of an example."""
    require(Action.READ_ROUTING)
    hub = current_hub()
    found, form, status = None, FormView("routing", dict(request.args)), 200
    if request.args.get("code"):
        try:
            # Never committed: the example leaves no trace.
            with hub.unit_of_work() as uow:
                found = reads.told(uow, hub.rules, asked_example())
        except Invalid as refused:
            refusal, status = refused_form("routing", refused)
            form = FormView("routing", dict(request.args), refusal.errors)
    frame = hub.rules.frame
    with hub.reading() as uow:
        rules = reads.rules_of(uow)
        sites = tuple(site_names(uow))
        names = names_for(uow, (), [r.service.focal_point for r in rules])
    page = render_template(
        "routing.html",
        rules=rules,
        ruled=hub.rules.routing,
        names=names,
        found=found,
        form=form,
        sites=sites,
        sectors=tuple(Sector),
        codes=[
            (kind, [code.code for code in frame.of_type(kind)])
            for kind in dict.fromkeys(code.type for code in frame)
        ],
        tongues=LANGUAGES,
        groups=GROUPS,
        accused_classes=tuple(AccusedClass),
        calendar=hub.rules.calendar,
    )
    return make_response(page, status)
