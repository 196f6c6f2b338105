"""Where a case may stand and what moves it (DOMAIN.md, States; CONTRACT, words on the wire)."""

from __future__ import annotations

from enum import StrEnum

from feedback_hub.domain.events import EventKind


class CaseState(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    ANSWERED_ON_SPOT = "answered_on_spot"
    REFERRED = "referred"
    HANDED_OFF = "handed_off"
    RESPONSE_READY = "response_ready"
    LOOP_ATTEMPTED = "loop_attempted"
    CLOSED = "closed"
    REOPENED = "reopened"
    APPEALED = "appealed"


class Outcome(StrEnum):
    """How a case ended."""

    RESOLVED = "resolved"
    PARTLY = "partly"
    NOT_POSSIBLE = "not_possible"
    INFORMATION_GIVEN = "information_given"
    DUPLICATE = "duplicate"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    ANONYMOUS_PUBLIC = "anonymous_public"
    NOT_FEEDBACK = "not_feedback"


class CaseVerb(StrEnum):
    """What can be done to a case that changes its state."""

    TRIAGE = "triage"
    ANSWER_ON_SPOT = "answer_on_spot"
    REFER = "refer"
    HAND_OFF = "hand_off"
    RESPOND = "respond"
    ATTEMPT_LOOP = "attempt_loop"
    CLOSE = "close"
    REOPEN = "reopen"
    APPEAL = "appeal"


OPEN = frozenset(CaseState) - {CaseState.CLOSED}

MOVES: dict[CaseVerb, dict[CaseState, CaseState]] = {
    CaseVerb.TRIAGE: dict.fromkeys(
        (CaseState.RECEIVED, CaseState.REOPENED, CaseState.APPEALED), CaseState.TRIAGED
    ),
    CaseVerb.ANSWER_ON_SPOT: {CaseState.TRIAGED: CaseState.ANSWERED_ON_SPOT},
    CaseVerb.REFER: dict.fromkeys(
        (CaseState.TRIAGED, CaseState.REFERRED, CaseState.RESPONSE_READY), CaseState.REFERRED
    ),
    CaseVerb.HAND_OFF: {CaseState.TRIAGED: CaseState.HANDED_OFF},
    CaseVerb.RESPOND: dict.fromkeys(
        (CaseState.TRIAGED, CaseState.REFERRED, CaseState.HANDED_OFF), CaseState.RESPONSE_READY
    ),
    CaseVerb.ATTEMPT_LOOP: dict.fromkeys(
        (CaseState.RESPONSE_READY, CaseState.ANSWERED_ON_SPOT, CaseState.LOOP_ATTEMPTED),
        CaseState.LOOP_ATTEMPTED,
    ),
    CaseVerb.CLOSE: dict.fromkeys(OPEN, CaseState.CLOSED),
    CaseVerb.REOPEN: {CaseState.CLOSED: CaseState.REOPENED},
    CaseVerb.APPEAL: {CaseState.CLOSED: CaseState.APPEALED},
}

_WITHOUT_LOOP = frozenset({Outcome.DUPLICATE, Outcome.NOT_FEEDBACK, Outcome.WITHDRAWN})

EVENT_OF = {
    CaseVerb.TRIAGE: EventKind.TRIAGED,
    CaseVerb.ANSWER_ON_SPOT: EventKind.ANSWERED_ON_SPOT,
    CaseVerb.REFER: EventKind.REFERRED,
    CaseVerb.HAND_OFF: EventKind.HANDED_OFF,
    CaseVerb.RESPOND: EventKind.RESPONSE_READY,
    CaseVerb.ATTEMPT_LOOP: EventKind.LOOP_ATTEMPTED,
    CaseVerb.CLOSE: EventKind.CLOSED,
    CaseVerb.REOPEN: EventKind.REOPENED,
    CaseVerb.APPEAL: EventKind.APPEALED,
}


def may_close(
    state: CaseState,
    outcome: Outcome,
    attempts: int,
    attempts_needed: int,
    *,
    fallback_tried: bool,
) -> bool:
    """Whether a case in ``state`` may end with ``outcome``.

    After the loop or an answer given face to face: any outcome but *unreachable* and what never
    was feedback. Before it: only what needs no answer. *Unreachable* takes attempts on
    ``attempts_needed`` days and a try at the desk or in the community, from any open state
    (DOMAIN.md, States).
    """
    if state is CaseState.CLOSED:
        return False
    if outcome is Outcome.UNREACHABLE:
        return attempts >= attempts_needed and fallback_tried
    if state in {CaseState.LOOP_ATTEMPTED, CaseState.ANSWERED_ON_SPOT}:
        return True
    return state in {CaseState.RECEIVED, CaseState.TRIAGED} and outcome in _WITHOUT_LOOP
