"""An issue's moves: many cases, one problem, decided and answered in public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from feedback_hub.domain.errors import IllegalMove, Invalid
from feedback_hub.domain.issue import Issue, IssueState, IssueVerb

TABLE: dict[str, dict[str, str]] = {
    "decide": {"open": "decided", "decided": "decided"},
    "answer": {"decided": "answered"},
    "reopen": {"decided": "open", "answered": "open"},
}
DO: dict[str, Callable[[Issue], None]] = {
    "decide": lambda issue: issue.decide("The pump is replaced"),
    "answer": lambda issue: issue.answer("You said, we did"),
    "reopen": lambda issue: issue.reopen(),
}


def issue_in(state: str) -> Issue:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    return Issue("1", "Broken pump", now, "rosa", state=IssueState(state))


def test_every_verb_is_tried() -> None:
    assert {verb.value for verb in IssueVerb} == set(TABLE) == set(DO)


@pytest.mark.parametrize("state", ["open", "decided", "answered"])
@pytest.mark.parametrize("verb", TABLE)
def test_every_verb_from_every_state(verb: str, state: str) -> None:
    issue = issue_in(state)
    before = asdict(issue)
    target = TABLE[verb].get(state)
    if target is None:
        with pytest.raises(IllegalMove):
            DO[verb](issue)
        assert asdict(issue) == before
    else:
        DO[verb](issue)
        assert issue.state == target


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_a_decision_and_an_answer_say_something(nothing: str) -> None:
    issue = issue_in("decided")
    with pytest.raises(Invalid, match="decision"):
        issue.decide(nothing)
    with pytest.raises(Invalid, match="public_answer"):
        issue.answer(nothing)
    assert issue.state == "decided"
