"""One line for a case or a referral in a list, with its clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, select

from feedback_hub.adapters import search_index, tables
from feedback_hub.adapters.among import among
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import heard
from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clock import Clock, Duty
from feedback_hub.domain.coding import UNCLEAR
from feedback_hub.domain.consent import Share
from feedback_hub.domain.masking import mask
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.reads.names import Names
from feedback_hub.reads.views.conversation import Piece
from feedback_hub.reads.views.queue import ClockLevel, ClockView, QueueRow
from feedback_hub.reads.views.referrals import ReferralRow
from feedback_hub.reads.wire import message_text
from feedback_hub.services.records.messages import Message

SOON = timedelta(days=1)
SNIPPET = 160
BEFORE = 16
"""How much of a text stands before what was found in it."""
FOUND = "found"
_WORD = re.compile(r"[^\W_]+")
WITH_PARTNER = frozenset(
    {
        ReferralState.SENT,
        ReferralState.ACCEPTED,
        ReferralState.IN_ACTION,
        ReferralState.RETURNED,
        ReferralState.EXPIRED,
        ReferralState.REFERRED_ON,
    }
)
"""A partner has it and has not answered."""


class OfPartner(Protocol):
    """What a line says of a referral."""

    @property
    def organisation(self) -> str:
        """Whom it went to."""

    @property
    def state(self) -> ReferralState:
        """How it stands."""


class WithCodes(Protocol):
    """What a case is about."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Its codes, the first of which it goes by."""


class Glimpse(NamedTuple):
    """As much of a case as is said of it on the page of another."""

    id: str
    ref: str
    state: CaseState
    codes: tuple[str, ...]
    received_at: datetime
    site: str
    contact_id: str | None


@cache
def glimpses() -> Select[*tuple[Any, ...]]:
    """Cases as ``Glimpse``, for a page to say which."""
    return select(*(tables.case.c[name] for name in Glimpse._fields))


def code_of(case: WithCodes) -> str:
    """The code a case goes by."""
    return case.codes[0] if case.codes else UNCLEAR


def type_of(case: Case) -> str:
    """The type a case goes by."""
    return case.type or "other"


def clock_to(duty: Duty, at: datetime, now: datetime) -> ClockView:
    """How ``duty`` stands against its deadline ``at`` (UTC)."""
    if at < now:
        return ClockView(duty, ClockLevel.OVERDUE, at)
    return ClockView(duty, ClockLevel.SOON if at - now <= SOON else ClockLevel.RUNNING, at)


def case_clock(case: Case, now: datetime) -> ClockView | None:
    """The clock of a case's next duty; None when nobody owes anything."""
    return _soonest(case.clocks, case.due_at, now)


def referral_clock(referral: Referral, now: datetime) -> ClockView | None:
    """The partner's clock; paused while the case team owes an answer to a question."""
    if referral.state is ReferralState.RETURNED:
        waiting = [clock for clock in referral.clocks if clock.ended_at is None]
        return ClockView(waiting[-1].duty, ClockLevel.PAUSED) if waiting else None
    return _soonest(referral.clocks, referral.due_at, now)


def _soonest(clocks: Sequence[Clock], due_at: datetime | None, now: datetime) -> ClockView | None:
    if due_at is None:
        return None
    first = {clock.duty for clock in clocks if clock.runs}
    # Which of several it is was decided when due_at was set: the shortest target is the soonest.
    duty = next((one for one in Duty if one in first), Duty.ANSWER)
    return clock_to(duty, due_at, now)


