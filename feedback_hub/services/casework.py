"""What the case team does with a case: answer, close, reopen, note, assign, link, split, move."""

from __future__ import annotations

from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import CallReason
from feedback_hub.domain.case import LEAST_CONTENT, SCORES, Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.consent import Consent
from feedback_hub.domain.custom_field import read_tag
from feedback_hub.domain.errors import Invalid, NotAllowed, NotFound
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.on_call import HandlerGroup, group_for
from feedback_hub.domain.sensitivity import Sensitivity, highest
from feedback_hub.services import call_list, conversation, on_call, remarks, satisfaction, triage
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.reaching import reach
from feedback_hub.services.records.messages import Message, RemarkKind
from feedback_hub.services.rules import Rules
from feedback_hub.services.seals import TAG, text_bound_to

RELATED = "related"
"""The kind of a link that a person made."""


def answer(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    text: str,
    outcome: Outcome,
    now: datetime,
    *,
    on_the_spot: bool = False,
    version: int | None = None,
) -> Case:
    """What the person is told: told already (``on_the_spot``) or ready to be.

    Raises ``NotFound``, ``IllegalMove``, ``Invalid``.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref, version)
    if not case.may_decide(actor.id):
        raise NotAllowed("somebody who did not answer before decides now")
    answer_id = remarks.write(uow, RemarkKind.ANSWER, case.id, text, actor.id, now)
    if on_the_spot:
        case.answer_on_spot(answer_id, outcome, actor.id, now)
    else:
        case.respond(answer_id, outcome, actor.id, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    return case


def close(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    outcome: Outcome,
    reason: str,
    now: datetime,
    *,
    version: int | None = None,
) -> Case:
    """End a case with a plain reason. Raises ``NotFound``, ``IllegalMove``, ``Invalid``."""
    case = reach(uow, actor, Action.WORK_CASE, ref, version)
    reason_id = _reason(uow, case, reason, actor, now)
    case.close(outcome, reason_id, actor.id, now, rules.attempts_before_unreachable)
    call_list.drop(uow, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    satisfaction.ask(uow, rules, case, now)
    return case


def reopen(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, reason: str, now: datetime
) -> Case:
    """It was not over. Raises ``NotFound``, ``IllegalMove``, ``Invalid``."""
    case = reach(uow, actor, Action.WORK_CASE, ref)
    case.reopen(_reason(uow, case, reason, actor, now), actor.id, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    return case


def appeal(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, reason: str, now: datetime
) -> Case:
    """The person disagrees, once; the one who decided may not take it up again (DOMAIN, States).

    Raises ``NotFound``, ``IllegalMove``, ``Invalid``.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref)
    reason_id = _reason(uow, case, reason, actor, now)
    case.appeal(reason_id, actor.id, now, timedelta(days=rules.appeal_days))
    if case.owner == case.answered_by:
        case.owner = ""
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    return case


def tag(uow: UnitOfWork, actor: Actor, ref: str, written: str, now: datetime) -> Case:
    """Put a tag on a case; one that is there stays. Raises ``NotFound``, ``Invalid``."""
    case = reach(uow, actor, Action.NOTE, ref)
    word = read_tag(written)
    if uow.add_tag(case.id, word):
        case.note(EventKind.TAGGED, uow.vault.index(word, TAG), actor.id, now)
    return case


def untag(uow: UnitOfWork, actor: Actor, ref: str, written: str, now: datetime) -> Case:
    """Take a tag off a case, if it is there. Raises ``NotFound``."""
    case = reach(uow, actor, Action.NOTE, ref)
    if uow.remove_tag(case.id, written.strip()):
        case.note(EventKind.UNTAGGED, uow.vault.index(written.strip(), TAG), actor.id, now)
    return case


def note(uow: UnitOfWork, actor: Actor, ref: str, text: str, now: datetime) -> Case:
    """Write something down for whoever works on the case. Raises ``NotFound``, ``Invalid``."""
    case = reach(uow, actor, Action.NOTE, ref)
    remark_id = remarks.write(uow, RemarkKind.NOTE, case.id, text, actor.id, now)
    case.note(EventKind.NOTED, remark_id, actor.id, now)
    return case


