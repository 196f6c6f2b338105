"""A referral and its moves: its own object, many a case (DOMAIN.md, States).

A partner answers; it never closes a case. Silence expires; it never accepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.clock import Clock
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import IllegalMove
from feedback_hub.domain.events import Event, EventKind, Recorder


class ReferralState(StrEnum):
    """Where a referral stands."""

    DRAFTED = "drafted"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RETURNED = "returned"
    EXPIRED = "expired"
    IN_ACTION = "in_action"
    ANSWERED = "answered"
    VERIFIED = "verified"
    REFERRED_ON = "referred_on"


class DeclineReason(StrEnum):
    """Why a partner cannot take it."""

    NOT_OUR_SECTOR = "not_our_sector"
    NOT_OUR_AREA = "not_our_area"
    NO_CAPACITY = "no_capacity"
    NOT_ELIGIBLE = "not_eligible"
    ALREADY_SERVED = "already_served"
    NOT_ENOUGH_INFORMATION = "not_enough_information"
    OTHER = "other"


class ReferralVerb(StrEnum):
    """What can be done to a referral."""

    SEND = "send"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    RETURN = "return"
    RESUME = "resume"
    START = "start"
    ANSWER = "answer"
    VERIFY = "verify"
    SEND_BACK = "send_back"
    REFER_ON = "refer_on"
    RECEIVE_ANSWER = "receive_answer"
    TAKE_BACK = "take_back"


_BEFORE_RETURN = (ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.IN_ACTION)

MOVES: dict[ReferralVerb, dict[ReferralState, ReferralState | None]] = {
    ReferralVerb.SEND: {ReferralState.DRAFTED: ReferralState.SENT},
    ReferralVerb.ACCEPT: dict.fromkeys(
        (ReferralState.SENT, ReferralState.EXPIRED), ReferralState.ACCEPTED
    ),
    ReferralVerb.DECLINE: {ReferralState.SENT: ReferralState.DECLINED},
    ReferralVerb.EXPIRE: {ReferralState.SENT: ReferralState.EXPIRED},
    ReferralVerb.RETURN: dict.fromkeys(_BEFORE_RETURN, ReferralState.RETURNED),
    # None: back to the state it was returned from.
    ReferralVerb.RESUME: {ReferralState.RETURNED: None},
    ReferralVerb.START: {ReferralState.ACCEPTED: ReferralState.IN_ACTION},
    ReferralVerb.ANSWER: dict.fromkeys(
        (ReferralState.ACCEPTED, ReferralState.IN_ACTION), ReferralState.ANSWERED
    ),
    ReferralVerb.VERIFY: {ReferralState.ANSWERED: ReferralState.VERIFIED},
    ReferralVerb.SEND_BACK: {ReferralState.ANSWERED: ReferralState.IN_ACTION},
    ReferralVerb.REFER_ON: dict.fromkeys(_BEFORE_RETURN, ReferralState.REFERRED_ON),
    ReferralVerb.RECEIVE_ANSWER: {ReferralState.REFERRED_ON: ReferralState.ANSWERED},
    # The next partner declined or never answered: it is ours again.
    ReferralVerb.TAKE_BACK: {ReferralState.REFERRED_ON: ReferralState.ACCEPTED},
}

ENDED = frozenset({ReferralState.DECLINED, ReferralState.VERIFIED})

_EVENT_OF = {
    ReferralVerb.SEND: EventKind.REFERRAL_SENT,
    ReferralVerb.ACCEPT: EventKind.REFERRAL_ACCEPTED,
    ReferralVerb.DECLINE: EventKind.REFERRAL_DECLINED,
    ReferralVerb.EXPIRE: EventKind.REFERRAL_EXPIRED,
    ReferralVerb.RETURN: EventKind.REFERRAL_RETURNED,
    ReferralVerb.RESUME: EventKind.REFERRAL_RESUMED,
    ReferralVerb.START: EventKind.REFERRAL_STARTED,
    ReferralVerb.ANSWER: EventKind.REFERRAL_ANSWERED,
    ReferralVerb.VERIFY: EventKind.REFERRAL_VERIFIED,
    ReferralVerb.SEND_BACK: EventKind.REFERRAL_SENT_BACK,
    ReferralVerb.REFER_ON: EventKind.REFERRED_ON,
    ReferralVerb.RECEIVE_ANSWER: EventKind.REFERRAL_ANSWERED,
    ReferralVerb.TAKE_BACK: EventKind.REFERRAL_RESUMED,
}


@dataclass(eq=False)
class Referral(Recorder):
    """One partner asked to act on one case. Notes, questions and answers are remarks (ids here).

    ``share`` is what it carries of the person, never more than their consent. ``parent_id`` is
    the referral it was referred on from. ``due_at`` is the partner's next deadline,
    ``alarm_at`` when somebody is reminded or told next, both UTC and by ``clocks``.
    """

    id: str
    case_id: str
    organisation: str
    created_at: datetime
    created_by: str
    share: Share = Share.ANONYMOUS
    state: ReferralState = ReferralState.DRAFTED
    parent_id: str | None = None
    focal_point: str = ""
    backup: str = ""
    note_id: str = ""
    returned_from: ReferralState | None = None
    decline_reason: DeclineReason | None = None
    answer_id: str = ""
    answer_outcome: Outcome | None = None
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    due_at: datetime | None = None
    alarm_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    version: int = 0

    def send(self, actor: str, now: datetime) -> None:
        """It leaves for the partner. Raises ``IllegalMove``, as every verb here."""
        self._move(ReferralVerb.SEND, actor, now)
        self.sent_at = now

    def accept(self, actor: str, now: datetime) -> None:
        """The partner takes it, late if it had expired."""
        self._move(ReferralVerb.ACCEPT, actor, now)
        self.accepted_at = now

    def decline(self, reason: DeclineReason, remark_id: str, actor: str, now: datetime) -> None:
        """The partner cannot take it and says why."""
        self._move(ReferralVerb.DECLINE, actor, now, remark_id, {"reason": reason.value})
        self.decline_reason = reason

    def expire(self, now: datetime) -> None:
        """Nobody answered in time."""
        self._move(ReferralVerb.EXPIRE, "machine", now)

    def give_back(self, question_id: str, actor: str, now: datetime) -> None:
        """Returned for information; the partner's clock waits."""
        before = self.state
        self._move(ReferralVerb.RETURN, actor, now, question_id)
        self.returned_from = before

    def resume(self, remark_id: str, actor: str, now: datetime) -> None:
        """The information is there: back to the state before."""
        self._move(ReferralVerb.RESUME, actor, now, remark_id)
        self.returned_from = None

    def start(self, actor: str, now: datetime) -> None:
        """The partner is working on it."""
        self._move(ReferralVerb.START, actor, now)

    def answer(self, answer_id: str, outcome: Outcome, actor: str, now: datetime) -> None:
        """The partner says what was done."""
        self._move(ReferralVerb.ANSWER, actor, now, answer_id, {"outcome": outcome.value})
        self._answered(answer_id, outcome, now)

    def receive_answer(self, child: Referral, now: datetime) -> None:
        """The answer of the referral it was referred on to becomes its own."""
        self._move(ReferralVerb.RECEIVE_ANSWER, "machine", now, child.answer_id)
        self._answered(child.answer_id, child.answer_outcome, now)

    def verify(self, actor: str, now: datetime) -> None:
        """The mechanism's owner finds the answer good."""
        self._move(ReferralVerb.VERIFY, actor, now)

    def send_back(self, remark_id: str, actor: str, now: datetime) -> None:
        """The answer is not enough: back in action."""
        self._move(ReferralVerb.SEND_BACK, actor, now, remark_id)

    def refer_on(self, child_id: str, actor: str, now: datetime) -> None:
        """Another partner is asked; the answer travels back through this one."""
        self._move(ReferralVerb.REFER_ON, actor, now, child_id)

    def take_back(self, now: datetime) -> None:
        """The next partner will not answer: it is this partner's again."""
        self._move(ReferralVerb.TAKE_BACK, "machine", now)

    def _answered(self, answer_id: str, outcome: Outcome | None, now: datetime) -> None:
        self.answer_id, self.answer_outcome, self.answered_at = answer_id, outcome, now

    def _move(
        self,
        verb: ReferralVerb,
        actor: str,
        now: datetime,
        about: str = "",
        detail: dict[str, str] | None = None,
    ) -> None:
        moves = MOVES[verb]
        if self.state not in moves:
            raise IllegalMove("referral", verb.value, self.state.value)
        target = moves[self.state] or self.returned_from
        assert target is not None  # noqa: S101  give_back always notes where it came from
        self.state = target
        words = {"referral": self.id, "organisation": self.organisation} | (detail or {})
        self.record(Event(_EVENT_OF[verb], self.case_id, actor, now, about or self.id, words))
