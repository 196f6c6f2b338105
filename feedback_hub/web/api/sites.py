"""``/api/v1/sites/<code>``: one site, the visits to it and its committee."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from feedback_hub.adapters import monitoring as kept
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap.settled import standards
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.monitoring import Committee, Seat, ServiceSeen, ServiceState, Visit
from feedback_hub.domain.place import SiteStatus
from feedback_hub.reads import sites as reads
from feedback_hub.reads import wire_register
from feedback_hub.reads.counting import Json
from feedback_hub.reads.sites import MOST_VISITS, CommitteeLine, SiteLine
from feedback_hub.services import monitoring
from feedback_hub.services.monitoring import NewVisit
from feedback_hub.web.acting import act
from feedback_hub.web.asked_period import asked_period
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_sites = Blueprint("api_sites", __name__, url_prefix="/api/v1/sites")


@api_sites.get("/<code>")
def show(code: str) -> Response:
    """One site: the register, what was seen, what is missing, its committee and its figures."""
    actor = require(Action.READ_REGISTER)
    hub = current_hub()
    period = asked_period()
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        found = reads.figures(uow, hub.rules, actor, period, threshold)
        lines = reads.lines(uow, actor, standards(hub.config), found, period.last, threshold)
        line = next((one for one in lines if one.site.code == code), None)
    if line is None:
        raise NotFound
    return jsonify(_site(line))


@api_sites.get("/<code>/visits")
def visits(code: str) -> Response:
    """The last visits, the newest first."""
    require(Action.READ_REGISTER)
    with current_hub().reading() as uow:
        if not reads.exists(uow, code):
            raise NotFound
        found = kept.visits_to(uow.session, code, MOST_VISITS)
    return jsonify({"items": [_visit(visit, has_photo=photo) for visit, photo in found]})


@api_sites.post("/<code>/visits")
def note_visit(code: str) -> Response:
    """Write down a visit."""
    hub = current_hub()
    body = Body.of_request()
    found = NewVisit(
        body.day("visited_on"),
        tuple(
            ServiceSeen(
                part.text("sector", needed=True, most=64),
                part.need("state", ServiceState),
                part.number("units"),
                part.text("note", most=200),
            )
            for part in body.parts("services", most=20)
        ),
        body.number("population"),
        body.number("arrivals"),
        body.number("departures"),
    )

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        held = monitoring.note_visit(uow, hub.rules, hub.attachments, actor, code, found, now)
        return _visit(held, has_photo=False), 201

    return act(Action.SUBMIT, work)


@api_sites.get("/<code>/committee")
def committee(code: str) -> Response:
    """The committee as numbers, what it did, and why it is not what it should be."""
    actor = require(Action.READ_REGISTER)
    hub = current_hub()
    today = local_day(hub.clock(), hub.rules.calendar)
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        lines = reads.lines(uow, actor, standards(hub.config), None, today, threshold)
    line = next((one for one in lines if one.site.code == code), None)
    if line is None:
        raise NotFound
    return jsonify(_committee(line.committee))


@api_sites.post("/<code>/committee")
def set_committee(code: str) -> Response:
    """Say how many sit on it."""
    hub = current_hub()
    body = Body.of_request()
    if not body.has("seats"):
        raise body.invalid("seats", "is needed")
    named = body.part("seats")
    seats = {seat: named.number(seat.value) or 0 for seat in Seat}
    formed_on = body.day("formed_on")

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        held = monitoring.set_committee(uow, hub.rules, actor, code, seats, formed_on, now)
        return _seats(held), 200

    return act(Action.SUBMIT, work)


def _site(line: SiteLine) -> Json:
    return {
        **wire_register.site_body(line.site),
        "status": SiteStatus(line.site.status).value,
        "population_now": line.population,
        "arrivals": line.visit.arrivals if line.visit else None,
        "departures": line.visit.departures if line.visit else None,
        "last_visit": line.visit.visited_on.isoformat() if line.visit else None,
        "visit_is_old": line.visit_is_old,
        "cases": line.cases,
        "cases_per_1000": line.per_1000,
        "unresolved": line.unresolved.value,
        "silent": line.is_silent,
        "gaps": [
            {
                "sector": gap.sector,
                "served": gap.has_service,
                "state": gap.state.value if gap.state else None,
                "units": gap.units,
                "needed": gap.needed,
                "missing": gap.missing,
                "gap": gap.is_gap,
            }
            for gap in line.gaps
        ],
        "committee": _committee(line.committee),
    }


def _committee(line: CommitteeLine) -> Json:
    return {
        **_seats(line.committee),
        "last_met": line.last_met.isoformat() if line.last_met else None,
        "meetings": line.meetings,
        "points_raised": line.raised,
        "points_answered": line.answered,
        "points_read_back": line.read_back,
        "faults": [fault.value for fault in line.faults],
    }


def _seats(held: Committee | None) -> Json:
    return {
        "seats": {seat.value: held.seats.get(seat, 0) if held else 0 for seat in Seat},
        "formed_on": held.formed_on.isoformat() if held and held.formed_on else None,
    }


def _visit(held: Visit, *, has_photo: bool) -> Json:
    return {
        "id": held.id,
        "site": held.site,
        "visited_on": held.visited_on.isoformat(),
        "population": held.population,
        "arrivals": held.arrivals,
        "departures": held.departures,
        "photo": has_photo,
        "services": [
            {
                "sector": seen.sector,
                "state": seen.state.value,
                "units": seen.units,
                "note": seen.note,
            }
            for seen in held.services
        ],
    }
