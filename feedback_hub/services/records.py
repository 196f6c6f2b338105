"""What the services keep beside the domain's own objects: messages, remarks, deliveries, work.

Rows with a life but no rules of their own. Sealed fields open with the vault and ``key_id``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from feedback_hub.domain.attachment import REFUSALS, AttachmentFault, AttachmentState
from feedback_hub.domain.case import Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.exchange import LetterKind, Way
from feedback_hub.domain.message import DeliveryState, MessageKind, SendFault
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.place import MailWish
from feedback_hub.domain.sensitivity import Priority, Sensitivity


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


@dataclass(eq=False)
class Message:
    """What a person said, word for word, sealed.

    ``revises_id`` is the message, as it first came, that this one is a newer version of.
    ``device_at``: what the clock of the device showed, right or wrong; ``received_at`` is mended.
    """

    id: str
    case_id: str
    channel: str
    external_id: str
    kind: MessageKind
    key_id: str
    text_sealed: bytes
    received_at: datetime
    contact_id: str | None = None
    attachments_sealed: bytes | None = None
    language: str = "und"
    sent_at: datetime | None = None
    revises_id: str | None = None
    device_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it was said, as far as the channel tells; else when it came (UTC)."""
        return self.sent_at or self.received_at


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


@dataclass(eq=False)
class WrongTry:
    """Somebody asked about a case with numbers that do not fit.

    ``asked_by`` is a contact's id or empty; ``about`` the keyed hash of the reference they gave.
    """

    id: str
    asked_by: str
    about: str
    at: datetime


@dataclass(eq=False)
class AttachmentRow:
    """One file of a message. Where the provider has it stands in the message, at ``position``.

    ``stored_name`` is the file's in the store, sealed under ``key_id``, a key of its own.
    ``media_type`` is by content, ``size`` in bytes; both empty until it is fetched.
    """

    id: str
    message_id: str
    position: int
    key_id: str
    stored_name: str
    state: AttachmentState = AttachmentState.WAITING
    fault: AttachmentFault | None = None
    attempts: int = 0
    media_type: str = ""
    size: int = 0
    fetched_at: datetime | None = None

    def end(self, fault: AttachmentFault) -> None:
        """There is no file, and nobody goes on trying by themselves."""
        self.state = AttachmentState.REFUSED if fault in REFUSALS else AttachmentState.FAILED
        self.fault = fault


class RemarkKind(StrEnum):
    """What staff or a partner wrote."""

    NOTE = "note"
    ANSWER = "answer"
    REASON = "reason"
    REFERRAL_NOTE = "referral_note"
    DECLINE = "decline"
    QUESTION = "question"
    RESUME = "resume"
    PARTNER_ANSWER = "partner_answer"
    SENT_BACK = "sent_back"
    TRANSLATION = "translation"
    EMERGENCY = "emergency"
    CONSENT = "consent"


@dataclass(eq=False)
class Remark:
    """Words of staff or a partner on a case, sealed like the person's own."""

    id: str
    case_id: str
    kind: RemarkKind
    author: str
    at: datetime
    key_id: str
    text_sealed: bytes
    referral_id: str | None = None


@dataclass(eq=False)
class SuggestionRow:
    """A machine's reading of one message, kept so that it can be judged later."""

    id: str
    case_id: str
    message_id: str
    at: datetime
    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    confidence: float
    language: str
    site: str
    classifier: str
    key_id: str
    reasons_sealed: bytes
    sector_confidence: float = 0.0
    sensitivity_confidence: float = 0.0
    priority_confidence: float = 0.0


@dataclass(eq=False)
class Delivery:
    """One text to one person: the ledger of what was sent and what became of it.

    ``attempted_at`` is the first attempt, ``tried_at`` the latest. ``segments`` is what it costs.
    """

    id: str
    channel: str
    purpose: Purpose
    language: str
    key_id: str
    queued_at: datetime
    case_id: str | None = None
    contact_id: str | None = None
    text_sealed: bytes | None = None
    state: DeliveryState = DeliveryState.QUEUED
    withheld: Withheld | None = None
    fault: SendFault | None = None
    provider_code: str = ""
    provider_id: str | None = None
    segments: int = 0
    attempts: int = 0
    attempted_at: datetime | None = None
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None

    def advance(self, state: DeliveryState, now: datetime) -> bool:
        """Move forward to ``state``; False, and no change, if that would go back or stand still."""
        if state.rank <= self.state.rank:
            return False
        self.state = state
        if state.rank >= DeliveryState.SENT.rank and self.sent_at is None:
            self.sent_at = now
        if state.is_final:
            self.ended_at = now
        return True


@dataclass(eq=False)
class BroadcastPerson:
    """Somebody was told by a broadcast: never again by the same. No ``delivery_id``: no text."""

    broadcast_id: str
    contact_id: str
    at: datetime
    delivery_id: str | None = None


class WordingState(StrEnum):
    """Whether a wording may be sent. Only approved wording is (DOMAIN.md, Loop back)."""

    DRAFT = "draft"
    RECORDED = "recorded"
    BACK_TRANSLATED = "back_translated"
    APPROVED = "approved"


@dataclass(eq=False)
class Wording:
    """The text for one purpose in one language, and who approved it."""

    language: str
    purpose: Purpose
    text: str
    state: WordingState = WordingState.DRAFT
    approved_by: str = ""
    approved_at: datetime | None = None
    recording: str = ""
    """Digest of the recording that was approved with it; empty if there is none."""
    written_by: str = ""
    back_translation: str = ""
    """What somebody else, who did not know the original, understood: in the hub's own language."""
    back_translated_by: str = ""
    back_translated_at: datetime | None = None


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
    for whom ``[alerts]`` names.
    """

    id: str
    kind: AlertKind
    subject: str
    raised_at: datetime
    lasting: str | None
    detail: dict[str, str]
    resolved_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True)
class TypedRow:
    """What was typed of a case, as it is kept.

    ``plain_place``: written open, by a program of before.
    """

    case_id: str
    plain_place: str
    key_id: str
    sealed: bytes