def snippets(
    uow: SqlUnitOfWork, actor: Actor, cases: Sequence[Case], q: str = ""
) -> dict[str, str]:
    """The masked beginning of each case's first words, in one query for the whole page.

    With ``q``, the words around what was searched for, in whichever message they stand. That
    ``actor`` read it in a list is noted where cases are sensitive.
    """
    if not cases:
        return {}
    uow.saw_list(actor, cases)
    case_ids = [case.id for case in cases]
    messages: dict[str, list[Message]] = {}
    keys: dict[str, tuple[str, bytes | None, str]] = {}
    message, key = tables.message.c, tables.data_key.c
    rows = uow.session.execute(
        select(Message, key.wrapped, key.wrapped_by)
        .join(tables.case, tables.case.c.id == message.case_id)
        .outerjoin(tables.data_key, key.id == message.key_id)
        .where(among(uow.session, message.case_id, case_ids), heard())
        .order_by(message.received_at)
    )
    for one, wrapped, by in rows:
        of_it = messages.setdefault(one.case_id, [])
        if q or not of_it:
            of_it.append(one)
            keys[one.key_id] = (one.key_id, wrapped, by)
    uow.vault.take(keys.values())
    # Masked before it is cut: half a number is still a number.
    return {
        case_id: around([" ".join(mask(message_text(uow, one)).split()) for one in of_it], q)
        for case_id, of_it in messages.items()
    }


def around(texts: Sequence[str], q: str) -> str:
    """The first text in which ``q`` is found, from a little before it; else the first one's start.

    At most ``SNIPPET`` characters.
    """
    for text in texts:
        for found in _hits(text, q):
            start = text.rfind(" ", 0, max(0, found.start() - BEFORE)) + 1
            return ("… " if start else "") + text[start : start + SNIPPET]
    return texts[0][:SNIPPET] if texts else ""


def marked(snippet: str, q: str) -> tuple[Piece, ...]:
    """``snippet`` in pieces, what was searched for set apart; nothing where nothing is found."""
    pieces: list[Piece] = []
    end = 0
    for found in _hits(snippet, q):
        pieces += [Piece(snippet[end : found.start()]), Piece(found.group(), why=FOUND)]
        end = found.end()
    return (*pieces, Piece(snippet[end:])) if pieces else ()


def _hits(text: str, q: str) -> Iterator[re.Match[str]]:
    """As the index finds: each word that begins with a word of ``q``, accents or not."""
    wanted = tuple(search_index.words(q)) if q else ()
    for found in _WORD.finditer(text) if wanted else ():
        if search_index.fold(found.group()).startswith(wanted):
            yield found


def wordless(uow: SqlUnitOfWork, snippets_of: Mapping[str, str]) -> dict[str, MessageKind]:
    """What came where the first words are none: a missed call, a recording."""
    silent = [case_id for case_id, words in snippets_of.items() if not words]
    if not silent:
        return {}
    message = tables.message.c
    rows = uow.session.execute(
        select(message.case_id, message.kind)
        .join(tables.case, tables.case.c.id == message.case_id)
        .where(message.case_id.in_(silent), heard())
        .order_by(message.received_at.desc())
    )
    return {row[0]: row[1] for row in rows}


def queue_row(
    case: Case,
    referrals: Sequence[OfPartner],
    snippet: str,
    names: Names,
    now: datetime,
    kind: MessageKind = MessageKind.TEXT,
    q: str = "",
) -> QueueRow:
    """One case in a list; ``q`` is what was searched for."""
    asked = [r.organisation for r in referrals if r.state in WITH_PARTNER]
    return QueueRow(
        ref=case.ref,
        code=code_of(case),
        type=type_of(case),
        state=case.state,
        sensitivity=case.sensitivity,
        priority=case.priority,
        received_at=case.received_at,
        channel=case.channel,
        snippet=snippet,
        kind=kind,
        sector=case.sector,
        site=case.site,
        suggested=case.triaged_at is None,
        clock=case_clock(case, now),
        waiting_for=", ".join(dict.fromkeys(names.organisation(code) for code in asked)),
        owner=names.person(case.owner),
        hits=marked(snippet, q),
    )


def referral_row(referral: Referral, case: Case, snippet: str, now: datetime) -> ReferralRow:
    """One referral in a focal point's list: words only as far as it carries any."""
    return ReferralRow(
        id=referral.id,
        ref=case.ref,
        code=code_of(case),
        type=type_of(case),
        state=referral.state,
        priority=case.priority,
        sent_at=referral.sent_at or referral.created_at,
        sector=case.sector,
        site=case.site,
        snippet="" if referral.share is Share.NO else snippet,
        clock=referral_clock(referral, now),
    )
