"""``/api/v1/…/referrals``: thin over the services (CONTRACT, HTTP and Bodies)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.referral import DeclineReason, Referral
from feedback_hub.reads import referral_preview, wire
from feedback_hub.services import referrals
from feedback_hub.web.acting import act
from feedback_hub.web.api.cases import whole
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_referrals = Blueprint("api_referrals", __name__, url_prefix="/api/v1")

Verb = Callable[[SqlUnitOfWork, Actor, datetime], Referral]


@api_referrals.post("/cases/<ref>/referrals")
def refer(ref: str) -> Response:
    """Ask a partner to act on a case."""
    body = Body.of_request()
    organisation = body.text("organisation", needed=True, most=64)
    share, note = body.word("share", Share), body.text("note")
    version = body.number("version")
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: referrals.refer(
            uow,
            current_hub().rules,
            actor,
            parse_reference(ref) or "",
            organisation,
            now,
            share=share,
            note=note,
            version=version,
        ),
        status=201,
    )


@api_referrals.post("/cases/<ref>/referrals/preview")
def preview(ref: str) -> Response:
    """What the partner would be answered about it; nothing is sent or kept."""
    body = Body.of_request()
    organisation = body.text("organisation", needed=True, most=64)
    share, note = body.word("share", Share), body.text("note")

    def make(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Referral:
        rules, own = current_hub().rules, parse_reference(ref) or ""
        return referrals.refer(uow, rules, actor, own, organisation, now, share=share, note=note)

    return _preview(Action.WORK_CASE, make)


@api_referrals.post("/referrals/<referral_id>/refer/preview")
def preview_on(referral_id: str) -> Response:
    """The same for whoever passes it on."""
    body = Body.of_request()
    organisation, note = body.text("organisation", needed=True, most=64), body.text("note")
    return _preview(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.refer_on(
            uow, current_hub().rules, actor, referral_id, organisation, now, note=note
        ),
    )


def _preview(action: Action, make: Verb) -> Response:
    actor, hub = require(action), current_hub()
    now = hub.clock()
    # Never committed: the referral leaves no trace.
    with hub.unit_of_work() as uow:
        receiver = referral_preview.receiver_of(uow, make(uow, actor, now))
        referral, case = receiver.referral, uow.case(receiver.referral.case_id)
        if case is None or uow.visible_case(receiver.actor, Action.READ_CASE, case.ref) is None:
            return jsonify({"referral": None, "case": None, "messages": []})
        seen = wire.referral_body(referral) | wire.referral_words(uow, referral)
        messages = wire.messages_body(uow, receiver.actor, case)
        theirs = whole(uow, receiver.actor, case, now)
        return jsonify({"referral": seen, "case": theirs, "messages": messages})


@api_referrals.get("/referrals/<referral_id>")
def show(referral_id: str) -> Response:
    """One referral with its note and answer."""
    actor = require(Action.READ_REFERRAL)
    with current_hub().reading() as uow:
        found = uow.visible_referral(actor, Action.READ_REFERRAL, referral_id)
        if found is None:
            raise NotFound
        return jsonify(wire.referral_body(found[0]) | wire.referral_words(uow, found[0]))


@api_referrals.post("/referrals/<referral_id>/accept")
def accept(referral_id: str) -> Response:
    """The partner takes it."""
    version = Body.of_request().number("version")
    return _verb(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.accept(
            uow, current_hub().rules, actor, referral_id, now, version
        ),
    )


@api_referrals.post("/referrals/<referral_id>/decline")
def decline(referral_id: str) -> Response:
    """The partner cannot take it."""
    body = Body.of_request()
    reason, text = _reason(body)
    version = body.number("version")
    return _verb(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.decline(
            uow, current_hub().rules, actor, referral_id, reason, text, now, version
        ),
    )


def _reason(body: Body) -> tuple[DeclineReason, str]:
    """Why, as a word of ours and in the partner's own; words that are none of ours are kept."""
    written, text = body.text("reason", needed=True).strip(), body.text("text")
    try:
        return DeclineReason(written), text
    except ValueError:
        return DeclineReason.OTHER, ". ".join(filter(None, (written, text)))


@api_referrals.post("/referrals/<referral_id>/return")
def give_back(referral_id: str) -> Response:
    """The partner needs to know more first."""
    question = Body.of_request().text("question", needed=True)
    return _verb(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.give_back(
            uow, current_hub().rules, actor, referral_id, question, now
        ),
    )


@api_referrals.post("/referrals/<referral_id>/resume")
def resume(referral_id: str) -> Response:
    """The case team answers the partner's question."""
    text = Body.of_request().text("text")
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: referrals.resume(
            uow, current_hub().rules, actor, referral_id, text, now
        ),
    )


@api_referrals.post("/referrals/<referral_id>/refer")
def refer_on(referral_id: str) -> Response:
    """The partner asks another one; answers with the new referral."""
    body = Body.of_request()
    organisation, note = body.text("organisation", needed=True, most=64), body.text("note")
    return _verb(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.refer_on(
            uow, current_hub().rules, actor, referral_id, organisation, now, note=note
        ),
        status=201,
    )


@api_referrals.post("/referrals/<referral_id>/start")
def start(referral_id: str) -> Response:
    """The partner is working on it."""
    return _verb(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.start(uow, current_hub().rules, actor, referral_id, now),
    )


@api_referrals.post("/referrals/<referral_id>/answer")
def answer(referral_id: str) -> Response:
    """The partner says what was done."""
    body = Body.of_request()
    text, outcome = body.text("text", needed=True), body.need("outcome", Outcome)
    version = body.number("version")
    return _verb(
        Action.ANSWER_REFERRAL,
        lambda uow, actor, now: referrals.answer(
            uow, current_hub().rules, actor, referral_id, text, outcome, now, version
        ),
    )


@api_referrals.post("/referrals/<referral_id>/verify")
def verify(referral_id: str) -> Response:
    """The case team judges the answer."""
    body = Body.of_request()
    ok, text = body.flag("ok", needed=True) is True, body.text("text")
    version = body.number("version")
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: referrals.verify(
            uow, current_hub().rules, actor, referral_id, ok, text, now, version
        ),
    )


def _verb(action: Action, verb: Verb, *, status: int = 200) -> Response:
    version = Body.of_request().number("version")
    referral_id = (request.view_args or {}).get("referral_id", "")

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        if version is not None and (found := uow.visible_referral(actor, action, referral_id)):
            uow.expect(found[0], version)
        referral = verb(uow, actor, now)
        uow.session.flush()
        return wire.referral_body(referral), status

    return act(action, work)
