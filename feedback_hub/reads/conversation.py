"""What was said on a case and what happened to it: messages, texts of ours, remarks, history."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, select, union

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import aloud
from feedback_hub.domain.case import Case
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.masking import spans
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.names import Names
from feedback_hub.reads.views.conversation import (
    AttachmentView,
    HistoryLine,
    MessageView,
    Piece,
    Speaker,
    marked,
)
from feedback_hub.reads.wire import message_text
from feedback_hub.services import loopback, remarks
from feedback_hub.services.conversation import as_said_now
from feedback_hub.services.records.messages import Message, Remark, RemarkKind, SuggestionRow

_SPOKEN = {RemarkKind.NOTE, RemarkKind.PARTNER_ANSWER}
# Each is told by the line beside it, or by the conversation.
_UNTOLD = {EventKind.REFERRAL_DRAFTED, EventKind.REFERRED, EventKind.DELIVERY}
_WITH_REASON = {
    EventKind.SENSITIVITY_CHANGED,
    EventKind.CLOSED,
    EventKind.REOPENED,
    EventKind.CALLED,
    EventKind.APPEALED,
    EventKind.REFERRAL_DECLINED,
    EventKind.REFERRAL_RETURNED,
    EventKind.REFERRAL_RESUMED,
    EventKind.REFERRAL_SENT_BACK,
}


@dataclass(frozen=True)
class Remarks:
    """Every remark on a case, opened, the oldest first."""

    rows: tuple[Remark, ...]
    texts: Mapping[str, str]

    def text(self, remark_id: str) -> str:
        """What it says; empty when there is none."""
        return self.texts.get(remark_id, "")

    def last(self, kind: RemarkKind, referral_id: str) -> str:
        """The newest of this kind on a referral; empty when there is none."""
        found = [r.id for r in self.rows if r.kind is kind and r.referral_id == referral_id]
        return self.text(found[-1]) if found else ""


def remarks_of(uow: SqlUnitOfWork, case_id: str) -> Remarks:
    """Open every remark on a case, with one query for their keys."""
    rows = tuple(uow.session.scalars(_remarks(), {"case_id": case_id}))
    uow.vault.load({row.key_id for row in rows})
    texts = {
        row.id: uow.vault.open(row.key_id, row.text_sealed, remarks.bound_to(row.id))
        for row in rows
    }
    return Remarks(rows, texts)


def actors_of(uow: SqlUnitOfWork, case_id: str) -> set[str]:
    """The ids of everybody who did or wrote something on a case."""
    return set(uow.session.scalars(_actors(), {"case_id": case_id}))


@cache
def _remarks() -> Select[Remark]:
    remark = tables.remark.c
    of_case = select(Remark).where(remark.case_id == bindparam("case_id"))
    return of_case.order_by(remark.at, remark.id)


@cache
def _actors() -> CompoundSelect[str]:
    this: BindParameter[str] = bindparam("case_id")
    event, remark = tables.case_event.c, tables.remark.c
    acted = select(event.actor).where(event.case_id == this)
    given = select(event.about).where(event.case_id == this, event.kind == EventKind.ASSIGNED)
    wrote = select(remark.author).where(remark.case_id == this)
    return union(acted, given, wrote)


@dataclass(frozen=True)
class Reading:
    """What the machine thought of one message, with the words that spoke."""

    row: SuggestionRow
    reasons: tuple[tuple[str, str], ...]


def readings(uow: SqlUnitOfWork, case_id: str) -> dict[str, Reading]:
    """The latest reading of each message of a case, the newest message last."""
    rows = uow.session.scalars(_suggestions(), {"case_id": case_id}).all()
    uow.vault.load({row.key_id for row in rows})
    found: dict[str, Reading] = {}
    for row in rows:
        opened = uow.vault.open(row.key_id, row.reasons_sealed, f"suggestion.reasons:{row.id}")
        spoke = tuple((reason["words"], reason["value"]) for reason in json.loads(opened or "[]"))
        found[row.message_id] = Reading(row, spoke)
    return found


def inbound(
    message: Message,
    text: str,
    at: datetime,
    reasons: Iterable[tuple[str, str]] = (),
    earlier: tuple[str, ...] = (),
    files: tuple[AttachmentView, ...] = (),
) -> MessageView:
    """One thing the person said, how they worded it before, and the files of all its versions.

    It stands where it was first said, ``at`` (UTC), whenever it was worded anew.
    """
    return MessageView(
        id=message.id,
        speaker=Speaker.PERSON,
        at=at,
        pieces=marked(text, reasons),
        earlier=earlier,
        language=message.language,
        kind=message.kind,
        channel=message.channel,
        attachments=files,
        personal=bool(spans(text)),
    )


def in_their_words(
    uow: SqlUnitOfWork,
    messages: Sequence[Message],
    read: Mapping[str, Reading],
    files: Mapping[str, tuple[AttachmentView, ...]],
) -> list[MessageView]:
    """What the person said, in the order in which it was first said."""
    uow.vault.load({message.key_id for message in messages})
    return [
        inbound(
            latest,
            message_text(uow, latest),
            (earlier[0] if earlier else latest).at,
            read[latest.id].reasons if latest.id in read else (),
            tuple(message_text(uow, one) for one in earlier),
            tuple(file for one in (*earlier, latest) for file in files.get(one.id, ())),
        )
        for latest, earlier in as_said_now(messages)
    ]


def whole(
    uow: SqlUnitOfWork,
    messages: Sequence[Message],
    case_id: str,
    said: Remarks,
    referrals: Iterable[Referral],
    names: Names,
    read: Mapping[str, Reading],
    files: Mapping[str, tuple[AttachmentView, ...]],
    *,
    any_moved: bool = True,
) -> tuple[MessageView, ...]:
    """Everything that was said, by the person, by us and by partners, the oldest first."""
    lines = _translated(in_their_words(uow, messages, read, files), said, names)
    lines += _texts_of_ours(uow, case_id)
    lines += _moved(uow, case_id) if any_moved else []
    asked = {referral.id: names.organisation(referral.organisation) for referral in referrals}
    for remark in said.rows:
        if remark.kind in _SPOKEN:
            partner = remark.kind is RemarkKind.PARTNER_ANSWER
            lines.append(
                MessageView(
                    id=remark.id,
                    speaker=Speaker.PARTNER if partner else Speaker.NOTE,
                    at=remark.at,
                    pieces=(Piece(said.text(remark.id)),),
                    by=asked.get(remark.referral_id or "", "")
                    if partner
                    else names.person(remark.author),
                )
            )
    return tuple(sorted(lines, key=lambda line: line.at))


def _translated(lines: list[MessageView], said: Remarks, names: Names) -> list[MessageView]:
    """Each translation beside what was said last before it was written."""
    beside: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for remark in said.rows:
        if remark.kind is RemarkKind.TRANSLATION and lines:
            before = [n for n, line in enumerate(lines) if line.at <= remark.at and line.pieces]
            beside[before[-1] if before else 0].append(
                (said.text(remark.id), names.person(remark.author))
            )
    return [replace(line, translations=tuple(beside[n])) for n, line in enumerate(lines)]


def _texts_of_ours(uow: SqlUnitOfWork, case_id: str) -> list[MessageView]:
    deliveries = uow.deliveries_of(case_id)
    uow.vault.load({delivery.key_id for delivery in deliveries})
    lines = []
    for delivery in deliveries:
        text = ""
        if delivery.text_sealed is not None:
            bound_to = loopback.text_bound_to(delivery.id)
            text = uow.vault.open(delivery.key_id, delivery.text_sealed, bound_to)
        lines.append(
            MessageView(
                id=delivery.id,
                speaker=Speaker.HUB,
                at=delivery.queued_at,
                pieces=(Piece(text),) if text else (),
                language=delivery.language,
                channel=delivery.channel,
                purpose=delivery.purpose,
                delivery=delivery.state,
                fault=delivery.fault,
                withheld=delivery.withheld,
            )
        )
    return lines


def _moved(uow: SqlUnitOfWork, case_id: str) -> list[MessageView]:
    """Where words were moved to a case of their own; the same line whatever they were."""
    return [
        MessageView(id=row.id, speaker=Speaker.PERSON, at=row.at, moved=True)
        for row in uow.session.execute(_splits(), {"case_id": case_id})
    ]


def history(
    uow: SqlUnitOfWork,
    case: Case,
    names: Names,
    said: Remarks | None = None,
    *,
    referral_id: str = "",
) -> tuple[HistoryLine, ...]:
    """Who did what and when, the oldest first; only what concerns ``referral_id`` if given."""
    told = _told(whole=case.sensitivity is Sensitivity.L3)
    rows = uow.session.execute(told, {"case_id": case.id}).all()
    lines = []
    for number, row in enumerate(rows):
        # The first message is the arrival itself.
        first = row.kind is EventKind.MESSAGE_ADDED and number == 1
        if row.kind in _UNTOLD or first:
            continue
        if referral_id and row.detail.get("referral") != referral_id:
            continue
        values = dict(row.detail)
        if "organisation" in values:
            values["organisation"] = names.organisation(values["organisation"])
        if row.kind is EventKind.ASSIGNED:
            values["owner"] = names.person(row.about)
        text = said.text(row.about) if said and row.kind in _WITH_REASON else ""
        lines.append(HistoryLine(row.at, row.kind, names.person(row.actor), values, text))
    return tuple(lines)


@cache
def _suggestions() -> Select[SuggestionRow]:
    suggestion = tables.suggestion.c
    of_case = select(SuggestionRow).where(suggestion.case_id == bindparam("case_id"))
    return of_case.order_by(suggestion.at)


@cache
def _splits() -> Select[str, datetime]:
    event = tables.case_event.c
    of_case = event.case_id == bindparam("case_id"), event.kind == EventKind.SPLIT
    return select(event.id, event.at).where(*of_case)


@cache
def _told(*, whole: bool) -> Select[*tuple[Any, ...]]:
    """``whole``: of what is in doubt too, for the handlers of an L3."""
    event = tables.case_event.c
    this: BindParameter[str] = bindparam("case_id")
    told = select(event.kind, event.actor, event.at, event.about, event.detail)
    told = told.where(event.case_id == this, *([] if whole else [aloud(this)]))
    return told.order_by(event.at, event.position)
