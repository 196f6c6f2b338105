"""Triage one after the other: made for the keyboard and the phone; it works without script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound, StaleVersion
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads import triage_page
from feedback_hub.reads.triage_page import Deck
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import triage as verbs
from feedback_hub.services import triage_queue
from feedback_hub.services.triage import Decision
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.pages.acting import refused_form, text, version, word
from feedback_hub.web.security import require

triage = Blueprint("triage", __name__, url_prefix="/triage")


@dataclass(frozen=True)
class Done:
    """What just happened to the case before: ``words`` say it, ``code`` what it became.

    ``undo``: the same press can take it back; ``there``: its page exists for the reader.
    """

    ref: str
    words: str
    code: str = ""
    undo: bool = False
    there: bool = False


@triage.get("", defaults={"queue": ""})
@triage.get("/<any(handlers):queue>")
def show(queue: str) -> Response:
    """The one to decide now, with the next behind it."""
    actor, handlers = _reader(queue)
    deck = _take(actor, handlers)
    return _page(deck, first=request.args.get("first", ""), done=_done_before())


@triage.get("/more", defaults={"queue": ""})
@triage.get("/<any(handlers):queue>/more")
def more(queue: str) -> Response:
    """What came meanwhile, for a page that waits."""
    actor, handlers = _reader(queue)
    return _cards(_take(actor, handlers))


@triage.post("/<ref>", defaults={"queue": ""})
@triage.post("/<any(handlers):queue>/<ref>")
def decide(queue: str, ref: str) -> Response:
    """Decide one, and on to the next."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Done:
        hub = current_hub()
        case = uow.visible_case(actor, Action.TRIAGE, ref)
        if case is None:
            raise NotFound
        triage_queue.decide(uow, hub.rules, actor, ref, _decision(case), now)
        there = scope_of(actor, Action.READ_CASE).admits(uow.facts(case))
        if there:
            return Done(ref, gettext("Triaged."), case.codes[0], undo=True, there=True)
        words = N_("It has left your list. Only those who handle such cases see it now.")
        return Done(ref, gettext(words), undo=queue == "handlers")

    return _act(queue, ref, work)


@triage.post("/<ref>/leave", defaults={"queue": ""})
@triage.post("/<any(handlers):queue>/<ref>/leave")
def leave(queue: str, ref: str) -> Response:
    """Leave one to others, and on to the next."""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Done:
        triage_queue.leave(uow, actor, ref, now)
        return Done(ref, gettext("Left to others."), there=True)

    return _act(queue, ref, work)


@triage.post("/<ref>/undo", defaults={"queue": ""})
@triage.post("/<any(handlers):queue>/<ref>/undo")
def undo(queue: str, ref: str) -> Response:
    """Take back what was just decided: the case is before the reader again."""
    actor, handlers = _reader(queue)
    hub = current_hub()
    now = hub.clock()
    done = None
    try:
        with hub.unit_of_work() as uow:
            verbs.undo(uow, hub.rules, actor, ref, now)
            uow.session.flush()
            ahead = triage_page.AHEAD + 1
            deck = triage_page.take(uow, hub.rules, actor, now, handlers=handlers, most=ahead)
            uow.commit()
    except (IllegalMove, NotFound, StaleVersion):
        words = gettext("It can no longer be taken back: something has come of it since.")
        done = Done(ref, words, there=True)
        deck = _take(actor, handlers)
    if "HX-Request" not in request.headers:
        return make_response(redirect(url_for("triage.show", queue=queue or None, first=ref), 303))
    return _cards(deck, done, first=ref)


def _act(queue: str, ref: str, work: Callable[[SqlUnitOfWork, Actor, datetime], Done]) -> Response:
    """Do ``work`` and take on the next in the same transaction."""
    actor, handlers = _reader(queue)
    hub = current_hub()
    now = hub.clock()
    if parse_reference(ref) != ref:
        raise NotFound
    try:
        with hub.unit_of_work() as uow:
            done = work(uow, actor, now)
            uow.session.flush()
            deck = triage_page.take(uow, hub.rules, actor, now, handlers=handlers)
            uow.commit()
    except (Invalid, IllegalMove, StaleVersion, IntegrityError, NotFound) as refused:
        deck = _take(actor, handlers)
        still = any(card.ref == ref for card in deck.cards)
        if still and not isinstance(refused, NotFound):
            form, status = refused_form("triage", refused)
            return _again(deck, ref, form, status)
        done = Done(ref, gettext("Somebody else has it now, or has decided it."))
    if "HX-Request" in request.headers:
        return _cards(deck, done)
    there = url_for("triage.show", queue=queue or None, done=ref if done.undo else None)
    return make_response(redirect(there, 303))


def _take(actor: Actor, handlers: bool) -> Deck:
    hub = current_hub()
    with hub.unit_of_work() as uow:
        deck = triage_page.take(uow, hub.rules, actor, hub.clock(), handlers=handlers)
        uow.commit()
    return deck


def _reader(queue: str) -> tuple[Actor, bool]:
    """Who triages, and in which queue. Raises ``NotFound``: for others it does not exist."""
    actor = require(Action.TRIAGE)
    own = triage_page.queues(actor)
    handlers = queue == "handlers" or (not queue and False not in own)
    if handlers not in own:
        raise NotFound
    return actor, handlers


def _decision(case: Case) -> Decision:
    """What the form says. Without script what was not touched follows a new code."""
    codes = tuple(dict.fromkeys(code for code in request.form.getlist("codes") if code))
    sector, priority = text("sector"), word("priority", Priority)
    level = word("sensitivity", Sensitivity)
    if sector and sector not in set(Sector):
        raise Invalid("sector", "is not one of the frame's")
    follows = codes != case.codes and not request.form.get("shown")
    return Decision(
        codes=codes,
        sector=None if follows and sector == case.sector else sector,
        sensitivity=None if follows and level is case.sensitivity else level,
        priority=None if follows and priority is case.priority else priority,
        site=text("site"),
        reason=text("reason"),
        version=version(),
    )


def _done_before() -> Done | None:
    """What was decided before a page that was loaded anew: a press can still take it back."""
    ref = parse_reference(request.args.get("done", ""))
    return Done(ref, gettext("Triaged."), undo=True) if ref else None


def _again(deck: Deck, ref: str, form: FormView, status: int) -> Response:
    """The same card with what is wrong, and all that was typed."""
    if "HX-Request" not in request.headers:
        return _page(deck, first=ref, form=form, status=status)
    cards = tuple(card for card in deck.cards if card.ref == ref)
    page = render_template("_triage_cards.html", deck=deck, cards=cards, form=form)
    return make_response(page, status)


def _cards(deck: Deck, done: Done | None = None, first: str = "") -> Response:
    """The cards that the page has not got yet, and what became of the one before."""
    have = request.values.get("have", "").split(",")
    cards = [card for card in deck.cards if card.ref not in have or card.ref == first]
    return make_response(render_template("_triage_cards.html", deck=deck, cards=cards, done=done))


def _page(
    deck: Deck,
    *,
    first: str = "",
    form: FormView | None = None,
    done: Done | None = None,
    status: int = 200,
) -> Response:
    cards = sorted(deck.cards, key=lambda card: card.ref != first)
    page = render_template(
        "triage.html",
        deck=deck,
        cards=cards,
        form=form or FormView(),
        done=done,
    )
    return make_response(page, status)
