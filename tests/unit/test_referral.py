"""A referral's moves, every one from every state, as CONTRACT.md's table has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.errors import IllegalMove
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.referral import DeclineReason, Referral, ReferralState, ReferralVerb

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)

# CONTRACT.md, Words on the wire, written out again: verb -> {from: to}. "" is the state before.
TABLE: dict[str, dict[str, str]] = {
    "send": {"drafted": "sent"},
    "accept": {"sent": "accepted", "expired": "accepted"},
    "decline": {"sent": "declined"},
    "expire": {"sent": "expired"},
    "return": {"sent": "returned", "accepted": "returned", "in_action": "returned"},
    "resume": {"returned": ""},
    "start": {"accepted": "in_action"},
    "answer": {"in_action": "answered", "accepted": "answered"},
    "verify": {"answered": "verified"},
    "send_back": {"answered": "in_action"},
    "refer_on": {"sent": "referred_on", "accepted": "referred_on", "in_action": "referred_on"},
    "receive_answer": {"referred_on": "answered"},
    # Ours: a child that declines or expires must not leave the matter with nobody.
    "take_back": {"referred_on": "accepted"},
}
EVENTS = {
    "send": EventKind.REFERRAL_SENT,
    "accept": EventKind.REFERRAL_ACCEPTED,
    "decline": EventKind.REFERRAL_DECLINED,
    "expire": EventKind.REFERRAL_EXPIRED,
    "return": EventKind.REFERRAL_RETURNED,
    "resume": EventKind.REFERRAL_RESUMED,
    "start": EventKind.REFERRAL_STARTED,
    "answer": EventKind.REFERRAL_ANSWERED,
    "verify": EventKind.REFERRAL_VERIFIED,
    "send_back": EventKind.REFERRAL_SENT_BACK,
    "refer_on": EventKind.REFERRED_ON,
    "receive_answer": EventKind.REFERRAL_ANSWERED,
    "take_back": EventKind.REFERRAL_RESUMED,
}


def child() -> Referral:
    return Referral(
        "2", "1", "SAUDE", NOW, "agua-1", answer_id="child-answer", answer_outcome=Outcome.PARTLY
    )


DO: dict[str, Callable[[Referral], None]] = {
    "send": lambda r: r.send("rosa", NOW),
    "accept": lambda r: r.accept("agua-1", NOW),
    "decline": lambda r: r.decline(DeclineReason.NO_CAPACITY, "a-remark", "agua-1", NOW),
    "expire": lambda r: r.expire(NOW),
    "return": lambda r: r.give_back("a-question", "agua-1", NOW),
    "resume": lambda r: r.resume("a-remark", "rosa", NOW),
    "start": lambda r: r.start("agua-1", NOW),
    "answer": lambda r: r.answer("an-answer", Outcome.RESOLVED, "agua-1", NOW),
    "verify": lambda r: r.verify("rosa", NOW),
    "send_back": lambda r: r.send_back("a-remark", "rosa", NOW),
    "refer_on": lambda r: r.refer_on("2", "agua-1", NOW),
    "receive_answer": lambda r: r.receive_answer(child(), NOW),
    "take_back": lambda r: r.take_back(NOW),
}
STATES = [
    "drafted",
    "sent",
    "accepted",
    "declined",
    "returned",
    "expired",
    "in_action",
    "answered",
    "verified",
    "referred_on",
]


def referral_in(state: str) -> Referral:
    referral = Referral("1", "case-1", "AGUA", NOW, "rosa", state=ReferralState(state))
    if state == "returned":
        referral.returned_from = ReferralState.IN_ACTION
    return referral


def test_the_words_are_the_contract_s() -> None:
    assert [state.value for state in ReferralState] == STATES
    assert {verb.value for verb in ReferralVerb} == set(TABLE) == set(DO)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", TABLE)
def test_every_verb_from_every_state(verb: str, state: str) -> None:
    referral = referral_in(state)
    before = asdict(referral)
    target = TABLE[verb].get(state)
    if target is None:
        with pytest.raises(IllegalMove) as refused:
            DO[verb](referral)
        assert refused.value.state == state
        assert asdict(referral) == before
        assert referral.take_events() == []
    else:
        DO[verb](referral)
        assert referral.state == (target or "in_action")
        (event,) = referral.take_events()
        assert (event.kind, event.case_id, event.at) == (EVENTS[verb], "case-1", NOW)
        assert event.detail.items() >= {"referral": "1", "organisation": "AGUA"}.items()


@pytest.mark.parametrize("state", ["sent", "accepted", "in_action"])
def test_what_was_returned_goes_back_to_where_it_was(state: str) -> None:
    referral = referral_in(state)
    DO["return"](referral)
    DO["resume"](referral)
    assert (referral.state, referral.returned_from) == (state, None)


def test_an_answer_travels_back_along_the_chain() -> None:
    top = referral_in("referred_on")
    DO["receive_answer"](top)
    assert (top.answer_id, top.answer_outcome, top.answered_at) == (
        "child-answer",
        Outcome.PARTLY,
        NOW,
    )


@given(verbs=st.lists(st.sampled_from(sorted(set(TABLE) - {"accept"})), max_size=30))
def test_silence_never_accepts_and_a_partner_s_answer_never_verifies(verbs: list[str]) -> None:
    referral = referral_in("drafted")
    verified_by = ""
    for verb in verbs:
        before = referral.state
        try:
            DO[verb](referral)
        except IllegalMove:
            assert referral.state is before
        else:
            verified_by = "rosa" if verb == "verify" else verified_by
            assert referral.state != "accepted" or verb in {"take_back", "resume"}
    assert referral.state != "verified" or verified_by
