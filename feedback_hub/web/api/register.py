"""``/api/v1`` sites, services and organisations: what the hub knows of places and partners."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.domain.access import Action
from feedback_hub.domain.place import Organisation, Service
from feedback_hub.reads import routing as routes
from feedback_hub.reads import wire_register
from feedback_hub.web.asked_route import asked_example
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_register = Blueprint("api_register", __name__, url_prefix="/api/v1")


@api_register.get("/sites")
def sites() -> Response:
    """Every site."""
    require(Action.READ_REGISTER)
    with current_hub().reading() as uow:
        return jsonify({"items": [wire_register.site_body(site) for site in uow.sites()]})


@api_register.get("/organisations")
def organisations() -> Response:
    """Every organisation."""
    require(Action.READ_REGISTER)
    with current_hub().reading() as uow:
        found = uow.session.scalars(select(Organisation).order_by(tables.organisation.c.code))
        return jsonify({"items": [wire_register.organisation_body(one) for one in found]})


@api_register.get("/services")
def services() -> Response:
    """Every service."""
    require(Action.READ_REGISTER)
    with current_hub().reading() as uow:
        order = (tables.service.c.site, tables.service.c.sector)
        found = uow.session.scalars(select(Service).order_by(*order))
        return jsonify({"items": [wire_register.service_body(one) for one in found]})


@api_register.get("/routing")
def routing() -> Response:
    """Who would get an example, and why; nothing is kept of it."""
    require(Action.READ_ROUTING)
    hub = current_hub()
    with hub.unit_of_work() as uow:
        return jsonify(routes.body(routes.told(uow, hub.rules, asked_example())))
