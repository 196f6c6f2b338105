"""Find anything: pages, cases and sites from one box, and whether a log-in still stands."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request
from flask_security import current_user
from flask_wtf.csrf import generate_csrf

from feedback_hub.adapters.search_index import fold
from feedback_hub.domain.access import Action
from feedback_hub.reads import case_list, queue
from feedback_hub.reads.case_list import Filters
from feedback_hub.reads.names import site_names
from feedback_hub.reads.views.queue import QueueRow
from feedback_hub.web.hub import current_hub
from feedback_hub.web.pages.frame import may_see_cases
from feedback_hub.web.security import current_actor

go = Blueprint("go", __name__)

MOST = 6
LONGEST = 200


@go.get("/go")
def find() -> str:
    """Where the reader may go by what they typed; the box alone when nothing was typed."""
    actor = current_actor()
    hub = current_hub()
    asked = request.args.get("q", "").strip()[:LONGEST]
    rows: tuple[QueueRow, ...] = ()
    sites: list[tuple[str, str]] = []
    if asked and may_see_cases(actor) and actor.may(Action.READ_CASE):
        now = hub.clock()
        with hub.reading() as uow:
            found = case_list.page(uow, actor, Filters(q=asked, in_hand=True), now, limit=MOST)
            rows = queue.rows(uow, actor, found.cases, found.referrals, now)
            wanted = fold(asked)
            sites = [(code, name) for code, name in site_names(uow).items() if wanted in fold(name)]
    alone = request.headers.get("HX-Request")
    return render_template(
        "_go.html" if alone else "go.html", q=asked, rows=rows, sites=sites[:MOST], fold=fold
    )


@go.get("/alive")
def alive() -> Response:
    """Asked by a form before it is sent, so that nothing typed goes to a log-in that has ended.

    A new log-in in another window has a new forgery token: the form takes it and can be sent.
    """
    # Not ``current_actor``: that the second factor is owed is also "not yet".
    if not current_user.is_authenticated:
        return Response(status=401)
    current_actor()
    return jsonify(token=generate_csrf())
