"""People to reach: the call list, the sheet of one call, and the desk's list of today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import CallResult, Way
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.reads import call_list as reads
from feedback_hub.reads.names import site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import call_list
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.pages.acting import attempt, text, word
from feedback_hub.web.security import require
from feedback_hub.web.words import LANGUAGES

calls = Blueprint("calls", __name__)

Verb = Callable[[SqlUnitOfWork, Actor, str, datetime], object]


@calls.get("/calls")
def index() -> str:
    """Whom to reach now, the most urgent first."""
    actor = require(Action.CALL_BACK)
    hub = current_hub()
    way, site = request.args.get("way", ""), request.args.get("site", "")
    chosen = Way(way) if way in set(Way) else None
    with hub.reading() as uow:
        page = reads.page(uow, actor, hub.clock(), way=chosen, site=site)
        sites = tuple(site_names(uow))
    return render_template(
        "calls.html", page=page, way=chosen, site=site, sites=sites, known_languages=LANGUAGES
    )


@calls.get("/calls/<line_id>")
def show(line_id: str) -> Response:
    """One call: what to say, and what came of it."""
    return _show(require(Action.CALL_BACK), line_id, FormView(), 200)


@calls.post("/calls/<line_id>/<verb>")
def act(line_id: str, verb: str) -> Response:
    """One press: claimed and on to the script, or noted and back to the list."""
    if verb not in _VERBS:
        abort(404)
    do, done = _VERBS[verb]
    reader = require(Action.CALL_BACK)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        do(uow, actor, line_id, now)

    refused = attempt(Action.CALL_BACK, verb, work)
    if refused is not None:
        return _show(reader, line_id, *refused)
    if verb == "claim":
        return make_response(redirect(url_for("calls.show", line_id=line_id), 303))
    flash(gettext(done), "success")
    back = request.form.get("back", "")
    if back:
        return make_response(redirect(url_for("calls.desk_today", site=back), 303))
    return make_response(redirect(url_for("calls.index"), 303))


@calls.get("/desk/<site>/today")
def desk_today(site: str) -> str:
    """Whom the desk of a site is to find or expect today; printed, it tells nothing of a matter."""
    actor = require(Action.CALL_BACK)
    hub = current_hub()
    with hub.reading() as uow:
        page = reads.desk_today(uow, hub.rules, actor, site, hub.clock())
    if page is None:
        raise NotFound
    return render_template("desk_today.html", page=page)


def _show(actor: Actor, line_id: str, form: FormView, status: int) -> Response:
    hub = current_hub()
    with hub.reading() as uow:
        sheet = reads.sheet(uow, hub.rules, actor, line_id, hub.clock())
        line = uow.call_back(line_id)
    if line is None or not line.is_open:
        if status == 200:
            flash(gettext("This is done already."), "success")
            return make_response(redirect(url_for("calls.index"), 303))
        form = FormView(form.verb, form.values, form.errors, stale=True)
    return make_response(render_template("call.html", sheet=sheet, form=form), status)


def _claim(uow: SqlUnitOfWork, actor: Actor, line_id: str, now: datetime) -> object:
    return call_list.claim(uow, actor, line_id, now)


def _release(uow: SqlUnitOfWork, actor: Actor, line_id: str, now: datetime) -> object:
    return call_list.release(uow, actor, line_id, now)


def _result(uow: SqlUnitOfWork, actor: Actor, line_id: str, now: datetime) -> object:
    result = word("result", CallResult)
    until = _until() if result is CallResult.LATER else None
    return call_list.note_result(
        uow, current_hub().rules, actor, line_id, result, now, text=text("text"), until=until
    )


def _until() -> datetime:
    """The time that was agreed, as the hub's clocks show it. Raises ``Invalid``."""
    try:
        local = datetime.fromisoformat(request.form.get("until", ""))
        zone = current_hub().config.hub.timezone
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("until", "is no time") from None


_VERBS: dict[str, tuple[Verb, str]] = {
    "claim": (_claim, ""),
    "release": (_release, N_("Given back to the list.")),
    "result": (_result, N_("Noted.")),
}
