"""A case's moves, every one from every state, as CONTRACT.md's table has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, CaseVerb, Outcome, may_close
from feedback_hub.domain.errors import IllegalMove, Invalid
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.sensitivity import Priority, Sensitivity

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
NEEDED = 5
MONTH = timedelta(days=30)
DAYS = (NOW.date() + timedelta(days=number) for number in count())
"""A day of its own for each try: two on one day are one attempt."""

# CONTRACT.md, Words on the wire, written out again: verb -> {from: to}.
TABLE: dict[str, dict[str, str]] = {
    "triage": {"received": "triaged", "reopened": "triaged", "appealed": "triaged"},
    "answer_on_spot": {"triaged": "answered_on_spot"},
    "refer": {"triaged": "referred", "referred": "referred", "response_ready": "referred"},
    "hand_off": {"triaged": "handed_off"},
    "respond": {
        "triaged": "response_ready",
        "referred": "response_ready",
        "handed_off": "response_ready",
    },
    "attempt_loop": {
        "response_ready": "loop_attempted",
        "answered_on_spot": "loop_attempted",
        "loop_attempted": "loop_attempted",
    },
    # With the outcome "withdrawn"; test_which_outcome_may_end_which_state has the others.
    "close": {
        "loop_attempted": "closed",
        "answered_on_spot": "closed",
        "received": "closed",
        "triaged": "closed",
    },
    "reopen": {"closed": "reopened"},
    "appeal": {"closed": "appealed"},
}
EVENTS = {
    "triage": EventKind.TRIAGED,
    "answer_on_spot": EventKind.ANSWERED_ON_SPOT,
    "refer": EventKind.REFERRED,
    "hand_off": EventKind.HANDED_OFF,
    "respond": EventKind.RESPONSE_READY,
    "attempt_loop": EventKind.LOOP_ATTEMPTED,
    "close": EventKind.CLOSED,
    "reopen": EventKind.REOPENED,
    "appeal": EventKind.APPEALED,
}
DO: dict[str, Callable[[Case], None]] = {
    "triage": lambda case: triage(case, Sensitivity.L1),
    "answer_on_spot": lambda c: c.answer_on_spot("an-answer", Outcome.RESOLVED, "rosa", NOW),
    "refer": lambda case: case.refer("a-referral", "rosa", NOW),
    "hand_off": lambda case: case.hand_off("psea", "rosa", NOW),
    "respond": lambda case: case.respond("an-answer", Outcome.PARTLY, "rosa", NOW),
    "attempt_loop": lambda case: case.attempt_loop("desk", "", "rosa", NOW, day=next(DAYS)),
    "close": lambda case: case.close(Outcome.WITHDRAWN, "a-reason", "rosa", NOW, NEEDED),
    "reopen": lambda case: case.reopen("a-reason", "rosa", NOW),
    "appeal": lambda case: case.appeal("a-reason", "rosa", NOW, MONTH),
}
OUTCOMES = [
    "resolved",
    "partly",
    "not_possible",
    "information_given",
    "duplicate",
    "unreachable",
    "withdrawn",
    "anonymous_public",
    "not_feedback",
]
STATES = [
    "received",
    "triaged",
    "answered_on_spot",
    "referred",
    "handed_off",
    "response_ready",
    "loop_attempted",
    "closed",
    "reopened",
    "appealed",
]


def case_in(state: str = "received", level: Sensitivity = Sensitivity.L1) -> Case:
    case = Case("1", "482913075", "desk", NOW, NOW, "anna", CaseState(state), sensitivity=level)
    if state == "closed":
        case.outcome, case.closed_at = Outcome.RESOLVED, NOW
    return case


def triage(case: Case, level: Sensitivity = Sensitivity.L1) -> None:
    case.triage(("request.water",), "request", "WASH", level, Priority.P2, "rosa", NOW)


def classify(case: Case, level: Sensitivity, codes: tuple[str, ...] = ("request.food",)) -> None:
    case.classify(codes, "request", "FSL", level, Priority.P1, NOW)


def kinds(case: Case) -> list[EventKind]:
    return [event.kind for event in case.take_events()]


def test_the_words_are_the_contract_s() -> None:
    assert [state.value for state in CaseState] == STATES
    assert [outcome.value for outcome in Outcome] == OUTCOMES
    assert {verb.value for verb in CaseVerb} == set(TABLE) == set(DO)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", TABLE)
def test_every_verb_from_every_state(verb: str, state: str) -> None:
    case = case_in(state, Sensitivity.L3 if verb == "hand_off" else Sensitivity.L1)
    before = asdict(case)
    target = TABLE[verb].get(state)
    if target is None:
        with pytest.raises(IllegalMove) as refused:
            DO[verb](case)
        assert refused.value.state == state
        assert asdict(case) == before
        assert case.take_events() == []
    else:
        DO[verb](case)
        assert case.state == target
        (event,) = case.take_events()
        assert (event.kind, event.case_id, event.actor, event.at) == (
            EVENTS[verb],
            "1",
            "rosa",
            NOW,
        )


AFTER_LOOP = set(OUTCOMES) - {"unreachable"}
BEFORE_LOOP = {"duplicate", "not_feedback", "withdrawn"}
MAY_END: dict[str, set[str]] = {state: set() for state in STATES} | {
    "loop_attempted": AFTER_LOOP,
    "answered_on_spot": AFTER_LOOP,
    "received": BEFORE_LOOP,
    "triaged": BEFORE_LOOP,
}


@pytest.mark.parametrize("attempts", [0, NEEDED - 1, NEEDED, NEEDED + 1])
@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("state", STATES)
def test_which_outcome_may_end_which_state(state: str, outcome: str, attempts: int) -> None:
    case = case_in(state)
    case.loop_attempts, case.fallback_tried = attempts, True
    enough = outcome == "unreachable" and attempts >= NEEDED and state != "closed"
    before = asdict(case)
    if enough or outcome in MAY_END[state]:
        case.close(Outcome(outcome), "a-reason", "rosa", NOW, NEEDED)
        assert (case.state, case.outcome, case.closed_at) == ("closed", outcome, NOW)
        (event,) = case.take_events()
        assert (event.kind, event.about) == (EventKind.CLOSED, "a-reason")
        assert event.detail == {"outcome": outcome}
        assert case.due_at is None
    else:
        with pytest.raises(IllegalMove):
            case.close(Outcome(outcome), "a-reason", "rosa", NOW, NEEDED)
        assert asdict(case) == before


@pytest.mark.parametrize("state", STATES)
def test_nothing_closes_without_a_reason(state: str) -> None:
    case = case_in(state)
    with pytest.raises(Invalid, match="reason"):
        case.close(Outcome.WITHDRAWN, "", "rosa", NOW, NEEDED)
    assert (case.state, case.take_events()) == (state, [])


def test_only_a_highly_sensitive_case_is_handed_off() -> None:
    for level in (Sensitivity.L1, Sensitivity.L2):
        case = case_in("triaged", level)
        with pytest.raises(IllegalMove, match=level):
            case.hand_off("psea", "rosa", NOW)
        assert (case.state, case.take_events()) == ("triaged", [])


def test_a_person_appeals_once_and_in_time() -> None:
    case = case_in("closed")
    with pytest.raises(IllegalMove):
        case.appeal("a-reason", "rosa", NOW + MONTH + timedelta(seconds=1), MONTH)
    case.appeal("a-reason", "rosa", NOW + MONTH, MONTH)
    assert (case.outcome, case.closed_at, case.is_open) == (None, None, True)
    triage(case)
    case.close(Outcome.WITHDRAWN, "a-reason", "rosa", NOW, NEEDED)
    with pytest.raises(IllegalMove):
        case.appeal("a-reason", "rosa", NOW, MONTH)
    case.reopen("a-reason", "rosa", NOW)
    assert case.state == "reopened"


@pytest.mark.parametrize("verb", ["reopen", "appeal"])
def test_a_case_that_was_not_over_needs_new_attempts_before_it_is_unreachable(verb: str) -> None:
    case = case_in("response_ready")
    for _ in range(NEEDED):
        DO["attempt_loop"](case)
    case.close(Outcome.UNREACHABLE, "a-reason", "rosa", NOW, NEEDED)
    DO[verb](case)
    with pytest.raises(IllegalMove):
        case.close(Outcome.UNREACHABLE, "a-reason", "rosa", NOW, NEEDED)


def test_an_answer_says_who_gave_it() -> None:
    case = case_in("triaged")
    DO["respond"](case)
    assert (case.answer_id, case.answer_outcome, case.answered_by) == (
        "an-answer",
        Outcome.PARTLY,
        "rosa",
    )


def test_overdue_is_past_the_deadline_of_an_open_case() -> None:
    case = case_in()
    assert not case.is_overdue(NOW)
    case.due_at = NOW
    assert not case.is_overdue(NOW)
    assert case.is_overdue(NOW + timedelta(seconds=1))
    case.close(Outcome.WITHDRAWN, "a-reason", "rosa", NOW, NEEDED)
    case.due_at = NOW
    assert not case.is_overdue(NOW + MONTH)


def test_nobody_is_given_a_closed_case() -> None:
    case = case_in("closed")
    with pytest.raises(IllegalMove):
        case.assign("bento", "rosa", NOW)
    assert (case.owner, case.take_events()) == ("", [])


# --- the machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suggested", list(Sensitivity))
@pytest.mark.parametrize("current", list(Sensitivity))
def test_a_machine_raises_and_never_lowers(current: Sensitivity, suggested: Sensitivity) -> None:
    case = case_in(level=current)
    case.owner = "rosa"
    classify(case, suggested)
    assert case.sensitivity is max(current, suggested)
    rises_to_l3 = suggested is Sensitivity.L3 and current is not Sensitivity.L3
    assert case.suspected == rises_to_l3
    assert (case.owner == "") == rises_to_l3
    assert case.state == "received"
    expected = [EventKind.SUSPECTED] * rises_to_l3 + [EventKind.CLASSIFIED]
    assert kinds(case) == expected


def test_what_a_person_coded_stands_and_the_machine_may_still_raise() -> None:
    case = case_in()
    triage(case)
    classify(case, Sensitivity.L3)
    assert (case.codes, case.sector) == (("request.water",), "WASH")
    assert case.priority is Priority.P1, (
        "what is highly sensitive is urgent, whatever it was before"
    )
    assert (case.sensitivity, case.suspected) == (Sensitivity.L3, True)


def test_a_handler_confirms_a_suspicion_once() -> None:
    case = case_in()
    classify(case, Sensitivity.L3)
    case.take_events()
    case.confirm("dora", NOW)
    assert (case.suspected, case.sensitivity) == (False, Sensitivity.L3)
    assert kinds(case) == [EventKind.CONFIRMED]
    with pytest.raises(IllegalMove):
        case.confirm("dora", NOW)
    classify(case, Sensitivity.L3)
    assert not case.suspected


def test_a_handler_who_lowers_a_suspicion_gives_a_reason() -> None:
    case = case_in()
    classify(case, Sensitivity.L3)
    case.take_events()
    with pytest.raises(Invalid, match="reason"):
        case.change_sensitivity(Sensitivity.L1, "dora", NOW, "")
    assert (case.sensitivity, case.suspected, case.take_events()) == (Sensitivity.L3, True, [])
    case.change_sensitivity(Sensitivity.L1, "dora", NOW, "a-reason")
    assert (case.sensitivity, case.suspected) == (Sensitivity.L1, False)
    (event,) = case.take_events()
    assert event == Event(
        EventKind.SENSITIVITY_CHANGED,
        "1",
        "dora",
        NOW,
        "a-reason",
        {"from": "L3", "to": "L1"},
    )


def test_a_case_raised_to_l3_has_no_owner_of_the_case_team() -> None:
    case = case_in()
    case.assign("rosa", "rosa", NOW)
    case.change_sensitivity(Sensitivity.L3, "rosa", NOW, "")
    assert case.owner == ""


def test_triage_raises_and_does_not_lower() -> None:
    case = case_in(level=Sensitivity.L2)
    triage(case, Sensitivity.L1)
    assert case.sensitivity is Sensitivity.L2
    case = case_in()
    triage(case, Sensitivity.L2)
    assert case.sensitivity is Sensitivity.L2
    assert kinds(case) == [EventKind.TRIAGED, EventKind.SENSITIVITY_CHANGED]


class AnyLife(RuleBasedStateMachine):
    """Whatever is done in whatever order, no case ends unheard and no machine hides anything."""

    @initialize(level=st.sampled_from(Sensitivity))
    def starts(self, level: Sensitivity) -> None:
        self.case = case_in(level=level)
        self.attempts = 0
        self.answered = False
        self.reason = ""

    @rule(verb=st.sampled_from(sorted(set(DO) - {"close"})))
    def does(self, verb: str) -> None:
        before = self.case.state
        try:
            DO[verb](self.case)
        except IllegalMove:
            assert self.case.state is before
            return
        if verb in {"reopen", "appeal"}:
            self.attempts, self.answered, self.reason = 0, False, ""
        self.attempts += verb == "attempt_loop"
        self.answered |= verb == "answer_on_spot"

    @rule(outcome=st.sampled_from(Outcome), reason=st.sampled_from(["", "a-reason"]))
    def closes(self, outcome: Outcome, reason: str) -> None:
        before = self.case.state
        try:
            self.case.close(outcome, reason, "rosa", NOW, NEEDED)
        except (IllegalMove, Invalid):
            assert self.case.state is before
        else:
            self.reason = reason

    @rule(suggested=st.sampled_from(Sensitivity))
    def is_read_by_a_machine(self, suggested: Sensitivity) -> None:
        state, level = self.case.state, self.case.sensitivity
        classify(self.case, suggested)
        assert self.case.state is state
        assert self.case.sensitivity.rank >= level.rank

    @rule(level=st.sampled_from(Sensitivity), reason=st.sampled_from(["", "a-reason"]))
    def is_judged(self, level: Sensitivity, reason: str) -> None:
        before = self.case.sensitivity
        try:
            self.case.change_sensitivity(level, "dora", NOW, reason)
        except Invalid:
            assert self.case.sensitivity is before
            assert level.rank < before.rank

    @invariant()
    def no_case_ends_unheard(self) -> None:
        if self.case.state is not CaseState.CLOSED:
            return
        assert self.reason
        assert self.case.outcome is not None
        if self.case.outcome is Outcome.UNREACHABLE:
            assert self.attempts >= NEEDED
        elif self.case.outcome not in BEFORE_LOOP:
            assert self.attempts or self.answered

    @invariant()
    def a_suspicion_is_an_l3(self) -> None:
        if self.case.suspected:
            assert self.case.sensitivity is Sensitivity.L3

    @invariant()
    def a_closed_case_has_an_outcome_and_an_open_one_has_none(self) -> None:
        assert (self.case.outcome is None) == self.case.is_open == (self.case.closed_at is None)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=60, stateful_step_count=30)


def test_may_close_agrees_with_close_for_a_closed_case() -> None:
    closed, unreachable = CaseState.CLOSED, Outcome.UNREACHABLE
    assert not may_close(closed, unreachable, 99, 1, fallback_tried=True)


def test_two_tries_on_one_day_are_one_attempt_and_unreachable_takes_the_desk_as_well() -> None:
    case = case_in("response_ready")
    for number in range(NEEDED):
        for _ in range(2):
            case.attempt_loop("call", "", "rosa", NOW, day=NOW.date() + timedelta(days=number))
    assert case.loop_attempts == NEEDED
    with pytest.raises(IllegalMove):
        case.close(Outcome.UNREACHABLE, "a-reason", "rosa", NOW, NEEDED)
    case.tried("desk", NOW.date())
    case.close(Outcome.UNREACHABLE, "a-reason", "rosa", NOW, NEEDED)


def test_what_is_only_on_a_list_is_no_attempt() -> None:
    case = case_in("response_ready")
    case.attempt_loop("call", "", "rosa", NOW, day=None)
    assert (case.state, case.loop_attempts) == ("loop_attempted", 0)