def translate(
    uow: UnitOfWork, actor: Actor, ref: str, text: str, language: str, now: datetime
) -> Case:
    """Put a translation beside the original, which stays as it is. Raises as ``note``."""
    case = reach(uow, actor, Action.NOTE, ref)
    remark_id = remarks.write(uow, RemarkKind.TRANSLATION, case.id, text, actor.id, now)
    case.record(
        Event(EventKind.TRANSLATED, case.id, actor.id, now, remark_id, {"language": language})
    )
    return case


def assign(uow: UnitOfWork, actor: Actor, ref: str, owner: str, now: datetime) -> Case:
    """Give the case to an account that may work on it. Raises ``NotFound``, ``Invalid``."""
    case = reach(uow, actor, Action.WORK_CASE, ref)
    if owner:
        colleague = uow.actor(owner)
        if colleague is None or uow.visible_case(colleague, Action.WORK_CASE, ref) is None:
            raise Invalid("owner", "is nobody who may work on this case")
        if not case.may_decide(colleague.id):
            raise Invalid("owner", "gave the answer that the person contests")
        owner = colleague.id
        on_call.has_it(uow, case, owner, now)
    case.assign(owner, actor.id, now)
    return case


def review_consent(
    uow: UnitOfWork, actor: Actor, ref: str, consent: Consent, now: datetime
) -> Case:
    """Keep what the person agrees to now, in place of what they said. Raises ``NotFound``.

    What left already is not called back; nothing leaves from now on that they do not agree to.
    """
    case = reach(uow, actor, Action.NOTE, ref)
    before = case.consent
    case.consent = consent
    detail = {"from": before.share.value, "to": consent.share.value}
    case.note(EventKind.CONSENT_REVIEWED, "", actor.id, now, detail)
    return case


def hand_off(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, group: str, now: datetime
) -> Case:
    """Give an L3 to its handlers' group. Raises ``NotFound``, ``IllegalMove``, ``Invalid``."""
    case = reach(uow, actor, Action.WORK_CASE, ref)
    if group and group not in set(HandlerGroup):
        raise Invalid("group", f"must be one of {', '.join(HandlerGroup)}")
    case.hand_off(group or group_for(case.codes), actor.id, now)
    outside = uow.stand_in(case)
    if outside is not None:
        case.assign(outside.id, actor.id, now)
    on_call.start(uow, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    # No text ever goes out about it: reaching the person safely is somebody's task from now on.
    call_list.put(uow, rules, case, CallReason.SAFE_CONTACT, actor.id, now)
    return case


def judge(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    satisfied: bool | None,
    now: datetime,
    *,
    score: int | None = None,
    version: int | None = None,
) -> Case:
    """Note what the person says of the answer, by a ``score`` 1-5 or yes and no.

    Never asked by the one who answered (DOMAIN.md, Loop back). Raises ``NotFound``,
    ``IllegalMove``, ``Invalid``.
    """
    case = reach(uow, actor, Action.CALL_BACK, ref, version)
    if case.answered_by == actor.id:
        raise Invalid("satisfied", "must be asked by somebody other than the one who answered")
    if score is not None:
        if score not in SCORES:
            raise Invalid("score", f"must be from {SCORES.start} to {SCORES.stop - 1}")
        if satisfied is not None and satisfied is not (score >= LEAST_CONTENT):
            raise Invalid("score", "does not fit what satisfied says")
        satisfied = score >= LEAST_CONTENT
    if satisfied is None:
        raise Invalid("satisfied", "is needed, or a score")
    satisfaction.take(uow, rules, case, satisfied, score, actor.id, now)
    return case


def link(uow: UnitOfWork, actor: Actor, ref: str, other_ref: str, now: datetime) -> Case:
    """Say that two cases belong together; both stay. Never across sensitivity (issue 4).

    Raises ``NotFound`` when either does not exist for the actor, ``Invalid``.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref)
    other = reach(uow, actor, Action.WORK_CASE, other_ref)
    if other.id == case.id:
        raise Invalid("ref", "is the same case")
    if Sensitivity.L3 in {case.sensitivity, other.sensitivity} and (
        case.sensitivity is not other.sensitivity
    ):
        raise NotFound
    uow.link(case.id, other.id, RELATED, actor.id, now)
    case.note(EventKind.LINKED, other.id, actor.id, now)
    other.note(EventKind.LINKED, case.id, actor.id, now)
    return case


def unlink(uow: UnitOfWork, actor: Actor, ref: str, other_ref: str, now: datetime) -> Case:
    """Take back that two cases belong together; a link that is not there is left so.

    Only what a person linked: that one goes on with the other, or was split off it, is what
    happened. Raises ``NotFound`` when either does not exist for the actor.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref)
    other = reach(uow, actor, Action.WORK_CASE, other_ref)
    if uow.unlink(case.id, other.id, RELATED):
        case.note(EventKind.UNLINKED, other.id, actor.id, now)
        other.note(EventKind.UNLINKED, case.id, actor.id, now)
    return case


