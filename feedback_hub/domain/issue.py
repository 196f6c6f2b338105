"""An issue: many cases, one systemic problem (a broken pump). Cases are linked, never merged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.errors import IllegalMove, Invalid


class IssueState(StrEnum):
    """Where an issue stands."""

    OPEN = "open"
    DECIDED = "decided"
    ANSWERED = "answered"


class IssueVerb(StrEnum):
    """What can be done to an issue."""

    DECIDE = "decide"
    ANSWER = "answer"
    REOPEN = "reopen"


MOVES: dict[IssueVerb, dict[IssueState, IssueState]] = {
    IssueVerb.DECIDE: dict.fromkeys((IssueState.OPEN, IssueState.DECIDED), IssueState.DECIDED),
    IssueVerb.ANSWER: {IssueState.DECIDED: IssueState.ANSWERED},
    IssueVerb.REOPEN: dict.fromkeys((IssueState.DECIDED, IssueState.ANSWERED), IssueState.OPEN),
}


@dataclass(eq=False)
class Issue:
    """A systemic problem with an owner, a decision and a public answer (DOMAIN.md, States).

    ``title``, ``decision`` and ``public_answer`` are staff wording meant to be public: no stories.
    """

    id: str
    title: str
    created_at: datetime
    created_by: str
    site: str = ""
    sector: str = ""
    code: str = ""
    owner: str = ""
    state: IssueState = IssueState.OPEN
    decision: str = ""
    public_answer: str = ""
    version: int = 0

    def decide(self, decision: str) -> None:
        """Say what will be done. Raises ``IllegalMove``, ``Invalid`` when empty."""
        if not decision.strip():
            raise Invalid("decision", "say what was decided")
        self._move(IssueVerb.DECIDE)
        self.decision = decision

    def answer(self, public_answer: str) -> None:
        """Say in public what came of it. Raises ``IllegalMove``, ``Invalid`` when empty."""
        if not public_answer.strip():
            raise Invalid("public_answer", "say what people will read")
        self._move(IssueVerb.ANSWER)
        self.public_answer = public_answer

    def reopen(self) -> None:
        """It came back. Raises ``IllegalMove``."""
        self._move(IssueVerb.REOPEN)

    def _move(self, verb: IssueVerb) -> None:
        target = MOVES[verb].get(self.state)
        if target is None:
            raise IllegalMove("issue", verb.value, self.state.value)
        self.state = target
