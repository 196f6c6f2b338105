"""Reports as pages and as files."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request

from feedback_hub.domain.access import Action
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reporting import ReportKind, last_over
from feedback_hub.reads.counting import sites_of
from feedback_hub.web.hub import current_hub
from feedback_hub.web.labels import Words
from feedback_hub.web.reporting import document, files
from feedback_hub.web.reporting.shape import Report
from feedback_hub.web.security import require

reports = Blueprint("reports", __name__, url_prefix="/reports")


@reports.get("")
def index() -> str:
    """Which reports there are."""
    actor = require(Action.READ_MEASURES)
    hub = current_hub()
    today = local_day(hub.clock(), hub.rules.calendar)
    held = sites_of(actor)
    with hub.reading() as uow:
        sites = [(one.code, one.name) for one in uow.sites() if held is None or one.code in held]
    return render_template(
        "reports.html",
        sites=sites,
        days={kind.value: last_over(kind, today) for kind in ReportKind},
    )


@reports.get("/<kind>")
def show(kind: str) -> str:
    """One report as a page."""
    return render_template("report_shown.html", report=_report(kind), asked=request.args.to_dict())


@reports.get("/<kind>.<ending>")
def fetch(kind: str, ending: str) -> Response:
    """One report as a file; that it left is in the audit log."""
    if ending not in files.WRITERS:
        abort(404)
    report = _report(kind)
    hub = current_hub()
    actor = require(Action.READ_MEASURES)
    site = request.args.get("site", "")
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.EXPORTED, actor.id, hub.clock(), kind=f"report {kind}", object_id=site
        )
        uow.commit()
    write, media_type = files.WRITERS[ending]
    response = make_response(write(report))
    response.content_type = media_type
    name = f'attachment; filename="{report.file_name}.{ending}"'
    response.headers["Content-Disposition"] = name
    return response


def _report(kind: str) -> Report:
    actor = require(Action.READ_MEASURES)
    if kind not in set(ReportKind):
        raise NotFound
    hub = current_hub()
    asked = ReportKind(kind)
    _, last = last_over(asked, local_day(hub.clock(), hub.rules.calendar))
    site = request.args.get("site", "")
    held = sites_of(actor)
    if site and held is not None and site not in held:
        raise NotFound
    words: Words = current_app.extensions["feedback_hub_words"]
    with hub.reading() as uow:
        return document.make(uow, hub, words, actor, asked, _day() or last, site)


def _day() -> date | None:
    written = request.args.get("day", "")
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Invalid("day", "must be a day such as 2026-03-31") from None
    if not 2000 <= day.year <= 2100:
        raise Invalid("day", "lies before 2000 or never")
    return day
