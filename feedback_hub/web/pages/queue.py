"""The queue: the list, what is new in it, and one verb for several cases at once.

Whatever is done with several is the same verb for each of them (``/api/v1/cases/<ref>/assign``,
``/link``, ``/referrals``), in a transaction of its own: one that cannot be does not hold up others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound, StaleVersion
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import issue_list
from feedback_hub.reads import queue as reads
from feedback_hub.reads.names import site_names
from feedback_hub.reads.views.queue import OF_A_FIGURE, QueueFilters, QueuePage, QueueTab
from feedback_hub.services import casework, referrals
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.acting import refused_form, text
from feedback_hub.web.pages.cases import case_reader, cases
from feedback_hub.web.pages.frame import know_sites
from feedback_hub.web.sessions import BY_ITSELF
from feedback_hub.web.words.figures import figure_label

__all__ = ["cases"]

MOST = 100
"""Cases at once."""
_FILTERS = ("site", "sector", "type", "priority", "state", "tag", "assigned", "q", *OF_A_FIGURE)


@dataclass(frozen=True)
class Undo:
    """What takes a verb back: each case's owner before, or the issue it was put under."""

    before: Mapping[str, str] = field(default_factory=dict)
    issue: str = ""


Asked = MultiDict[str, str]
Verb = Callable[[SqlUnitOfWork, Actor, str, datetime], object]


@cases.get("")
def queue() -> str | Response:
    """The cases that exist for the reader, in the view they chose.

    What a page asks by itself (``sessions.BY_ITSELF``) is answered 204 while nothing is new.
    """
    actor = case_reader(Action.READ_CASE)
    if BY_ITSELF not in request.headers:
        return _list(_page(actor, request.args), request.args)
    hub, asked = current_hub(), request.args
    with hub.reading() as uow:
        page = reads.page_unless(
            uow,
            hub.rules,
            actor,
            _filters(asked),
            hub.clock(),
            asked.get("cursor", ""),
            asked.get("mark", ""),
        )
    return _list(page, asked) if page else Response(status=204)


@cases.post("/together")
def together() -> str | Response:
    """One verb for each of the marked cases, and back to the list as it was narrowed."""
    actor = case_reader(Action.WORK_CASE)
    refs = list(dict.fromkeys(filter(None, map(parse_reference, request.form.getlist("ref")))))[
        :MOST
    ]
    asked = Asked(parse_qsl(request.form.get("back", "")[:2000]))
    if not refs:
        flash(gettext("Mark some cases first."), "warning")
        return _answer(actor, asked)
    verb = request.form.get("verb", "")
    if verb == "refer" and request.form.get("sure") != "yes":
        return _ask_first(actor, refs, asked)
    undo = _undo(actor, refs, verb)
    done = _each(actor, refs, _work(actor, verb))
    if done:
        flash(_said(verb, len(done)), "success")
    if verb == "refer":
        # Not twice by loading the page again.
        return make_response(redirect(_address(asked), 303))
    undo = replace(undo, before={ref: was for ref, was in undo.before.items() if ref in done})
    return _answer(actor, asked, undo)


@cases.post("/together/undo")
def undo_together() -> str | Response:
    """Give cases back to whom they had before, or take them from under an issue again.

    What somebody may not do, the verb refuses.
    """
    actor = case_reader(Action.WORK_CASE)
    asked = Asked(parse_qsl(request.form.get("back", "")[:2000]))
    issue_id = request.form.get("issue", "")
    done: list[str] = []
    for pair in request.form.getlist("before")[:MOST]:
        ref, _, owner = pair.partition("=")
        if known := parse_reference(ref):
            work = _leaving(issue_id) if issue_id else _giving(owner)
            done += _each(actor, [known], work)
    if done:
        count = len(done)
        words = ngettext("%(num)s case is as it was.", "%(num)s cases are as they were.", count)
        flash(words, "success")
    return _answer(actor, asked)


def _filters(asked: Asked) -> QueueFilters:
    tab = asked.get("tab", "")
    return QueueFilters(
        QueueTab(tab) if tab in set(QueueTab) else QueueTab.ALL,
        **{name: asked.get(name, "") for name in _FILTERS},
        field=tuple(one for one in asked.getlist("field") if one),
    )


def _page(actor: Actor, asked: Asked) -> QueuePage:
    hub = current_hub()
    with hub.reading() as uow:
        cursor = asked.get("cursor", "")
        page = reads.page(uow, hub.rules, actor, _filters(asked), hub.clock(), cursor)
        know_sites(site_names(uow))
    return page


