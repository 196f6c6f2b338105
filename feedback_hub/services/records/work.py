"""What waits to be done: the inbox, and tasks in their queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InboxKind(StrEnum):
    """What an inbox row holds."""

    MESSAGE = "message"
    RECEIPT = "receipt"
    SUBMISSION = "submission"
    REJECTED = "rejected"


class Queue(StrEnum):
    """Which workers' queue a piece of work waits in, the most pressing first."""

    INTAKE = "intake"
    TRIAGE = "triage"
    DELIVERY = "delivery"
    FILES = "files"
    EXCHANGE = "exchange"
    HOUSEKEEPING = "housekeeping"
    REREAD = "reread"


class Task(StrEnum):
    """What is to be done with the subject of an outbox row."""

    CLASSIFY = "classify"
    SEND = "send"
    MAIL = "mail"
    CHAT = "chat"
    TELL_AGAIN = "tell_again"
    FETCH = "fetch"
    TAKE_OVER = "take_over"
    FOLLOW_UP = "follow_up"
    EXCHANGE = "exchange"
    RING = "ring"
    REREAD = "reread"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What arrived, under a key of its own, which is wrapped in turn."""

    key_id: str
    wrapped: bytes
    wrapped_by: str
    raw: bytes
    parsed: bytes


@dataclass(frozen=True, slots=True)
class Arrived:
    """The part of an ``InboxRow`` that a webhook brings; all else is as of any new one."""

    id: str
    channel: str
    kind: InboxKind
    external_id: str
    sealed: Sealed
    arrived_at: datetime
    available_at: datetime


@dataclass(eq=False)
class InboxRow:
    """One thing that reached us, exactly as it came, until a worker has registered it."""

    id: str
    channel: str
    kind: InboxKind
    external_id: str
    key_id: str
    raw_sealed: bytes
    parsed_sealed: bytes
    arrived_at: datetime
    available_at: datetime
    from_history: bool = False
    case_id: str | None = None
    leased_until: datetime | None = None
    attempts: int = 0
    handled_at: datetime | None = None
    set_aside_at: datetime | None = None
    fault: str = ""
    paced_at: datetime | None = None
