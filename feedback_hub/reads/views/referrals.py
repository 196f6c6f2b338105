"""Referrals, to a partner and to the case team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.reads.views.conversation import HistoryLine
from feedback_hub.reads.views.queue import ClockView


class Audience(StrEnum):
    """Who may open the case; ``team`` are the case managers of its site."""

    TEAM = "team"
    ALL_CASE_MANAGERS = "all_case_managers"
    HANDLERS = "handlers"


@dataclass(frozen=True)
class ReferralView:
    """One referral. ``moves`` are the verbs this reader may use on it now.

    Known verbs: ``accept``, ``decline``, ``return``, ``resume``, ``start``, ``answer``, ``verify``.
    For the organisation it went to, ``text`` and ``name`` are exactly what was shared; ``name`` is
    empty unless the person agreed. ``reply`` is the case team's answer to ``question``,
    ``sent_back`` what they missed in ``answer``. The other words are people's own.
    """

    id: str
    version: int
    state: ReferralState
    organisation: str
    share: Share
    focal_point: str = ""
    note: str = ""
    question: str = ""
    answer: str = ""
    answer_outcome: Outcome | None = None
    decline_reason: DeclineReason | None = None
    decline_text: str = ""
    reply: str = ""
    sent_back: str = ""
    sent_at: datetime | None = None
    clock: ClockView | None = None
    moves: frozenset[str] = frozenset()
    ref: str = ""
    code: str = ""
    type: str = ""
    sector: str = ""
    site: str = ""
    priority: Priority = Priority.P3
    text: str = ""
    language: str = "und"
    name: str = ""
    received_at: datetime | None = None
    from_organisation: str = ""
    history: tuple[HistoryLine, ...] = ()
    linked: bool = False


@dataclass(frozen=True)
class ReferralRow:
    """One referral in a focal point's list."""

    id: str
    ref: str
    code: str
    type: str
    state: ReferralState
    priority: Priority
    sent_at: datetime
    sector: str = ""
    site: str = ""
    snippet: str = ""
    clock: ClockView | None = None


class InboxTab(StrEnum):
    """A focal point's lists, in the order they are shown."""

    ACCEPT = "accept"
    ANSWER = "answer"
    DONE = "done"


@dataclass(frozen=True)
class ReferralInbox:
    """What was referred to the reader's organisation."""

    tab: InboxTab
    rows: tuple[ReferralRow, ...]
    counts: Mapping[InboxTab, int]
    organisation: str = ""
    older: str = ""
    newer: str = ""
