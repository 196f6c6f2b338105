"""How channel accounts and the hub are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.message import SendFault


class WebhookState(StrEnum):
    """Where the provider posts what people write, as it says itself."""

    OURS = "ours"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Checked:
    """What asking an account's provider brought. ``webhook`` None: it cannot or need not be asked.

    ``said`` is the provider's state in a line of ours, ``code`` the provider's or an exception's
    name where it failed.
    """

    said: str = ""
    fault: SendFault | None = None
    code: str = ""
    webhook: WebhookState | None = None


class AlertKind(StrEnum):
    """What the hub's operator must hear of without looking for it."""

    SILENT_CHANNEL = "silent_channel"
    PULL_FAILS = "pull_fails"
    CATCH_UP_FAILS = "catch_up_fails"
    ACCOUNT_FAILS = "account_fails"
    WEBHOOK_ELSEWHERE = "webhook_elsewhere"
    FLOOD = "flood"
    SENDS_FAIL = "sends_fail"
    COST_LIMIT = "cost_limit"
    NOT_TAKEN = "not_taken"
    NOBODY_ON_CALL = "nobody_on_call"
    TOKEN_EXPIRES = "token_expires"  # noqa: S105  a word, not a secret
    DISK_LOW = "disk_low"
    BACKUP_OLD = "backup_old"
    WORK_WAITS = "work_waits"
    SET_ASIDE = "set_aside"
    CERTIFICATE_EXPIRES = "certificate_expires"
    WORKER_BROKE_OFF = "worker_broke_off"


@dataclass(eq=False)
class Alert:
    """Something that needs the operator, from when to when. ``subject``: an account, a token.

    ``detail`` holds figures and words of ours for the sentence that is shown; never content.
    ``lasting`` is kind and subject while it lasts and None afterwards. ``told_at``: when it left
    for whom ``[alerts]`` names; None again once they were told that it is over.
    """

    id: str
    kind: AlertKind
    subject: str
    raised_at: datetime
    lasting: str | None
    detail: dict[str, str]
    resolved_at: datetime | None = None
    told_at: datetime | None = None
