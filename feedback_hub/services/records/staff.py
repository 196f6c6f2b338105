"""What staff and partners are told, and by which way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from feedback_hub.domain.clock import Duty
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.place import MailWish


@dataclass(eq=False)
class RingTry:
    """One call or message to a handler on call. ``provider_id`` and ``fault``: what came of it."""

    id: str
    ring_id: str
    account_id: str
    way: RingWay
    at: datetime
    provider_id: str = ""
    fault: str = ""


class NoticeKind(StrEnum):
    """Why somebody of the staff is told something. Never what the matter is."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    EXPIRED = "expired"
    URGENT = "urgent"
    REFERRED = "referred"
    RESUMED = "resumed"
    SENT_BACK = "sent_back"
    ANSWERED = "answered"
    RETURNED = "returned"
    DECLINED = "declined"
    UNREACHED = "unreached"
    GLASS_BROKEN = "glass_broken"
    DATA_DUE = "data_due"


OF_CLOSED_TOO = frozenset({NoticeKind.GLASS_BROKEN, NoticeKind.DATA_DUE})
"""What is to be read whatever became of the case: others ask for nothing once it is closed."""


@dataclass(eq=False)
class Emergency:
    """Somebody opened a case that is not theirs, for ``reason_id`` (a remark), until ``until``."""

    id: str
    case_id: str
    account_id: str
    reason_id: str
    at: datetime
    until: datetime
    ended_at: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether the case still stands open."""
        return self.ended_at is None and now < self.until


class MailState(StrEnum):
    """What became of a notice's e-mail. ``ATTEMPTING`` is written down before it leaves."""

    ATTEMPTING = "attempting"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


@dataclass(eq=False)
class Notice:
    """A word to one person of the staff or of a partner: there is something to do.

    ``account_id`` where they log in, else ``email``. Holds no content, so that it may go by e-mail;
    ``mail`` is None until one was tried, ``mail_tries`` how often that surely failed; ``chat`` and
    ``chat_tries`` the same for a message to their Telegram.
    """

    id: str
    kind: NoticeKind
    at: datetime
    case_id: str
    duty: Duty
    account_id: str | None = None
    email: str = ""
    referral_id: str | None = None
    read_at: datetime | None = None
    mail: MailState | None = None
    mail_tries: int = 0
    mailed_at: datetime | None = None
    chat: MailState | None = None
    chat_tries: int = 0


@dataclass(frozen=True)
class Mailbox:
    """How an account hears by e-mail and by Telegram. ``language`` is empty where it chose none."""

    account_id: str
    address: str
    language: str
    wish: MailWish
    active: bool
    absent_until: date | None = None
    chat_wish: MailWish = MailWish.NONE


@dataclass(eq=False)
class PartnerLink:
    """A partner's way to one referral without an account. The token is kept as its keyed hash."""

    id: str
    referral_id: str
    organisation: str
    token_index: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None
