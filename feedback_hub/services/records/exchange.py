"""What passes to and from other mechanisms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.exchange import LetterKind, Way


class SeenKind(StrEnum):
    """What is remembered of what a peer sent."""

    NONCE = "nonce"
    LETTER = "letter"


class LetterState(StrEnum):
    """What became of a letter to another mechanism."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(eq=False)
class Passage:
    """One referral between two mechanisms, and the numbers it has at either.

    ``wire_id`` is the referral's id at the one who referred; ``referral_id`` ours where that was
    us. ``reference`` is the case's number at the other, ``trail`` the hubs it had been through.
    ``handled``: an L3 that goes between the handlers both sides have named.
    """

    id: str
    peer: str
    way: Way
    wire_id: str
    case_id: str
    made_at: datetime
    referral_id: str | None = None
    reference: str = ""
    trail: tuple[str, ...] = ()
    handled: bool = False


@dataclass(eq=False)
class QueuedLetter:
    """A letter that is to leave. It is written when it leaves: what may go is decided then.

    ``about`` is the remark it carries. Of one passage the lowest ``position`` leaves first.
    """

    id: str
    passage_id: str
    peer: str
    kind: LetterKind
    position: int
    made_at: datetime
    about: str = ""
    outcome: Outcome | None = None
    state: LetterState = LetterState.WAITING
    tries: int = 0
    fault: str = ""
    ended_at: datetime | None = None
