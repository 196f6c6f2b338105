"""The first page of each role: what waits for somebody now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.reads.views.queue import QueueRow
from feedback_hub.reads.views.referrals import ReferralRow
from feedback_hub.services.records.watching import Alert


class TileKind(StrEnum):
    """A thing that waits for somebody; each has its words and its link in ``home.html``."""

    TO_TRIAGE = "to_triage"
    TO_TRANSLATE = "to_translate"
    TO_VERIFY = "to_verify"
    OVERDUE = "overdue"
    TO_TELL = "to_tell"
    TO_CALL = "to_call"
    TO_CLOSE = "to_close"
    WAITING = "waiting"
    TO_ACCEPT = "to_accept"
    TO_ANSWER = "to_answer"
    TO_CONFIRM = "to_confirm"
    SAFE_CONTACT = "safe_contact"
    DRAFT_WORDINGS = "draft_wordings"
    NOT_DELIVERED = "not_delivered"
    OUTBOX = "outbox"
    FAILED_LOG_INS = "failed_log_ins"
    SENSITIVE_READS = "sensitive_reads"
    EXPORTS = "exports"
    EMERGENCIES = "emergencies"
    TO_DECIDE = "to_decide"
    TO_SAY = "to_say"
    BANK_ENDING = "bank_ending"
    CHANNELS_DOWN = "channels_down"
    SET_ASIDE = "set_aside"
    NEVER_IN = "never_in"
    DATA_ASKED = "data_asked"
    DATA_LATE = "data_late"
    LET_IN = "let_in"


@dataclass(frozen=True)
class HomeTile:
    """How many wait, or that many ``and_more``, and since when the oldest does.

    None when nothing waits.
    """

    kind: TileKind
    count: int
    oldest_at: datetime | None = None
    and_more: bool = False


class Doing(StrEnum):
    """What somebody of a role mostly comes to do, as a large link on their first page."""

    REPORT = "report"
    DESK_APP = "desk_app"
    CALLS = "calls"
    FIND = "find"
    ANSWERS = "answers"
    AUDIT = "audit"


@dataclass(frozen=True)
class HomeFigures:
    """How the last 30 days went, without small numbers: None says too few to tell.

    Each rate with how many it is of.
    """

    cases: int | None
    acknowledged: tuple[float | None, int | None]
    median_days: tuple[float | None, int | None]
    told: tuple[float | None, int | None]
    open_long: tuple[int | None, int | None]
    threshold: int


@dataclass(frozen=True)
class HomePage:
    """The answer to "what must I do now?"; ``next_up`` are the few cases to open first."""

    tiles: tuple[HomeTile, ...]
    next_up: tuple[QueueRow, ...] = ()
    next_referrals: tuple[ReferralRow, ...] = ()
    alerts: tuple[Alert, ...] = ()
    doings: tuple[Doing, ...] = ()
    figures: HomeFigures | None = None
    last_noted_at: datetime | None = None
