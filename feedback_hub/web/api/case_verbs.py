"""``/api/v1/cases/<ref>/<verb>``: thin over the services (CONTRACT, HTTP and Bodies)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads import wire
from feedback_hub.services import bank, casework, learning, likeness, loopback, triage
from feedback_hub.services.loopback import Method
from feedback_hub.services.triage import Decision
from feedback_hub.web.acting import Work, act
from feedback_hub.web.api.cases import ref_of, whole
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub

api_case_verbs = Blueprint("api_case_verbs", __name__, url_prefix="/api/v1")

Verb = Callable[[SqlUnitOfWork, Actor, datetime], Case]
LinkVerb = Callable[[SqlUnitOfWork, Actor, str, str, datetime], Case]


@api_case_verbs.post("/cases/<ref>/dismiss")
def dismiss_likely(ref: str) -> Response:
    """Say that another case, or without one an issue, is not the same matter."""
    other = Body.of_request().text("ref", most=20)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Case:
        # What is no reference does not exist; only nothing at all means the issue.
        other_ref = (parse_reference(other) or "0") if other else likeness.ISSUE
        return likeness.dismiss(uow, actor, ref_of(ref), other_ref, now)

    return _verb(Action.WORK_CASE, work)


@api_case_verbs.post("/cases/<ref>/triage")
def triage_case(ref: str) -> Response:
    """A person decides what it is about."""
    decision = decision_in(Body.of_request())
    return _verb(
        Action.TRIAGE,
        lambda uow, actor, now: triage.triage(
            uow, current_hub().rules, actor, ref_of(ref), decision, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/undo-triage")
def undo_triage(ref: str) -> Response:
    """Take back one's own triage of a moment ago."""
    return _verb(
        Action.TRIAGE,
        lambda uow, actor, now: triage.undo(uow, current_hub().rules, actor, ref_of(ref), now),
    )


