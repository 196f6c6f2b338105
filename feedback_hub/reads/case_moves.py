"""What one reader may do with a case now, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor, CaseFacts, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES, CaseState, CaseVerb, Outcome, may_close
from feedback_hub.domain.coding import FeedbackType
from feedback_hub.domain.consent import Share
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.conversation import Reading, Remarks
from feedback_hub.reads.names import Names
from feedback_hub.reads.rows import WITH_PARTNER
from feedback_hub.reads.views.case import NextStep, PassageLine
from feedback_hub.services.conversation import as_said_now
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.staff import Emergency
from feedback_hub.services.rules import Rules

_VERBS = {
    "triage": (Action.TRIAGE, CaseVerb.TRIAGE),
    "refer": (Action.WORK_CASE, CaseVerb.REFER),
    "hand-off": (Action.WORK_CASE, CaseVerb.HAND_OFF),
    "answer": (Action.WORK_CASE, CaseVerb.RESPOND),
    "loop-back": (Action.WORK_CASE, CaseVerb.ATTEMPT_LOOP),
    "reopen": (Action.WORK_CASE, CaseVerb.REOPEN),
}
_STEPS: Mapping[CaseState, NextStep] = {
    CaseState.RECEIVED: NextStep.TRIAGE,
    CaseState.REOPENED: NextStep.TRIAGE,
    CaseState.APPEALED: NextStep.TRIAGE,
    CaseState.HANDED_OFF: NextStep.ANSWER,
    CaseState.RESPONSE_READY: NextStep.LOOP_BACK,
    CaseState.LOOP_ATTEMPTED: NextStep.CLOSE,
    CaseState.ANSWERED_ON_SPOT: NextStep.CLOSE,
}


@dataclass(frozen=True)
class KnownCase:
    """What was fetched of one case."""

    case: Case
    facts: CaseFacts
    messages: Sequence[Message]
    referrals: tuple[Referral, ...]
    said: Remarks
    read: Mapping[str, Reading]
    names: Names
    elsewhere: tuple[PassageLine, ...]
    learnt: bool
    opened: Sequence[Emergency] = ()

    @property
    def judged_l3(self) -> bool:
        """Whether a person has said that it is highly sensitive, and what it is."""
        case = self.case
        is_l3 = case.sensitivity is Sensitivity.L3
        return is_l3 and not case.suspected and case.triaged_at is not None

    @property
    def came(self) -> bool:
        """Whether another mechanism sent the case: it tells the person, we tell it."""
        return any(one.came for one in self.elsewhere)


def moves_of(known: KnownCase, rules: Rules, actor: Actor, now: datetime) -> frozenset[str]:
    """The forms and buttons that exist for ``actor``, by name."""
    case = known.case
    moves = {
        name
        for name, action, possible in (
            ("note", Action.NOTE, True),
            ("consent", Action.WORK_CASE, case.is_open),
            ("place", Action.TRIAGE, case.is_open and not case.site),
            ("sensitivity", Action.CHANGE_SENSITIVITY, True),
            ("confirm", Action.CHANGE_SENSITIVITY, case.suspected),
            ("learn", Action.CHANGE_SENSITIVITY, known.judged_l3 and not known.learnt),
            ("forget", Action.CHANGE_SENSITIVITY, known.judged_l3 and known.learnt),
            ("close", Action.WORK_CASE, bool(outcomes_of(case, rules))),
            (
                "interim",
                Action.WORK_CASE,
                case.interim_at is None
                and case.state in {CaseState.TRIAGED, CaseState.REFERRED, CaseState.REOPENED},
            ),
            ("split", Action.WORK_CASE, len(as_said_now(known.messages)) > 1),
            (
                "appeal",
                Action.WORK_CASE,
                case.may_appeal(now, timedelta(days=rules.appeal_days)),
            ),
            (
                "satisfaction",
                Action.CALL_BACK,
                case.may_be_judged and case.answered_by != actor.id,
            ),
            (
                "inform",
                Action.INFORM,
                case.type == FeedbackType.QUESTION
                and case.state in {CaseState.RECEIVED, CaseState.TRIAGED},
            ),
            ("conduct-report", Action.WORK_CASE, case.sensitivity is Sensitivity.L3),
            ("service-referral", Action.WORK_CASE, case.sensitivity is Sensitivity.L3),
            ("unlink", Action.WORK_CASE, True),
            ("take", Action.WORK_CASE, case.is_open and case.owner != actor.id),
            *((name, action, case.state in MOVES[verb]) for name, (action, verb) in _VERBS.items()),
        )
        if possible and scope_of(actor, action).admits(known.facts)
    }
    if known.came:
        moves.discard("loop-back")
        if "answer" in moves:
            moves.add("ask-origin")
    if case.suspected:
        # First somebody says whether it is one.
        moves &= {"note", "sensitivity", "confirm"}
    # No partner sees a highly sensitive case, only handlers that another mechanism has named; and
    # nobody what the person wants to keep.
    handled_elsewhere = any(peer.handler for peer in rules.peers.values())
    sensitive = case.sensitivity is Sensitivity.L3
    if (sensitive and not handled_elsewhere) or case.consent.share is Share.NO:
        moves.discard("refer")
    if case.sensitivity is not Sensitivity.L3:
        moves.discard("hand-off")
    return frozenset(moves)


def next_step(known: KnownCase, moves: frozenset[str]) -> NextStep:
    """What the page asks for first."""
    states = {referral.state for referral in known.referrals}
    if "confirm" in moves:
        return NextStep.CONFIRM
    if not moves - {"note"} or not known.case.is_open:
        return NextStep.NONE
    if ReferralState.ANSWERED in states:
        return NextStep.VERIFY
    if known.case.state is CaseState.REFERRED:
        if states & WITH_PARTNER:
            return NextStep.WAIT
        return NextStep.ANSWER if ReferralState.VERIFIED in states else NextStep.REFER
    if known.case.state is CaseState.TRIAGED:
        if "hand-off" in moves:
            return NextStep.HAND_OFF
        return NextStep.REFER if "refer" in moves else NextStep.ANSWER
    step = _STEPS.get(known.case.state, NextStep.NONE)
    return step if step.value in moves else NextStep.NONE


def outcomes_of(case: Case, rules: Rules) -> tuple[Outcome, ...]:
    """With which outcomes it may be closed now."""
    needed = rules.attempts_before_unreachable
    return tuple(
        outcome
        for outcome in Outcome
        if may_close(
            case.state, outcome, case.loop_attempts, needed, fallback_tried=case.fallback_tried
        )
    )
