"""What happened to a case, frozen, in the past tense. Ids and words on the wire only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """Every line a case's history can hold."""

    RECEIVED = "received"
    MESSAGE_ADDED = "message_added"
    CLASSIFIED = "classified"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    TRIAGED = "triaged"
    TRIAGE_UNDONE = "triage_undone"
    LEARNING_ALLOWED = "learning_allowed"
    LEARNING_FORBIDDEN = "learning_forbidden"
    ANSWERED_ON_SPOT = "answered_on_spot"
    REFERRED = "referred"
    HANDED_OFF = "handed_off"
    RESPONSE_READY = "response_ready"
    LOOP_ATTEMPTED = "loop_attempted"
    CLOSED = "closed"
    REOPENED = "reopened"
    APPEALED = "appealed"
    PLACED = "placed"
    NOTED = "noted"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    ASSIGNED = "assigned"
    SENSITIVITY_CHANGED = "sensitivity_changed"
    LINKED = "linked"
    UNLINKED = "unlinked"
    SPLIT = "split"
    TRANSLATED = "translated"
    SATISFACTION = "satisfaction"
    STATUS_ASKED = "status_asked"
    DIALOGUE_ANSWERED = "dialogue_answered"
    ACKNOWLEDGED = "acknowledged"
    WITHHELD = "withheld"
    DELIVERY = "delivery"
    CALL_LISTED = "call_listed"
    CALL_CLAIMED = "call_claimed"
    CALLED = "called"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    CONSENT_REVIEWED = "consent_reviewed"
    INTERIM_NOTICE = "interim_notice"
    RUNG = "rung"
    RING_TAKEN = "ring_taken"
    REFERRAL_DRAFTED = "referral_drafted"
    REFERRAL_SENT = "referral_sent"
    REFERRAL_ACCEPTED = "referral_accepted"
    REFERRAL_DECLINED = "referral_declined"
    REFERRAL_RETURNED = "referral_returned"
    REFERRAL_RESUMED = "referral_resumed"
    REFERRAL_EXPIRED = "referral_expired"
    REFERRAL_STARTED = "referral_started"
    REFERRAL_ANSWERED = "referral_answered"
    REFERRAL_VERIFIED = "referral_verified"
    REFERRAL_SENT_BACK = "referral_sent_back"
    REFERRED_ON = "referred_on"
    CONDUCT_REPORTED = "conduct_reported"
    SERVICE_REFERRED = "service_referred"
    LINK_OPENED = "link_opened"
    LINKS_REVOKED = "links_revoked"


@dataclass(frozen=True)
class Event:
    """One line of history.

    ``actor`` is an actor's id; ``about`` the id of the referral, remark or delivery it concerns;
    ``detail`` holds words on the wire (states, codes, outcomes) only.
    """

    kind: EventKind
    case_id: str
    actor: str
    at: datetime
    about: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


class Recorder:
    """Keeps the events of an object until the unit of work writes them with its state."""

    def record(self, event: Event) -> None:
        """Note that ``event`` happened."""
        self.__dict__.setdefault("_events", []).append(event)

    def take_events(self) -> list[Event]:
        """Hand over what happened since the last call."""
        taken: list[Event] = self.__dict__.pop("_events", [])
        return taken
