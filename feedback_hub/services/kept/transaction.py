"""What a transaction does with all that is kept in it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, Self

from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry, BoardReading
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.call_back import CallBack
from feedback_hub.domain.case import Case
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.judgement import Judgement
from feedback_hub.domain.on_call import Ring, Shift
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.services.records.exchange import Passage
from feedback_hub.services.records.messages import (
    AttachmentRow,
    Message,
    Remark,
    SuggestionRow,
    WrongTry,
)
from feedback_hub.services.records.staff import Emergency, Notice, PartnerLink, RingTry
from feedback_hub.services.records.telling import BroadcastPerson, Delivery, Wording
from feedback_hub.services.records.work import Task

Kept = (
    Case
    | CallBack
    | Referral
    | Issue
    | BoardEntry
    | BoardReading
    | BankAnswer
    | ConductReport
    | ServiceReferral
    | Contact
    | Message
    | Notice
    | Emergency
    | PartnerLink
    | Passage
    | Delivery
    | Remark
    | SuggestionRow
    | Judgement
    | Wording
    | WrongTry
    | AttachmentRow
    | Broadcast
    | BroadcastPerson
    | Shift
    | Ring
    | RingTry
)


class Transaction(Protocol):
    """State, history and outbox commit together or not at all."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def commit(self) -> None:
        """Keep everything."""

    def audit(
        self,
        action: AuditAction,
        actor: str,
        now: datetime,
        *,
        kind: str = "",
        object_id: str = "",
        reason: str = "",
    ) -> None:
        """Note an act in the audit log; kept with what this transaction keeps, or not at all."""

    def expect(
        self,
        kept: Case | Referral | Issue | BoardEntry | BankAnswer | Broadcast,
        version: int | None,
    ) -> None:
        """Raises ``StaleVersion`` if the caller read another version; None is not checked."""

    def add(self, kept: Kept) -> None:
        """A new object, written at commit."""

    def work(self, task: Task, subject_id: str, available_at: datetime) -> None:
        """Put a piece of work in the outbox."""

    def go_on_from(self, delivery_id: str) -> None:
        """What is done from here on is logged with what the text ``delivery_id`` belongs to."""