@api_case_verbs.post("/cases/<ref>/place")
def place_case(ref: str) -> Response:
    """Say which site it is about."""
    site = Body.of_request().text("site", needed=True, most=64)
    return _verb(
        Action.TRIAGE,
        lambda uow, actor, now: triage.set_place(
            uow, current_hub().rules, actor, ref_of(ref), site, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/confirm")
def confirm_case(ref: str) -> Response:
    """A handler judges a suspected L3."""
    decision = decision_in(Body.of_request())
    return _verb(
        Action.CHANGE_SENSITIVITY,
        lambda uow, actor, now: triage.confirm(
            uow, current_hub().rules, actor, ref_of(ref), decision, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/sensitivity")
def change_sensitivity(ref: str) -> Response:
    """Set the level, with a reason."""
    body = Body.of_request()
    level = body.need("level", Sensitivity)
    reason = body.text("reason", needed=True)
    return _verb(
        Action.CHANGE_SENSITIVITY,
        lambda uow, actor, now: triage.change_sensitivity(
            uow, current_hub().rules, actor, ref_of(ref), level, reason, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/learning")
def allow_learning(ref: str) -> Response:
    """A handler lets the machine learn from an L3, or takes that back."""
    allowed = Body.of_request().flag("allow")
    if allowed is None:
        raise Invalid("allow", "say true or false")
    return _verb(
        Action.CHANGE_SENSITIVITY,
        lambda uow, actor, now: learning.allow(uow, actor, ref_of(ref), allowed, now),
    )


@api_case_verbs.post("/cases/<ref>/answer")
def answer_case(ref: str) -> Response:
    """What the person is told; ``on_spot`` when they were told face to face."""
    body = Body.of_request()
    text, outcome = body.text("text", needed=True), body.need("outcome", Outcome)
    on_the_spot, version = (
        body.flag("on_spot") or body.flag("on_the_spot") or False,
        body.number("version"),
    )
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.answer(
            uow,
            current_hub().rules,
            actor,
            ref_of(ref),
            text,
            outcome,
            now,
            on_the_spot=on_the_spot,
            version=version,
        ),
    )


@api_case_verbs.post("/cases/<ref>/inform")
def inform_case(ref: str) -> Response:
    """Answer a question with the information bank's words; ``told`` when they were said already."""
    body = Body.of_request()
    answer, told = body.text("answer", needed=True, most=40), body.flag("told", needed=True) is True
    return _verb(
        Action.INFORM if told else Action.WORK_CASE,
        lambda uow, actor, now: bank.inform(
            uow, current_hub().rules, actor, ref_of(ref), answer, now, told=told
        ),
    )


@api_case_verbs.post("/cases/<ref>/close")
def close_case(ref: str) -> Response:
    """End it with an outcome and a plain-language reason."""
    body = Body.of_request()
    outcome, reason = body.need("outcome", Outcome), body.text("reason", needed=True)
    version = body.number("version")
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.close(
            uow, current_hub().rules, actor, ref_of(ref), outcome, reason, now, version=version
        ),
    )


@api_case_verbs.post("/cases/<ref>/reopen")
def reopen_case(ref: str) -> Response:
    """It was not over."""
    reason = Body.of_request().text("reason", needed=True)
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.reopen(
            uow, current_hub().rules, actor, ref_of(ref), reason, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/appeal")
def appeal_case(ref: str) -> Response:
    """The person disagrees."""
    reason = Body.of_request().text("reason", needed=True)
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.appeal(
            uow, current_hub().rules, actor, ref_of(ref), reason, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/note")
def note_case(ref: str) -> Response:
    """Write something down for whoever works on it."""
    text = Body.of_request().text("text", needed=True)
    return _verb(
        Action.NOTE,
        lambda uow, actor, now: casework.note(uow, actor, ref_of(ref), text, now),
    )


@api_case_verbs.post("/cases/<ref>/tag")
def tag_case(ref: str) -> Response:
    """Put a tag on it."""
    tag = Body.of_request().text("tag", needed=True, most=60)
    return _verb(
        Action.NOTE, lambda uow, actor, now: casework.tag(uow, actor, ref_of(ref), tag, now)
    )


@api_case_verbs.post("/cases/<ref>/untag")
def untag_case(ref: str) -> Response:
    """Take a tag off."""
    tag = Body.of_request().text("tag", needed=True, most=60)
    return _verb(
        Action.NOTE, lambda uow, actor, now: casework.untag(uow, actor, ref_of(ref), tag, now)
    )


@api_case_verbs.post("/cases/<ref>/translation")
def translate_case(ref: str) -> Response:
    """Put a translation beside the original."""
    body = Body.of_request()
    text, language = body.text("text", needed=True), body.text("language", most=8)
    return _verb(
        Action.NOTE,
        lambda uow, actor, now: casework.translate(uow, actor, ref_of(ref), text, language, now),
    )


@api_case_verbs.post("/cases/<ref>/interim")
def give_interim_notice(ref: str) -> Response:
    """Tell the person that it takes longer; ``told``: somebody has told them already."""
    told = Body.of_request().flag("told") or False
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: loopback.give_interim_notice(
            uow, current_hub().rules, actor, ref_of(ref), told, now
        )[0],
    )


@api_case_verbs.post("/cases/<ref>/assign")
def assign_case(ref: str) -> Response:
    """Give it to an account of the case team; empty takes it from whoever has it."""
    body = Body.of_request()
    if not body.has("owner"):
        raise Invalid("owner", "is needed; empty takes the case from whoever has it")
    owner = body.text("owner", most=254)
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.assign(
            uow, actor, ref_of(ref), actor.id if owner == "me" else owner, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/hand-off")
def hand_off_case(ref: str) -> Response:
    """Give an L3 to its handlers' group."""
    group = Body.of_request().text("group", most=40)
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.hand_off(
            uow, current_hub().rules, actor, ref_of(ref), group, now
        ),
    )


@api_case_verbs.post("/cases/<ref>/satisfaction")
def note_satisfaction(ref: str) -> Response:
    """What the person says of the answer."""
    body = Body.of_request()
    satisfied, score = body.flag("satisfied"), body.number("score")
    return _verb(
        Action.CALL_BACK,
        lambda uow, actor, now: casework.judge(
            uow, current_hub().rules, actor, ref_of(ref), satisfied, now, score=score
        ),
    )


@api_case_verbs.post("/cases/<ref>/link")
def link_case(ref: str) -> Response:
    """Link it to another case or to an issue."""
    return _linking(ref, casework.link, casework.link_issue)


@api_case_verbs.post("/cases/<ref>/unlink")
def unlink_case(ref: str) -> Response:
    """Take it from another case or from under an issue."""
    return _linking(ref, casework.unlink, casework.unlink_issue)


def _linking(ref: str, with_case: LinkVerb, with_issue: LinkVerb) -> Response:
    """One of the two verbs, by what the body names."""
    body = Body.of_request()
    other, issue = body.text("ref", most=20), body.text("issue", most=40)
    if bool(other) is bool(issue):
        raise Invalid("ref", "give either a case's reference or an issue")

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Case:
        if issue:
            return with_issue(uow, actor, ref_of(ref), issue, now)
        return with_case(uow, actor, ref_of(ref), ref_of(other), now)

    return _verb(Action.WORK_CASE, work)


@api_case_verbs.post("/cases/<ref>/split")
def split_case(ref: str) -> Response:
    """Move messages that are another matter into a case of their own; answers with that case."""
    body = Body.of_request()
    messages, level = body.texts("messages"), body.word("sensitivity", Sensitivity)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        new = casework.split(
            uow, current_hub().rules, actor, ref_of(ref), messages, now, sensitivity=level
        )
        return {"ref": new.ref}, 201

    return _act(Action.WORK_CASE, work)


@api_case_verbs.post("/cases/<ref>/move")
def move_messages(ref: str) -> Response:
    """Move messages to another open case of the same number or account; answers with that one."""
    body = Body.of_request()
    messages, to = body.texts("messages"), body.text("to", needed=True, most=20)
    return _verb(
        Action.WORK_CASE,
        lambda uow, actor, now: casework.move(
            uow, current_hub().rules, actor, ref_of(ref), messages, ref_of(to), now
        ),
    )


@api_case_verbs.post("/cases/<ref>/loop-back")
def loop_back(ref: str) -> Response:
    """Try to tell the person; answers with the delivery or the task for people."""
    method = Body.of_request().word("method", Method)

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        tried = loopback.loop_back(uow, current_hub().rules, actor, ref_of(ref), method, now)
        case = tried.case
        body: dict[str, object] = {
            "method": tried.method,
            "case": {"ref": case.ref, "state": case.state},
        }
        if tried.delivery is not None:
            body["delivery"] = wire.delivery_body(tried.delivery)
        if tried.method is not Method.MESSAGE:
            body["task"] = {
                "kind": tried.method,
                "attempt": case.loop_attempts,
                "id": tried.line.id if tried.line else None,
            }
        return body, 200

    return _act(Action.WORK_CASE, work)


def _act(action: Action, work: Work) -> Response:
    """``act`` upon the case that the address names, in the ``version`` that the caller read."""
    version, ref = Body.of_request().number("version"), (request.view_args or {}).get("ref", "")

    def checked(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        if version is not None and (case := uow.visible_case(actor, action, ref_of(ref))):
            uow.expect(case, version)
        return work(uow, actor, now)

    return act(action, checked)


def _verb(action: Action, verb: Verb) -> Response:
    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        case = verb(uow, actor, now)
        uow.session.flush()
        if uow.visible_case(actor, Action.READ_CASE, case.ref) is None:
            # It was raised or moved out of the caller's sight by this very act.
            return {"ref": case.ref}, 200
        return whole(uow, actor, case, now), 200

    return _act(action, work)


def decision_in(body: Body) -> Decision:
    """What a person decided (CONTRACT, Bodies: triage). Raises ``Invalid``."""
    return Decision(
        codes=body.texts("codes"),
        sector=body.text("sector", most=64) if body.has("sector") else None,
        sensitivity=body.word("sensitivity", Sensitivity),
        priority=body.word("priority", Priority),
        site=body.text("site", most=64) if body.has("site") else None,
        reason=body.text("reason"),
        version=body.number("version"),
    )