def link_issue(uow: UnitOfWork, actor: Actor, ref: str, issue_id: str, now: datetime) -> Case:
    """Put a case under an issue; one that is there stays. Raises ``NotFound``."""
    case = reach(uow, actor, Action.WORK_CASE, ref)
    if uow.issue(issue_id) is None or case.sensitivity is Sensitivity.L3:
        raise NotFound
    if uow.link_issue(issue_id, case.id):
        case.note(EventKind.LINKED, issue_id, actor.id, now)
    return case


def unlink_issue(uow: UnitOfWork, actor: Actor, ref: str, issue_id: str, now: datetime) -> Case:
    """Take a case from under an issue, if it is there. Raises ``NotFound``."""
    case = reach(uow, actor, Action.WORK_CASE, ref)
    if uow.issue(issue_id) is None:
        raise NotFound
    if uow.unlink_issue(issue_id, case.id):
        case.note(EventKind.UNLINKED, issue_id, actor.id, now)
    return case


def split(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    message_ids: tuple[str, ...],
    now: datetime,
    *,
    sensitivity: Sensitivity | None = None,
) -> Case:
    """Move messages that are another matter into a case of their own; the old one keeps "moved".

    Without ids the last message moves. Raises ``NotFound``, ``Invalid``.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref)
    moving = _chosen(uow, case, message_ids)
    new = conversation.move_out(uow, case, moving, actor.id, now)
    # What was said beside an L3 may tell of it: only a person lowers it, with a reason.
    new.sensitivity = highest(case.sensitivity, sensitivity or Sensitivity.L1)
    new.suspected = case.suspected
    keep_case(new, rules.targets, rules.calendar_of(site=new.site), now)
    return new


def move(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    message_ids: tuple[str, ...],
    other_ref: str,
    now: datetime,
) -> Case:
    """Move messages to another open case of the same contact point; returns that one.

    Without ids the last message moves. The other case is at least as sensitive from then on: only
    a person lowers it, with a reason. Raises ``NotFound`` when either does not exist for the actor,
    when they are not of one contact point, or only one is highly sensitive; ``Invalid``.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref)
    other = reach(uow, actor, Action.WORK_CASE, other_ref)
    if case.contact_id is None or case.contact_id != other.contact_id:
        raise NotFound
    if (case.sensitivity is Sensitivity.L3) is not (other.sensitivity is Sensitivity.L3):
        raise NotFound
    if other.id == case.id or not other.is_open:
        raise Invalid("to", "must be another case that is open")
    conversation.move(uow, case, _chosen(uow, case, message_ids), other, actor.id, now)
    if other.sensitivity.rank < case.sensitivity.rank:
        other.change_sensitivity(case.sensitivity, actor.id, now, reason_id="")
    triage.after_decision(uow, rules, other, now)
    return other


def read_message(uow: UnitOfWork, message: Message) -> str:
    """A message's own words."""
    return uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))


def _chosen(uow: UnitOfWork, case: Case, message_ids: tuple[str, ...]) -> list[Message]:
    """The messages these ids name, or the last one, with every version. Raises ``Invalid``."""
    messages = uow.shown_of(case)
    if not {m.id for m in messages}.issuperset(message_ids):
        raise Invalid("messages", "are not all messages of this case")
    named = set(message_ids) or {m.id for m in messages[-1:]}
    chosen = conversation.with_versions(messages, named)
    if not chosen or len(chosen) == len(messages):
        raise Invalid("messages", "leave at least one message in this case")
    return chosen


def _reason(uow: UnitOfWork, case: Case, reason: str, actor: Actor, now: datetime) -> str:
    return remarks.write(uow, RemarkKind.REASON, case.id, reason, actor.id, now, field="reason")
