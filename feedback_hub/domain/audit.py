"""The audit log: who did what to what, each line chained to the one before. Never content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from feedback_hub.domain.events import Event, EventKind

FIRST = "0" * 64
"""What the first line is chained to."""


class AuditAction(StrEnum):
    """What is audited: looking at what is sensitive, and what changes who may or what is kept."""

    LOGGED_IN = "logged_in"
    LOG_IN_FAILED = "log_in_failed"
    LOGGED_OUT = "logged_out"
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_FAILED = "second_factor_failed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CASE_READ = "case_read"
    FILE_READ = "file_read"
    LIST_READ = "list_read"
    EXPORTED = "exported"
    ACCOUNT_ADDED = "account_added"
    ROLES_ADDED = "roles_added"
    ROLE_WITHDRAWN = "role_withdrawn"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    SECOND_FACTOR_RESET = "second_factor_reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a word, not a secret
    INVITED = "invited"
    HANDLER_PROPOSED = "handler_proposed"
    HANDLER_APPROVED = "handler_approved"
    HANDLER_DECLINED = "handler_declined"
    TOKEN_ADDED = "token_added"  # noqa: S105  a word, not a secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  a word, not a secret
    ROSTER_CHANGED = "roster_changed"
    BROADCAST_STARTED = "broadcast_started"
    BROADCAST_STOPPED = "broadcast_stopped"
    HANDED_OVER = "handed_over"
    WORDING_APPROVED = "wording_approved"
    FRAME_CHANGED = "frame_changed"
    CLASSIFIER_CHANGED = "classifier_changed"
    SENSITIVITY_CHANGED = "sensitivity_changed"
    SUSPICION_CONFIRMED = "suspicion_confirmed"
    LEARNING_ALLOWED = "learning_allowed"
    LEARNING_FORBIDDEN = "learning_forbidden"
    GLASS_BROKEN = "glass_broken"
    GLASS_CLOSED = "glass_closed"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    KEYS_ROTATED = "keys_rotated"
    KEY_RETIRED = "key_retired"
    ERASED = "erased"
    RETENTION_RUN = "retention_run"
    LEGAL_HOLD = "legal_hold"
    PERSON_ASKED = "person_asked"
    PERSON_ANSWERED = "person_answered"
    DEVICE_REGISTERED = "device_registered"
    DEVICE_REVOKED = "device_revoked"
    DEVICE_RESTORED = "device_restored"
    DEVICE_RESCUED = "device_rescued"
    PERSON_EXPORTED = "person_exported"
    PERSON_ERASED = "person_erased"


@dataclass(frozen=True)
class AuditLine:
    """One act. ``kind`` and ``object_id`` name what it was done to, by an opaque id.

    ``reason`` is a word on the wire or the id of a remark; ``device`` an opaque mark that is the
    same for the same machine, or "command line". ``at`` is aware.
    """

    action: AuditAction
    actor: str
    at: datetime
    kind: str = ""
    object_id: str = ""
    reason: str = ""
    device: str = ""


@dataclass(frozen=True)
class Seen:
    """What ``actor`` was shown of a sensitive case, for the log. ``count``: cases in a list."""

    action: AuditAction
    actor: str
    kind: str
    object_id: str = ""
    count: int = 0


@dataclass(frozen=True)
class AuditHead:
    """Where the chain ends: the last line's number (from 1; 0 when empty) and hash."""

    sequence: int = 0
    hash: str = FIRST


def hash_of(sequence: int, line: AuditLine, previous: str) -> str:
    """SHA-256 (hex) over the line in its one canonical form, its number and the hash before."""
    written = [
        sequence,
        line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        line.actor,
        line.action.value,
        line.kind,
        line.object_id,
        line.reason,
        line.device,
        previous,
    ]
    canonical = json.dumps(written, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def lines_of(event: Event, device: str) -> list[AuditLine]:
    """What of a case's history belongs in the audit log too."""
    action = _FROM_HISTORY.get(event.kind)
    if action is None:
        return []
    changed = [event.detail[name] for name in ("from", "to") if name in event.detail]
    reason = ">".join(changed)
    return [AuditLine(action, event.actor, event.at, "case", event.case_id, reason, device)]


_FROM_HISTORY = {
    EventKind.SENSITIVITY_CHANGED: AuditAction.SENSITIVITY_CHANGED,
    EventKind.CONFIRMED: AuditAction.SUSPICION_CONFIRMED,
    EventKind.LEARNING_ALLOWED: AuditAction.LEARNING_ALLOWED,
    EventKind.LEARNING_FORBIDDEN: AuditAction.LEARNING_FORBIDDEN,
}