def _list(page: QueuePage, asked: Asked, undo: Undo | None = None) -> str:
    alone = "HX-Request" in request.headers
    kept = [(name, value) for name, value in asked.items(multi=True) if value and name != "mark"]
    return render_template(
        "_queue_rows.html" if alone else "queue.html",
        page=page,
        here=urlencode(kept),
        undo=undo if undo and undo.before else None,
        figure_label=figure_label,
    )


def _answer(actor: Actor, asked: Asked, undo: Undo | None = None) -> str | Response:
    if (undo and undo.before) or "HX-Request" in request.headers:
        return _list(_page(actor, asked), asked, undo)
    return make_response(redirect(_address(asked), 303))


def _address(asked: Asked) -> str:
    return f"{url_for('cases.queue')}?{urlencode(list(asked.items(multi=True)))}"


def _ask_first(actor: Actor, refs: Sequence[str], asked: Asked) -> str | Response:
    """What goes to a partner cannot be called back: say what goes, and how much of it."""
    hub = current_hub()
    with hub.reading() as uow:
        preview = reads.together(uow, actor, refs, text("organisation"), hub.clock())
    page = render_template(
        "together.html", preview=preview, back=urlencode(list(asked.items(multi=True)))
    )
    if "HX-Request" in request.headers:
        # A page of its own: the whole of it takes the place of this one.
        return Response(page, headers={"HX-Retarget": "body", "HX-Reswap": "innerHTML"})
    return page


def _undo(actor: Actor, refs: Sequence[str], verb: str) -> Undo:
    """How it stands before: a referral left, and what was under the issue already stays there."""
    if verb not in {"take", "give", "join-issue"}:
        return Undo()
    issue_id = text("issue") if verb == "join-issue" else ""
    with current_hub().reading() as uow:
        found = ((ref, uow.visible_case(actor, Action.WORK_CASE, ref)) for ref in refs)
        before = {ref: case.owner for ref, case in found if case is not None}
        if issue_id:
            there = set(issue_list.visible_refs(uow, actor, [issue_id])[issue_id])
            before = dict.fromkeys(before.keys() - there, "")
        # Asked, not shown.
        uow.seen.clear()
    return Undo(before, issue_id)


def _work(actor: Actor, verb: str) -> Verb:
    if verb == "take":
        return _giving(actor.id)
    if verb == "give":
        return _giving(text("owner", needed=True))
    if verb == "join-issue":
        issue_id = text("issue", needed=True)
        return lambda uow, who, ref, now: casework.link_issue(uow, who, ref, issue_id, now)
    if verb == "refer":
        organisation, note = text("organisation", needed=True), text("note")
        rules = current_hub().rules
        return lambda uow, who, ref, now: referrals.refer(
            uow, rules, who, ref, organisation, now, note=note
        )
    raise NotFound


def _leaving(issue_id: str) -> Verb:
    return lambda uow, who, ref, now: casework.unlink_issue(uow, who, ref, issue_id, now)


def _giving(owner: str) -> Verb:
    return lambda uow, who, ref, now: casework.assign(uow, who, ref, owner, now)


def _each(actor: Actor, refs: Sequence[str], work: Verb) -> list[str]:
    """Do it case by case; the references of those it was done for. The others are said."""
    hub = current_hub()
    done: list[str] = []
    failed: dict[str, list[str]] = {}
    for ref in refs:
        try:
            with hub.unit_of_work() as uow:
                work(uow, actor, ref, hub.clock())
                uow.commit()
            done.append(ref)
        except NotFound:
            failed.setdefault(gettext("it is not in your list any more"), []).append(ref)
        except (Invalid, IllegalMove, StaleVersion, IntegrityError) as refused:
            form, _ = refused_form("together", refused)
            why = next(iter(form.errors.values()), gettext("where it stands, this cannot be done"))
            failed.setdefault(why, []).append(ref)
    for why, which in failed.items():
        numbers = ", ".join(f"{ref[:3]}-{ref[3:6]}-{ref[6:]}" for ref in which)
        flash(gettext("Not done for %(numbers)s: %(why)s", numbers=numbers, why=why), "warning")
    return done


def _said(verb: str, count: int) -> str:
    if verb == "take":
        words = ngettext("%(num)s case is yours now.", "%(num)s cases are yours now.", count)
    elif verb == "give":
        words = ngettext("%(num)s case was given.", "%(num)s cases were given.", count)
    elif verb == "refer":
        words = ngettext("%(num)s case was referred.", "%(num)s cases were referred.", count)
    else:
        words = ngettext(
            "%(num)s case is under the issue.", "%(num)s cases are under the issue.", count
        )
    return str(words)
