"""The audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.audit import AuditAction


@dataclass(frozen=True)
class AuditRow:
    """One line of the audit log. ``actor`` is a name, or a word where it was no account's.

    ``subject`` is what it was done to: a name for an account, else an id that tells nothing.
    """

    sequence: int
    at: datetime
    action: AuditAction
    actor: str
    kind: str
    subject: str
    reason: str
    device: str


@dataclass(frozen=True)
class AuditPage:
    """The audit log, the newest line first. ``cursor`` leads to older ones; None at the end."""

    rows: tuple[AuditRow, ...]
    action: str = ""
    actor: str = ""
    subject: str = ""
    cursor: int | None = None
