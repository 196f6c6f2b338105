"""Sites on a map, one site with what is there and missing, and writing down a visit."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)

from feedback_hub.adapters import monitoring as kept
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap.settled import standards
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.monitoring import Seat, ServiceSeen, ServiceState
from feedback_hub.reads import sites as reads
from feedback_hub.reads.counting import Asked, Counted, sites_of
from feedback_hub.reads.sites import MONITORED, SiteLine
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import monitoring
from feedback_hub.services.monitoring import NewVisit
from feedback_hub.web import site_map
from feedback_hub.web.asked_period import asked_period
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import attempt, text
from feedback_hub.web.security import require

sites = Blueprint("sites", __name__, url_prefix="/sites")


@sites.get("")
def index() -> str:
    """Every site on a map, and beneath it as a table."""
    actor = require(Action.READ_REGISTER)
    period = asked_period()
    hub = current_hub()
    with hub.reading() as uow:
        lines = _lines(uow, actor, period, _figures(uow, actor, period))
        outlines = reads.outlines(uow, [line.site for line in lines])
    return render_template(
        "sites.html",
        lines=lines,
        map=site_map.draw(lines, outlines),
        period=period,
        sectors=[sector.value for sector in MONITORED],
        counts=actor.may(Action.READ_MEASURES),
    )


@sites.get("/<code>")
def show(code: str) -> Response:
    """One site."""
    return _show(code, FormView(), 200)


@sites.post("/<code>/visits")
def note_visit(code: str) -> Response:
    """Write down a visit."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        found = NewVisit(
            _day("visited_on"),
            _services(),
            _count("population"),
            _count("arrivals"),
            _count("departures"),
            _photo(),
        )
        monitoring.note_visit(uow, hub.rules, hub.attachments, actor, code, found, now)

    return _done(code, attempt(Action.SUBMIT, "visit", work))


@sites.post("/<code>/committee")
def set_committee(code: str) -> Response:
    """Say who sits on the committee, as numbers."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        seats = {seat: _count(seat.value) or 0 for seat in Seat}
        monitoring.set_committee(uow, hub.rules, actor, code, seats, _day("formed_on"), now)

    return _done(code, attempt(Action.SUBMIT, "committee", work))


@sites.get("/visits/<visit_id>/photo")
def photo(visit_id: str) -> Response:
    """The photo of a visit."""
    actor = require(Action.READ_REGISTER)
    hub = current_hub()
    with hub.reading() as uow:
        found = kept.photo_of(uow.session, visit_id)
        # Whoever is shown no page of the site is shown no photo of it.
        if found is None or not _is_shown(actor, found[0]):
            raise NotFound
        _, held = found
        sealed = hub.attachments.store.read(held.name)
        bound_to = monitoring.photo_bound_to(held.name)
        content = uow.vault.open_bytes(held.key_id, sealed, bound_to)
    response = send_file(BytesIO(content), held.media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _figures(uow: SqlUnitOfWork, actor: Actor, period: Asked) -> Counted | None:
    hub = current_hub()
    threshold = hub.config.loopback.small_number_threshold
    return reads.figures(uow, hub.rules, actor, period, threshold)


def _lines(
    uow: SqlUnitOfWork, actor: Actor, period: Asked, found: Counted | None
) -> tuple[SiteLine, ...]:
    hub = current_hub()
    threshold = hub.config.loopback.small_number_threshold
    lines = reads.lines(uow, actor, standards(hub.config), found, period.last, threshold)
    return tuple(line for line in lines if _is_shown(actor, line.site.code))


def _is_shown(actor: Actor, site: str) -> bool:
    held = sites_of(actor) if actor.may(Action.READ_MEASURES) else None
    return held is None or site in held


def _show(code: str, form: FormView, status: int) -> Response:
    actor = require(Action.READ_REGISTER)
    hub = current_hub()
    period = asked_period()
    today = local_day(hub.clock(), hub.rules.calendar)
    with hub.reading() as uow:
        found = _figures(uow, actor, period)
        lines = _lines(uow, actor, period, found)
        line = next((one for one in lines if one.site.code == code), None)
        if line is None:
            raise NotFound
        if found is not None:
            # What must not be said of a site beside the others is not said on its page either.
            found = found.where(found.is_word("site", code)) if line.cases else None
        page = reads.page(uow, line, found, today)
    rendered = render_template(
        "site.html",
        page=page,
        form=form,
        period=period,
        today=today,
        counts=actor.may(Action.READ_MEASURES),
        may_write=actor.may_at(Action.SUBMIT, code),
        monitored=[sector.value for sector in MONITORED],
        states=list(ServiceState),
        seats=list(Seat),
        least_women=hub.config.monitoring.women_on_committee,
    )
    return make_response(rendered, status)


def _done(code: str, refused: tuple[FormView, int] | None) -> Response:
    if refused is not None:
        return _show(code, *refused)
    flash(gettext("Written down."), "success")
    return make_response(redirect(url_for("sites.show", code=code), 303))


def _services() -> tuple[ServiceSeen, ...]:
    seen = []
    for sector in MONITORED:
        state = request.form.get(f"state-{sector}", "")
        if state in set(ServiceState):
            units, note = _count(f"units-{sector}"), text(f"note-{sector}")
            seen.append(ServiceSeen(sector.value, ServiceState(state), units, note))
    return tuple(seen)


def _day(name: str) -> date | None:
    written = text(name)
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Invalid(name, "is no day") from None


def _count(name: str) -> int | None:
    written = text(name)
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 8):
        raise Invalid(name, "is no number")
    return int(written)


def _photo() -> bytes:
    sent = request.files.get("photo")
    return sent.read() if sent is not None and sent.filename else b""
