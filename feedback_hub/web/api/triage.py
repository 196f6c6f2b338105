"""``/api/v1/triage``: one case after the other, as the triage screen does it."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.reads import triage_page
from feedback_hub.reads.triage_page import Card, Deck
from feedback_hub.reads.wire import when
from feedback_hub.services import triage_queue
from feedback_hub.web.acting import act
from feedback_hub.web.api.case_verbs import decision_in
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_triage = Blueprint("api_triage", __name__, url_prefix="/api/v1/triage")

Json = dict[str, object]
MOST = 10
ORDINARY, HANDLERS = "ordinary", "handlers"


@api_triage.get("/next")
def next_cases() -> Response:
    """What the caller has before them: nobody else gets it while their lease lasts."""
    handlers, most = _handlers(), _most()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        return _next(uow, actor, now, handlers=handlers, most=most), 200

    return act(Action.TRIAGE, work)


@api_triage.post("/<ref>")
def decide(ref: str) -> Response:
    """Decide one, as suggested unless the body says otherwise, and take on the next."""
    handlers, most = _handlers(), _most()
    decision = decision_in(Body.of_request())

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        rules = current_hub().rules
        triage_queue.decide(uow, rules, actor, parse_reference(ref) or "", decision, now)
        return _next(uow, actor, now, handlers=handlers, most=most), 200

    return act(Action.TRIAGE, work)


@api_triage.post("/<ref>/leave")
def leave(ref: str) -> Response:
    """Leave one to others, and take on the next."""
    handlers, most = _handlers(), _most()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        triage_queue.leave(uow, actor, parse_reference(ref) or "", now)
        return _next(uow, actor, now, handlers=handlers, most=most), 200

    return act(Action.TRIAGE, work)


def _next(uow: SqlUnitOfWork, actor: Actor, now: datetime, *, handlers: bool, most: int) -> Json:
    rules = current_hub().rules
    return _body(triage_page.take(uow, rules, actor, now, handlers=handlers, most=most))


def _handlers() -> bool:
    """Which queue is asked for. Raises ``NotFound``, ``Invalid``."""
    own = triage_page.queues(require(Action.TRIAGE))
    written = request.args.get("queue", ORDINARY if False in own else HANDLERS)
    if written not in {ORDINARY, HANDLERS}:
        raise Invalid("queue", f"must be {ORDINARY} or {HANDLERS}")
    if (written == HANDLERS) not in own:
        raise NotFound
    return written == HANDLERS


def _most() -> int:
    written = request.args.get("most", str(triage_page.AHEAD))
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= MOST:
        raise Invalid("most", f"must be a number from 1 to {MOST}")
    return int(written)


def _body(deck: Deck) -> Json:
    return {"left": deck.left, "items": [_card(card) for card in deck.cards]}


def _card(card: Card) -> Json:
    read = card.reading
    return {
        "ref": card.ref,
        "version": card.version,
        "state": card.state,
        "channel": card.channel,
        "received_at": when(card.received_at),
        "language": card.language,
        "needs_speaker": card.needs_speaker,
        "codes": list(card.codes),
        "sector": card.sector,
        "sensitivity": card.sensitivity,
        "suspected": card.suspected,
        "priority": card.priority,
        "site": card.site,
        "texts": ["".join(piece.text for piece in one.pieces) for one in card.messages],
        "translations": list(card.translations),
        "unsure": sorted(card.unsure),
        "reasons": [{"words": words, "value": value} for words, value in read.reasons]
        if read
        else [],
        "confidence": read.confidence if read else None,
        "classifier": read.classifier if read else "",
    }
